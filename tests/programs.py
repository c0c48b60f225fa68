"""R and LaTeX, which check the analysis's numbers and documents, and the browsers beside Chromium; installs Debian's
where they are missing and this user may: `python -m tests.programs`.

Where they are missing all the same, their tests are left out, and the run says so; with CI=true it fails instead.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache

SOUND = ("pulseaudio", "pulseaudio-utils")
R_PACKAGES = ("afex", "lmerTest", "emmeans", "ordinal", "psych")


@cache
def has_r() -> bool:
    """Whether Rscript is there with the packages that `reproduce.R` needs."""
    call = f"quit(status = !all(sapply(c({', '.join(map(repr, R_PACKAGES))}), requireNamespace, quietly = TRUE)))"
    return bool(shutil.which("Rscript")) and _succeeds("Rscript", "-e", call)


@cache
def has_latex() -> bool:
    """Whether both engines are there with what the tables load."""
    engines = shutil.which("pdflatex") and shutil.which("lualatex")
    return bool(engines) and all(_succeeds("kpsewhich", name) for name in ("booktabs.sty", "luaotfload.sty"))


@cache
def has_firefox() -> bool:
    """Whether Firefox is there, and a sound device that plays into nothing."""
    return _are_there("firefox-esr", "pulseaudio", "pactl")


@cache
def has_webkit() -> bool:
    """Whether WebKit with its driver is there, such a sound device, and a screen that is drawn into memory."""
    return _are_there("WebKitWebDriver", "Xvfb", "pulseaudio", "pactl")


def _are_there(*names: str) -> bool:
    return all(shutil.which(name) for name in names)


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


PROGRAMS: dict[str, tuple[Callable[[], bool], list[str]]] = {
    "r": (has_r, ["r-base-core", *(f"r-cran-{name.lower()}" for name in R_PACKAGES)]),
    "latex": (has_latex, ["texlive-latex-base", "texlive-latex-recommended", "texlive-luatex", "lmodern"]),
    "firefox": (has_firefox, ["firefox-esr", *SOUND]),
    "webkit": (
        has_webkit,
        ["webkit2gtk-driver", "gstreamer1.0-plugins-good", "gstreamer1.0-pulseaudio", "xvfb", *SOUND],
    ),
}


def missing() -> list[str]:
    """List the programs that are not there."""
    return [name for name, (is_there, _) in PROGRAMS.items() if not is_there()]


def _install(names: list[str]) -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    packages = [package for name in names for package in PROGRAMS[name][1]]
    for step in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", *step], env=environment, check=False, stdout=subprocess.DEVNULL)
    for is_there, _ in PROGRAMS.values():
        is_there.cache_clear()


def main() -> int:
    """Exit code 0 unless a program is missing under CI."""
    if missing():
        _install(missing())
    if not (lacking := missing()):
        return 0
    packages = " ".join(package for name in lacking for package in PROGRAMS[name][1])
    print(f"Tests that need {' and '.join(lacking)} are left out; Debian's packages are {packages}.", file=sys.stderr)
    return int(bool(os.environ.get("CI")))


if __name__ == "__main__":
    sys.exit(main())
