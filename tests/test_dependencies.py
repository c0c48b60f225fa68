"""Every package that pyproject.toml asks for has its exact version in constraints.txt, and that file suits everyone."""

import re
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
ASKED_FOR = [Requirement(text) for group in (PROJECT["dependencies"], *EXTRAS.values()) for text in group]
LINES = [
    line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if not line.startswith("#")
]
PINS = [Requirement(line) for line in LINES]
PYTHONS = ["3.11", "3.12", "3.13"]


def pinned(python: str, platform: str = "linux") -> dict[str, str]:
    """The version of each package that holds for a Python version and platform."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": platform,
        "platform_machine": "x86_64",
        "implementation_name": "cpython",
    }
    pairs = [
        (canonicalize_name(pin.name), str(pin.specifier).removeprefix("=="))
        for pin in PINS
        if pin.marker is None or pin.marker.evaluate(environment)
    ]
    assert len(pairs) == len(dict(pairs)), "a package has two versions for one environment"
    return dict(pairs)


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
@pytest.mark.parametrize("python", PYTHONS)
def test_every_dependency_has_one_exact_version_within_its_bounds(python, platform):
    versions = pinned(python, platform)
    unpinned = [
        str(wanted)
        for wanted in ASKED_FOR
        if wanted.name != PROJECT["name"]
        and not wanted.specifier.contains(versions.get(canonicalize_name(wanted.name), "0"), prereleases=True)
    ]
    assert not unpinned, "run `make pin`, which adds them to constraints.txt"


def test_constraints_name_no_place_and_no_build_of_one_platform():
    """No index or file (another machine has none of them), no local version (+cu130), no CUDA package."""
    assert len(LINES) > 100
    for line in LINES:
        assert re.fullmatch(r"[a-z0-9][a-z0-9._-]*==[0-9][0-9a-z.]*(?: ; .+)?", line), line
        assert not re.match(r"(nvidia|cuda|triton)\b", line), line


def test_these_tests_run_with_the_versions_of_the_constraints():
    wanted = pinned(".".join(map(str, sys.version_info[:2])), sys.platform)
    others = {
        requirement.name: version(requirement.name)
        for requirement in ASKED_FOR
        if requirement.name != PROJECT["name"] and requirement.name not in {"wandb"}
        if version(requirement.name).split("+")[0] != wanted[canonicalize_name(requirement.name)]
    }
    assert not others, "installed without `--constraint constraints.txt`"
