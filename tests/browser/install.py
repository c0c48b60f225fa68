"""Finds a Chromium for the browser tests, installing one where none is found: `python -m tests.browser.install`.

In order: the one on the machine, Debian's package (where this user may install packages), Playwright's own download.
"""

import os
import shutil
import subprocess
import sys

from app.rehearsal.browsers import find


def _install_debian() -> bool:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    packages = ["chromium", "fonts-liberation", "fonts-noto-cjk"]
    steps = (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
    )
    return all(subprocess.run(step, env=environment, check=False).returncode == 0 for step in steps)


def _install_playwrights_own() -> bool:
    step = [sys.executable, "-m", "playwright", "install", "chromium"]
    return subprocess.run(step, check=False).returncode == 0


def main() -> int:
    """Exit code 0 when a browser is there at the end."""
    for attempt in (lambda: True, _install_debian, _install_playwrights_own):
        if attempt() and (path := find()):
            print(f"Browser tests use {path}")
            return 0
    print(
        "No Chromium was found and none could be installed: install Debian's package `chromium`.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
