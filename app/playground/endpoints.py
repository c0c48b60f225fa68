"""The playground over HTTP: clips in, curves and downloads out. Its clips live apart from every study."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response
from starlette.concurrency import run_in_threadpool

from app import audience
from app.audience import Audience
from app.playground import decoding, own_word, work
from app.playground.equalisers import INTENSITIES, LOUDNESS_LUFS
from app.playground.requests import BuiltIn, Download, Towards, Wanted, Word
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
                "judgements": own_word.MOST_JUDGEMENTS,
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

    @routes.post("/reference")
    async def towards(request: Request, wanted: Towards) -> dict[str, Any]:
        clip, reference = store.path(wanted.clip), store.path(wanted.reference)
        with working.of(request):
            return await workers.run(work.curves_to, clip, reference)

    @routes.post("/word")
    async def word(request: Request, wanted: Word) -> dict[str, Any]:
        with working.of(request):
            return await workers.run(work.learned, wanted.descriptor, _judgements(wanted))

    @routes.post("/word/versions")
    async def versions(request: Request, wanted: Word) -> dict[str, Any]:
        with working.of(request):
            return await workers.run(work.versions, wanted.descriptor, _judgements(wanted))

    @routes.post("/download")
    async def download(request: Request, wanted: Download) -> Response:
        about, path = _about(wanted), store.path(wanted.clip)
        with working.of(request):
            if wanted.parameters is None:
                content = await workers.run(work.export, path, _weights(wanted), about, wanted.format)
            else:
                content = await workers.run(work.export_setting, path, tuple(wanted.parameters), about, wanted.format)
        media_type, suffix = MEDIA[wanted.format]
        words = "-".join([wanted.condition, *sorted(wanted.descriptors), f"{wanted.intensity * 100:.0f}"])
        headers = {"Content-Disposition": attachment(wanted.name, f"{words}.{suffix}")}
        return Response(content, media_type=media_type, headers=headers)

    return routes


def attachment(clip: str, name: str) -> str:
    """The header that names a download after its clip (RFC 6266), which may be called anything in any script."""
    words = "".join(c if c.isalnum() or c in "-_" else " " for c in clip).split()
    stem = "-".join(words)[:MAX_STEM]
    plain = "".join(c for c in stem if c.isascii()).strip("-")
    full, ascii_only = (f"{own}-{name}" if own else name for own in (stem, plain))
    return f"attachment; filename=\"{ascii_only}\"; filename*=UTF-8''{quote(full)}"


def _weights(wanted: Wanted | Download) -> work.Weights:
    return tuple(sorted(wanted.descriptors.items()))


def _judgements(wanted: Word) -> own_word.Judgements:
    return tuple((tuple(judgement.parameters), judgement.rating) for judgement in wanted.judgements)


def _about(wanted: Download) -> dict[str, Any]:
    """What a downloaded setting says of itself."""
    words = _in_words(wanted.descriptors) or f"like {wanted.reference}".strip()
    return {"condition": wanted.condition, "intensity": wanted.intensity, "descriptors": words}


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
