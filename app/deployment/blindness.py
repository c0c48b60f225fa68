"""What a session's browser receives, seen in a simulated session that is withdrawn again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx

from app.deployment.found import Found, bad, good, judged, not_checked
from study.design.listeners import Listener, Model

MAX_STEPS, MAX_SOUNDS = 20, 4
TELLING = {"condition", "stimulus", "clip", "expected", "parameters", "sha256", "repeat_of", "trial_kind"}
HEADERS_THAT_TELL = ("etag", "last-modified", "content-disposition", "x-accel-redirect")
BLIND = "blindness"


def check(client: httpx.Client) -> Iterator[Found]:
    """Take the first steps of a simulated session, fetch some sounds, and withdraw.

    Nothing is left of it but that somebody withdrew.
    """
    started = client.post("/api/study/session", json={"simulated": True})
    if started.status_code != 200:
        yield not_checked(
            BLIND, f"The server lets no simulated participant in ({started.status_code}), as it should later."
        )
        return
    try:
        yield _cookie(started.headers.get("set-cookie", ""), client.base_url.scheme == "https")
        yield from _received(client, started.json()["step"])
    finally:
        client.post("/api/study/withdraw")


def _cookie(cookie: str, is_secure: bool) -> Found:
    wanted = ["httponly", "samesite=lax", *(["secure"] if is_secure else [])]
    lost = [flag for flag in wanted if flag not in cookie.lower()]
    because = "does the proxy send X-Forwarded-Proto, and is it among --trusted-proxies?"
    return judged(
        "cookie", not lost, "Scripts and other sites cannot use it.", f"It lacks {', '.join(lost)}: {because}"
    )


def _received(client: httpx.Client, step: dict[str, Any]) -> Iterator[Found]:
    listener = Listener(Model(), "deploy check")
    telling: set[str] = set()
    sounds: list[httpx.Response] = []
    for _ in range(MAX_STEPS):
        telling |= _keys(step) & TELLING
        for address in step.get("sounds", [])[: MAX_SOUNDS - len(sounds)]:
            sounds.append(client.get(address.partition("#")[0]))
        if len(sounds) >= MAX_SOUNDS or step["ends"]:
            break
        answer = {"answer": listener.answer(step, [None] * len(step.get("sounds", []))), "telemetry": {}}
        step = client.post(f"/api/study/step/{step['id']}", json=answer).json()["step"]
    yield judged(
        BLIND, not telling, "No step says what a sound is.", f"Steps say {', '.join(sorted(telling))} of a sound."
    )
    if not sounds:
        yield not_checked("sounds", "The first steps of this study play none.")
        return
    yield from _sounds(sounds)


def _sounds(sounds: list[httpx.Response]) -> Iterator[Found]:
    failed = [answer.status_code for answer in sounds if answer.status_code != 200]
    if failed:
        yield bad("sounds", f"A sound was answered with {failed[0]}.")
        return
    telling = sorted({name for answer in sounds for name in HEADERS_THAT_TELL if name in answer.headers})
    yield judged(
        "sounds",
        not telling,
        "Their headers tell nothing of a file.",
        f"They come with {', '.join(telling)}, by which a file can be known again: does a proxy add it?",
    )
    kept = {answer.headers.get("cache-control", "") for answer in sounds}
    private = all("private" in each for each in kept)
    yield judged("caches", private, "No shared cache may keep a sound.", f"A shared cache may keep them ({kept}).")
    coded = any("content-encoding" in answer.headers for answer in sounds)
    yield judged("coding", not coded, "Sounds come as they are.", "A proxy compresses sounds: their size then tells.")
    n_sizes = len({len(answer.content) for answer in sounds})
    if n_sizes == 1:
        yield good("sizes", f"{len(sounds)} sounds have one size.")
    else:
        yield not_checked("sizes", f"{len(sounds)} sounds have {n_sizes} sizes: `study attack` says whether they tell.")


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*(_keys(each) for each in value.values()))
    return set().union(*(_keys(each) for each in value)) if isinstance(value, list) else set()
