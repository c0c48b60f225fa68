"""Figures as PDF, SVG and PNG with the same bytes each time: one AES column (82 mm) wide, 7 pt type, Okabe and Ito's
colours."""

import io
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

COLUMN_IN = 3.25
COLOURS = ("#000000", "#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_STYLE = {
    "font.size": 7,
    "font.family": "DejaVu Sans",
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "lines.linewidth": 1.0,
    "svg.hashsalt": "semantic-eq",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "figure.dpi": 100,
}
_METADATA = {"pdf": {"CreationDate": None, "ModDate": None}, "svg": {"Date": None}, "png": {"Software": None}}


def new_figure(height_in: float, columns: int = 1, rows: int = 1, **options: object) -> tuple[Figure, np.ndarray]:
    """Start a figure of one column's width with a grid of axes; options go to `Figure.subplots`."""
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(COLUMN_IN, height_in), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(rows, columns, squeeze=False, **options)
    return figure, axes


def write(figure: Figure, folder: Path, name: str, simulated: bool) -> str:
    """Write `<name>.pdf`, `.svg` and `.png` (300 dpi), say SIMULATED across where it is, and give the SVG."""
    with matplotlib.rc_context(_STYLE):
        if simulated:
            figure.text(
                0.5, 0.5, "SIMULATED", ha="center", va="center", rotation=20, fontsize=26, color="#D55E00", alpha=0.22
            )
        figure.savefig(folder / f"{name}.pdf", metadata=_METADATA["pdf"])
        figure.savefig(folder / f"{name}.png", dpi=300, metadata=_METADATA["png"])
        svg = io.StringIO()
        figure.savefig(svg, format="svg", metadata=_METADATA["svg"])
    text = svg.getvalue()
    (folder / f"{name}.svg").write_text(text, encoding="utf-8")
    return text


def means_figure(descriptives: pd.DataFrame, scale: tuple[float, float]) -> Figure:
    """Draw the mean of each condition per descriptor with within-subject 95 % CIs."""
    descriptors = list(descriptives["descriptor"].unique())
    figure, axes = new_figure(2.1, columns=len(descriptors), sharey=True)
    for axis, descriptor in zip(axes[0], descriptors, strict=True):
        rows = descriptives[descriptives["descriptor"] == descriptor]
        for k, row in enumerate(rows.itertuples()):
            half = row.within_high - row.mean
            axis.errorbar(
                k,
                row.mean,
                yerr=half if np.isfinite(half) else None,
                fmt=MARKERS[k % len(MARKERS)],
                color=COLOURS[k % len(COLOURS)],
                capsize=2.5,
                markersize=4,
            )
        axis.set_title(descriptor)
        label_conditions(axis, list(rows["condition"]))
    axes[0, 0].set_ylabel(f"mean rating ({scale[0]:g} to {scale[1]:g})")
    return figure


def label_conditions(axis: Axes, conditions: Sequence[str]) -> None:
    """Put the conditions' names under the axis, slanted so that they fit."""
    axis.set_xticks(range(len(conditions)), conditions, rotation=40, ha="right", rotation_mode="anchor")
    axis.set_xlim(-0.6, len(conditions) - 0.4)
