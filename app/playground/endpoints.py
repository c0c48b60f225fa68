"""The playground over HTTP: clips in, curves and downloads out. Its clips live apart from every study."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from app import audience
from app.audience import Audience
from app.playground import decoding, work
from app.playground.equalisers import INTENSITIES, LOUDNESS_LUFS
from app.playground.store import ClipStore
from app.playground.workers import Places, Workers
from app.security import CLOSE, error
from model import CONDITIONS

if TYPE_CHECKING:
    from stimuli.music.clips import Clip

PREFIX = "/api/playground"
UPLOADS, UPLOADS_OF_A_CLIENT = 16, 2
UPLOAD_S = 120.0
DECODED_AT_ONCE = 2
PIECES_OF_WORK, PIECES_OF_A_CLIENT = 32, 8
StartsAt = Annotated[float | None, Query(ge=0, le=decoding.LONGEST_S)]
MEDIA = {
    "flac": ("audio/flac", "flac"),
    "json": ("application/json", "json"),
    "csv": ("text/csv; charset=utf-8", "csv"),
    "preset": ("text/plain; charset=utf-8", "txt"),
}

MAX_STEM = 80


class Wanted(BaseModel):
    """For which clip, towards which descriptors (and in what shares) an EQ is wanted."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    clip: str = Field(max_length=64)
    descriptors: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(min_length=1, max_length=4)


class Download(Wanted):
    """What is to be downloaded, of one condition at one intensity."""

    condition: str = Field(pattern=f"^({'|'.join(CONDITIONS)})$")
    intensity: float = Field(ge=0, le=1, multiple_of=0.05)
    format: Literal["flac", "json", "csv", "preset"]
    name: str = Field("", max_length=200)
    """What the listener's file is called."""


class BuiltIn(BaseModel):
    """The name of a built-in clip."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=64)


def router(store: ClipStore, workers: Workers, serves: Audience = Audience.PUBLIC) -> APIRouter:
    """The playground's endpoints over the clips of ``store``, for the audience that it ``serves``."""
    routes = audience.router(serves, prefix=PREFIX)
    known: list[str] = []
    heard: dict[str, dict[str, Any]] = {}  # built-in clips are the same for everybody
    arriving = Places(UPLOADS, UPLOADS_OF_A_CLIENT)
    working = Places(PIECES_OF_WORK, PIECES_OF_A_CLIENT)
    decoding_now = asyncio.Semaphore(DECODED_AT_ONCE)

    @routes.get("")
    async def about(request: Request) -> dict[str, Any]:
        if not known:
            with working.of(request):
                known[:] = await workers.run(work.descriptors)
        return {
            "clips": [{"name": clip.name, "title": clip.title} for clip in _built_in_clips()],
            "descriptors": known,
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
    async def upload(request: Request, start_s: StartsAt = None) -> Response | dict[str, Any]:
        with arriving.of(request):
            token, path = store.new()
            source = path.with_suffix(".upload")
            try:
                async with asyncio.timeout(UPLOAD_S):
                    await _save_body(request, source)
                async with decoding_now:
                    excerpt = await run_in_threadpool(decoding.decode, source, path, start_s)
            except TimeoutError:
                return error(408, "timeout", f"The file did not arrive within {UPLOAD_S:g} s: cut it first.", CLOSE)
            finally:
                source.unlink(missing_ok=True)
            return await described(token, excerpt)

    @routes.post("/built-in")
    async def built_in(request: Request, wanted: BuiltIn) -> dict[str, Any]:
        if wanted.name not in [clip.name for clip in _built_in_clips()]:
            raise ValueError(f"Unknown built-in clip {wanted.name!r}.")
        if wanted.name not in heard or not store.has(heard[wanted.name]["clip"]):
            with working.of(request):
                token, path = store.new()
                heard[wanted.name] = await described(token, await workers.run(work.add_built_in, wanted.name, path))
        return heard[wanted.name]

    async def described(token: str, excerpt: dict[str, float]) -> dict[str, Any]:
        more = await workers.run(work.describe, store.path(token))
        return {"clip": token, "audio": f"clips/{token}/audio", **excerpt, **more}

    @routes.get("/clips/{clip}/audio")
    async def audio(clip: str) -> Response:
        headers = {"Cache-Control": "private, max-age=3600"}
        return FileResponse(store.path(clip), media_type="audio/flac", headers=headers)

    @routes.post("/curves")
    async def curves(request: Request, wanted: Wanted) -> dict[str, Any]:
        with working.of(request):
            return await workers.run(work.curves, store.path(wanted.clip), _weights(wanted))

    @routes.post("/download")
    async def download(request: Request, wanted: Download) -> Response:
        words = _in_words(wanted.descriptors)
        about = {"condition": wanted.condition, "intensity": wanted.intensity, "descriptors": words}
        path = store.path(wanted.clip)
        with working.of(request):
            content = await workers.run(work.export, path, _weights(wanted), about, wanted.format)
        media_type, suffix = MEDIA[wanted.format]
        name = f"{wanted.condition}-{'-'.join(sorted(wanted.descriptors))}-{wanted.intensity * 100:.0f}.{suffix}"
        headers = {"Content-Disposition": attachment(wanted.name, name)}
        return Response(content, media_type=media_type, headers=headers)

    return routes


def attachment(clip: str, name: str) -> str:
    """The header that names a download after its clip (RFC 6266), which may be called anything in any script."""
    words = "".join(c if c.isalnum() or c in "-_" else " " for c in clip).split()
    stem = "-".join(words)[:MAX_STEM]
    plain = "".join(c for c in stem if c.isascii()).strip("-")
    full, ascii_only = (f"{own}-{name}" if own else name for own in (stem, plain))
    return f"attachment; filename=\"{ascii_only}\"; filename*=UTF-8''{quote(full)}"


def _weights(wanted: Wanted) -> work.Weights:
    return tuple(sorted(wanted.descriptors.items()))


async def _save_body(request: Request, path: Path) -> None:
    with path.open("xb") as file:
        async for part in request.stream():
            file.write(part)


def _built_in_clips() -> list[Clip]:
    from stimuli.music.clips import built_in_clips

    return built_in_clips()


def _in_words(descriptors: dict[str, float]) -> str:
    if len(descriptors) == 1:
        return next(iter(descriptors))
    return " and ".join(f"{word} ({weight:g})" for word, weight in descriptors.items())
