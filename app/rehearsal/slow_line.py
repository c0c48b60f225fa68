"""A line of 1 Mbit/s, as Chromium emulates it: how long a page and its first sound take on it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

BYTES_PER_S, LATENCY_MS = 125_000, 40
LIMIT_S = 90.0
READY = ".stage .play, .stage button.primary:enabled"  # the player's button, or that of a headphone check


def first_sound_s(page: Page) -> float:
    """Open the page anew, with an empty cache; seconds until its first sound can be played, at most `LIMIT_S`."""
    from playwright.sync_api import TimeoutError as TooLate

    with _slow(page):
        start_s = time.monotonic()
        try:
            page.reload(wait_until="commit", timeout=1000 * LIMIT_S)
            page.locator(READY).first.wait_for(timeout=1000 * LIMIT_S)
        except TooLate:
            return LIMIT_S
        return time.monotonic() - start_s


@contextmanager
def _slow(page: Page) -> Iterator[None]:
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    _emulate_line(devtools, BYTES_PER_S, LATENCY_MS)
    try:
        yield
    finally:
        _emulate_line(devtools, -1, 0)
        devtools.detach()


def _emulate_line(devtools: CDPSession, bytes_per_s: int, latency_ms: int) -> None:
    """Set what the line lets through; -1 for all."""
    throughput = {"downloadThroughput": bytes_per_s, "uploadThroughput": bytes_per_s}
    devtools.send("Network.emulateNetworkConditions", {"offline": False, "latency": latency_ms, **throughput})
