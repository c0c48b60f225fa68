"""Semantic equalisation: SAFE-DB's words, EQ parameters and curves, and the networks that propose them."""

from model.eq import EQParams

__all__ = ["EQParams"]
