"""The kinds of step: everything a participant does is a step of one of them, and each has a file of its own here.

A new kind is one module with a `KIND`, and its twin of the same name among the page's JavaScript modules. Nothing else
in the project knows a kind by name.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from study.kinds.base import Kind
from study.kinds.paradigm import Paradigm


def _found() -> dict[str, Kind]:
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    kinds = [module.KIND for module in modules if hasattr(module, "KIND")]
    return {kind.name: kind for kind in sorted(kinds, key=lambda kind: kind.place)}


KINDS = _found()
"""By name, in the order in which their steps come in a session."""
PARADIGMS = {kind.paradigm: kind for kind in KINDS.values() if isinstance(kind, Paradigm) and kind.is_counted}
"""By what a block of the study file calls them."""
TRIALS = tuple(name for name, kind in KINDS.items() if kind.is_trial)
"""Names of the kinds whose steps are presentations."""


def is_counted(kind: str, trial_kind: str | None) -> bool:
    """Whether the participant's page counts a step among the trials: practice is not."""
    return KINDS[kind].is_counted and trial_kind != "practice"
