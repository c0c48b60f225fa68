"""What made a package: Python, the program's own packages, the operating system and the model."""

from __future__ import annotations

import platform
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

PROGRAM = "semantic-eq"


def environment(model_hash: str | None, begun_with: dict[str, str]) -> dict[str, Any]:
    """What the package was made with; nothing that tells one machine from others.

    Parameters
    ----------
    model_hash : of the weights that made the stimuli.
    begun_with : versions when the study was created.
    """
    return {
        "python": platform.python_version(),
        "operating_system": " ".join((platform.system(), platform.machine())),
        "packages": packages(),
        "model_sha256": model_hash,
        "study_created_with": begun_with,
    }


@cache
def packages() -> dict[str, str]:
    """Versions of the program and of all that it needs, whatever else is installed beside it."""
    found: dict[str, str] = {}
    wanted = [PROGRAM]
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        try:
            installed = distribution(name)
        except PackageNotFoundError:  # of another platform, or not needed by this Python
            continue
        found[name] = installed.version
        wanted += [_name(text) for text in installed.requires or [] if "extra ==" not in text]
    return dict(sorted(found.items()))


def _name(requirement: str) -> str:
    """The normalised name of a requirement such as ``psycopg[binary]>=3.2``."""
    found = re.match(r"[\w.-]+", requirement)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""
