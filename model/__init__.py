"""Semantic equalisation: SAFE-DB's words, EQ parameters and curves, and the networks that propose them.

The classes are imported when they are first asked for, so that the curve of an EQ (`model.eq`) costs no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.eq import EQParams
    from model.flow import FlowEQ
    from model.match import MatchEQ
    from model.personal import PersonalWord
    from model.reference import ReferenceEQ
    from model.ridge import RidgeEQ
    from model.semantic import SemanticEQ
    from model.static import StaticEQ

_HOMES = {
    "EQParams": "eq",
    "FlowEQ": "flow",
    "MatchEQ": "match",
    "PersonalWord": "personal",
    "ReferenceEQ": "reference",
    "RidgeEQ": "ridge",
    "SemanticEQ": "semantic",
    "StaticEQ": "static",
}
CONDITIONS = ("original", "semantic", "flow", "static")
"""What a clip is heard under unless a set says otherwise: as it is, and with each system's EQ."""
_SYSTEMS = {"semantic": "SemanticEQ", "flow": "FlowEQ", "static": "StaticEQ"}
__all__ = [
    "CONDITIONS",
    "EQParams",
    "FlowEQ",
    "MatchEQ",
    "PersonalWord",
    "ReferenceEQ",
    "RidgeEQ",
    "SemanticEQ",
    "StaticEQ",
    "systems",
]


def systems() -> dict[str, Any]:
    """The class of each condition that has a system, by the condition's name."""
    return {condition: __getattr__(name) for condition, name in _SYSTEMS.items()}


def __getattr__(name: str) -> type:
    if name not in _HOMES:
        raise AttributeError(f"module 'model' has no attribute {name!r}")
    return getattr(import_module(f"model.{_HOMES[name]}"), name)
