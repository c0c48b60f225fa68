"""Semantic equalisation: SAFE-DB's words, EQ parameters and curves, and the networks that propose them."""

from model.eq import EQParams
from model.flow import FlowEQ
from model.ridge import RidgeEQ
from model.semantic import SemanticEQ
from model.static import StaticEQ

__all__ = ["EQParams", "FlowEQ", "RidgeEQ", "SemanticEQ", "StaticEQ"]
