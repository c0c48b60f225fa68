"""Semantic equalisation: SAFE-DB's words, EQ parameters and curves, and the networks that propose them.

The classes are imported when they are first asked for, so that the curve of an EQ (`model.eq`) costs no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model.eq import EQParams
    from model.flow import FlowEQ
    from model.match import MatchEQ
    from model.personal import PersonalWord
    from model.ridge import RidgeEQ
    from model.semantic import SemanticEQ
    from model.static import StaticEQ

_HOMES = {
    "EQParams": "eq",
    "FlowEQ": "flow",
    "MatchEQ": "match",
    "PersonalWord": "personal",
    "RidgeEQ": "ridge",
    "SemanticEQ": "semantic",
    "StaticEQ": "static",
}
__all__ = ["EQParams", "FlowEQ", "MatchEQ", "PersonalWord", "RidgeEQ", "SemanticEQ", "StaticEQ"]


def __getattr__(name: str) -> type:
    if name not in _HOMES:
        raise AttributeError(f"module 'model' has no attribute {name!r}")
    return getattr(import_module(f"model.{_HOMES[name]}"), name)
