"""Pictures of the workbench, drawn so that they can be read on light and dark pages alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK = "#7b868e"  # as far from white as from the dark theme's ground
COLOURS = ("#d55e00", "#0f8a97", "#b0558c", "#8a7a00")
_STYLE: Any = {
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.parse_math": False,
}
_TICKS_HZ = (30, 100, 300, 1000, 3000, 10_000)
FREQUENCIES_HZ = np.geomspace(20, 20_000, 240)


def responses(curves_db: Mapping[str, np.ndarray], chosen: str) -> Figure:
    """EQ curves over `FREQUENCIES_HZ`; the one that was chosen stands out."""
    figure, axis = _drawn(7.2, 3.0)
    for colour, (name, curve_db) in zip(COLOURS, curves_db.items(), strict=False):
        look = {"linewidth": 2.6} if name == chosen else {"linewidth": 1.1, "alpha": 0.75}
        axis.semilogx(FREQUENCIES_HZ, curve_db, label=name, color=colour, **look)
    axis.axhline(0, color=INK, linewidth=0.6)
    highest = max(6.0, *(float(np.abs(curve).max()) for curve in curves_db.values()))
    axis.set(xlim=(20, 20_000), ylim=(-highest * 1.1, highest * 1.1), xlabel="frequency, Hz", ylabel="gain, dB")
    axis.set_xticks(_TICKS_HZ, [f"{hz:g}" if hz < 1000 else f"{hz / 1000:g}k" for hz in _TICKS_HZ])
    figure.legend(loc="outside upper center", ncols=len(curves_db), frameon=False, labelcolor=INK)
    return figure


def waveform(peaks: Sequence[float], duration_s: float, start_s: float, end_s: float) -> Figure:
    """A recording's peaks over time, with the excerpt that is taken of it."""
    figure, axis = _drawn(9.0, 1.7)
    at_s = np.linspace(0, duration_s, len(peaks))
    axis.fill_between(at_s, -np.asarray(peaks), peaks, color=INK, linewidth=0)
    axis.axvspan(start_s, end_s, color=COLOURS[1], alpha=0.4, linewidth=0)
    axis.set(xlim=(0, duration_s), ylim=(-1.02, 1.02), xlabel="time, s", yticks=[])
    axis.spines["left"].set_visible(False)
    return figure


def _drawn(width_in: float, height_in: float) -> tuple[Figure, Axes]:
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(width_in, height_in), dpi=150, layout="constrained")
        axis = figure.subplots()
    figure.patch.set_alpha(0)
    axis.patch.set_alpha(0)
    return figure, axis
