"""Medians of continuous scales, in a figure and in sentences."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.numbers import number
from analysis.statistics.results import Results
from analysis.writing.figure_style import COLOURS, MARKERS, new_figure

CAPTION = "Medians over listeners and clips; thick: 95% interval (listeners drawn anew); thin: quartiles."


def medians_figure(medians: pd.DataFrame, scale: tuple[float, float]) -> Figure:
    """Draw each condition's median with its 95 % interval (thick) and quartiles (thin)."""
    descriptors = list(medians["descriptor"].unique())
    figure, axes = new_figure(2.2, columns=len(descriptors), sharey=True)
    for axis, descriptor in zip(axes[0], descriptors, strict=True):
        rows = medians[medians["descriptor"] == descriptor]
        for k, row in enumerate(rows.itertuples()):
            colour = COLOURS[k % len(COLOURS)]
            axis.vlines(k, row.q1, row.q3, color=colour, linewidth=0.7)
            if np.isfinite(row.ci_low):
                axis.vlines(k, row.ci_low, row.ci_high, color=colour, linewidth=2.2)
            axis.plot(k, row.median, MARKERS[k % len(MARKERS)], color=colour, markersize=4.5, markeredgecolor="white")
        axis.set_title(descriptor)
        axis.grid(axis="y", linewidth=0.3, color="#cccccc")
        axis.set_xticks(range(len(rows)), rows["condition"], rotation=40, ha="right", rotation_mode="anchor")
        axis.set_xlim(-0.6, len(rows) - 0.4)
    margin = 0.03 * (scale[1] - scale[0])
    axes[0, 0].set_ylim(scale[0] - margin, scale[1] + margin)
    axes[0, 0].set_ylabel(f"median rating ({scale[0]:g} to {scale[1]:g})")
    return figure


def methods_text(results: Results) -> str:
    """Say how medians were taken, where they were."""
    if "medians" not in results.tables:
        return ""
    return (
        "Medians are over listeners and clips, with 95% intervals from drawing whole listeners anew (bootstrap "
        "percentiles); those of single clips have the exact interval between two ordered ratings."
    )


def results_text(results: Results) -> str:
    """Give the medians, where there are any."""
    if "medians" not in results.tables:
        return ""
    parts = [
        f"{row.descriptor}, {row.condition}: {number(row.median, 0)} "
        f"[{number(row.ci_low, 0)}, {number(row.ci_high, 0)}], quartiles {number(row.q1, 0)} and {number(row.q3, 0)}"
        for row in results["medians"].itertuples()
        if row.n
    ]
    return f"Medians with 95% intervals: {'; '.join(parts)}."
