"""The playground over HTTP: clips in, curves and downloads out. Its clips live apart from every study."""

import asyncio
import base64
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from app import audience
from app.audience import Audience
from app.playground import decoding, exports, hearing
from app.playground.equalisers import CONDITIONS, INTENSITIES, LOUDNESS_LUFS, Equalisers
from app.playground.store import ClipStore
from app.security import error

PREFIX = "/api/playground"
UPLOADS_AT_ONCE = 2
StartsAt = Annotated[float | None, Query(ge=0, le=decoding.LONGEST_S)]
MEDIA = {
    "flac": ("audio/flac", "flac"),
    "json": ("application/json", "json"),
    "csv": ("text/csv; charset=utf-8", "csv"),
    "preset": ("text/plain; charset=utf-8", "txt"),
}


class Wanted(BaseModel):
    """For which clip, towards which descriptors (and in what shares) an EQ is wanted."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    clip: str = Field(max_length=64)
    descriptors: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(min_length=1, max_length=4)


class Download(Wanted):
    """What is to be downloaded, of one condition at one intensity."""

    condition: Literal["original", "semantic", "flow", "static"]
    intensity: float = Field(ge=0, le=1, multiple_of=0.05)
    format: Literal["flac", "json", "csv", "preset"]


class BuiltIn(BaseModel):
    """The name of a built-in clip."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=64)


def router(store: ClipStore, serves: Audience = Audience.PUBLIC) -> APIRouter:
    """The playground's endpoints over the clips of ``store``, for the audience that it ``serves``."""
    routes = audience.router(serves, prefix=PREFIX)
    equalisers = Equalisers()
    heard: dict[str, dict] = {}  # built-in clips are the same for everybody
    uploads = asyncio.Semaphore(UPLOADS_AT_ONCE)

    @lru_cache(maxsize=256)
    def proposed(clip: str, weights: tuple[tuple[str, float], ...]) -> dict:
        return equalisers.paths(*store.read(clip), dict(weights))

    @routes.get("")
    def about() -> dict:
        return {
            "clips": [{"name": clip.name, "title": clip.title} for clip in _built_in_clips()],
            "descriptors": equalisers.descriptors,
            "conditions": CONDITIONS,
            "intensities": INTENSITIES,
            "loudness_lufs": LOUDNESS_LUFS,
            "limits": {
                "bytes": decoding.UPLOAD_LIMIT_BYTES,
                "longest_s": decoding.LONGEST_S,
                "shortest_s": decoding.SHORTEST_S,
                "excerpt_s": decoding.EXCERPT_S,
            },
        }

    @routes.post("/clips", response_model=None, max_body_size=decoding.UPLOAD_LIMIT_BYTES)
    async def upload(request: Request, start_s: StartsAt = None) -> Response | dict:
        if uploads.locked():
            return error(429, "busy", "Other clips are being read: try again in a moment.", {"Retry-After": "2"})
        async with uploads:
            token, path = store.new()
            source = path.with_suffix(".upload")
            try:
                await _save_body(request, source)
                excerpt = await run_in_threadpool(decoding.decode, source, path, start_s)
            finally:
                source.unlink(missing_ok=True)
            return await run_in_threadpool(_describe, store, equalisers, token, excerpt)

    @routes.post("/built-in")
    def built_in(wanted: BuiltIn) -> dict:
        clip = next((clip for clip in _built_in_clips() if clip.name == wanted.name), None)
        if clip is None:
            raise ValueError(f"There is no built-in clip {wanted.name!r}.")
        if wanted.name in heard and store.has(heard[wanted.name]["clip"]):
            return heard[wanted.name]
        import soundfile

        token, path = store.new()
        sound = clip.excerpt(decoding.SAMPLE_RATE_HZ, decoding.EXCERPT_S).audio
        soundfile.write(path, sound.T, decoding.SAMPLE_RATE_HZ, format="FLAC", subtype="PCM_24")
        length_s = sound.shape[1] / decoding.SAMPLE_RATE_HZ
        excerpt = {"start_s": 0.0, "duration_s": length_s, "source_s": length_s}
        heard[wanted.name] = _describe(store, equalisers, token, excerpt)
        return heard[wanted.name]

    @routes.get("/clips/{clip}/audio")
    def audio(clip: str) -> Response:
        return FileResponse(
            store.path(clip), media_type="audio/flac", headers={"Cache-Control": "private, max-age=3600"}
        )

    @routes.post("/curves")
    def curves(wanted: Wanted) -> dict:
        paths = proposed(wanted.clip, tuple(sorted(wanted.descriptors.items())))
        return {condition: [setting.to_safe() for setting in path] for condition, path in paths.items()}

    @routes.post("/download")
    def download(wanted: Download) -> Response:
        path = proposed(wanted.clip, tuple(sorted(wanted.descriptors.items())))[wanted.condition]
        sound, rate = store.read(wanted.clip)
        setting = path[round(wanted.intensity * (len(INTENSITIES) - 1))]
        words = _in_words(wanted.descriptors)
        about = {"condition": wanted.condition, "intensity": wanted.intensity, "descriptors": words}
        content = {
            "flac": lambda: exports.to_flac(setting, sound, rate, LOUDNESS_LUFS),
            "json": lambda: exports.to_json(setting, about),
            "csv": lambda: exports.to_csv(setting),
            "preset": lambda: exports.to_preset(setting, about),
        }[wanted.format]()
        media_type, suffix = MEDIA[wanted.format]
        name = f"{wanted.condition}-{'-'.join(sorted(wanted.descriptors))}-{wanted.intensity * 100:.0f}.{suffix}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type=media_type, headers=headers)

    return routes


def _describe(store: ClipStore, equalisers: Equalisers, token: str, excerpt: dict[str, float]) -> dict:
    sound, rate = store.read(token)
    powers = hearing.block_powers(sound, rate)
    return {
        "clip": token,
        "audio": f"clips/{token}/audio",
        **excerpt,
        "sample_rate_hz": rate,
        "profile": equalisers.profile(sound, rate),
        "bands_hz": np.round(hearing.centres_hz(), 3).tolist(),
        "spectrum_db": np.round(hearing.spectrum_db(sound, rate), 2).tolist(),
        "block_powers": base64.b64encode(powers.astype("<f4").tobytes()).decode(),
    }


async def _save_body(request: Request, path: Path) -> None:
    with path.open("xb") as file:
        async for part in request.stream():
            file.write(part)


def _built_in_clips() -> list:
    from stimuli.clips import built_in_clips

    return built_in_clips()


def _in_words(descriptors: dict[str, float]) -> str:
    if len(descriptors) == 1:
        return next(iter(descriptors))
    return " and ".join(f"{word} ({weight:g})" for word, weight in descriptors.items())
