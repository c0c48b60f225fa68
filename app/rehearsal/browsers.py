"""The headless Chromium that walks a study's pages: an optional extra, `semantic-eq[rehearse]`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync", "--disable-background-networking"]
OPTIONS += ["--disable-component-update", "--autoplay-policy=no-user-gesture-required", "--mute-audio"]


def missing() -> str | None:
    """Say what a browser that walks needs and is not there; None where all is."""
    if find_spec("playwright") is None:
        return "Playwright is not installed: `pip install 'semantic-eq[rehearse]'`"
    if find() is None:
        return "there is no Chromium: install your system's package, or run `playwright install chromium`"
    return None


def find() -> str | None:
    """Path of a Chromium that can be started, or None."""
    on_path = next((path for name in NAMES if (path := shutil.which(name))), None)
    return on_path or _playwrights_own()


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start it, without a window and without sound."""
    from playwright.sync_api import sync_playwright

    path = find()
    with sync_playwright() as playwright:
        browser = _launched(playwright, path)
        try:
            yield browser
        finally:
            browser.close()


def _launched(playwright: Playwright, path: str | None) -> Browser:
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0  # for whom Chromium has no sandbox, as in a container
    options = [*OPTIONS, *(["--no-sandbox"] if as_root else [])]
    return playwright.chromium.launch(executable_path=path, args=options)
