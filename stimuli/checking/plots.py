"""Small line plots over frequency as SVG, coloured by the page's own style sheet, so that they suit light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

_WIDTH, _HEIGHT = 380, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 8, 8, 22
_LOW_HZ, _HIGH_HZ = 40.0, 16000.0
_TICKS_HZ = {50: "50", 100: "100", 200: "200", 500: "500", 1000: "1k", 2000: "2k", 5000: "5k", 10000: "10k"}


@dataclass(frozen=True)
class Line:
    """One curve: levels in dB at frequencies in Hz, and its style (a class of the style sheet)."""

    frequency_hz: np.ndarray
    level_db: np.ndarray
    style: str


def plot(lines: Sequence[Line], bounds_db: tuple[float, float], step_db: float, label: str) -> str:
    """An SVG of curves over log frequency from 40 Hz to 16 kHz; levels beyond the bounds are held at them."""
    low_db, high_db = bounds_db
    grid = [_vertical(hz, text) for hz, text in _TICKS_HZ.items()]
    grid += [_horizontal(db, bounds_db) for db in np.arange(low_db, high_db + step_db / 2, step_db)]
    paths = [
        f'<path class="{escape(line.style)}" d="{_path(line, bounds_db)}"/>' for line in lines if line.level_db.size > 1
    ]
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(label, quote=True)}">'
        + "".join(grid + paths)
        + "</svg>"
    )


def _path(line: Line, bounds_db: tuple[float, float]) -> str:
    level_db = np.clip(line.level_db, *bounds_db)
    points = (f"{_x(hz):.1f} {_y(db, bounds_db):.1f}" for hz, db in zip(line.frequency_hz, level_db, strict=True))
    return "M" + "L".join(points)


def _x(frequency_hz: float) -> float:
    share = np.log(frequency_hz / _LOW_HZ) / np.log(_HIGH_HZ / _LOW_HZ)
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(level_db: float, bounds_db: tuple[float, float]) -> float:
    low_db, high_db = bounds_db
    return _TOP + (high_db - level_db) / (high_db - low_db) * (_HEIGHT - _TOP - _BOTTOM)


def _vertical(frequency_hz: float, text: str) -> str:
    x = f"{_x(frequency_hz):.1f}"
    line = f'<line class="grid" x1="{x}" x2="{x}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}"/>'
    return f'{line}<text x="{x}" y="{_HEIGHT - 7}" text-anchor="middle">{text}</text>'


def _horizontal(level_db: float, bounds_db: tuple[float, float]) -> str:
    y = _y(level_db, bounds_db)
    style = "zero" if level_db == 0 else "grid"
    line = f'<line class="{style}" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return f'{line}<text x="{_LEFT - 5}" y="{y + 3.5:.1f}" text-anchor="end">{level_db:g}</text>'
