"""The figure of the adaptivity estimate: every clip, the model's line and band, and where the advantage ends."""

import pandas as pd
from matplotlib.figure import Figure

from analysis.writing.figure_style import COLOURS, MARKERS, new_figure, short


def adaptivity_figure(clips: pd.DataFrame, curve: pd.DataFrame, ends_at: float, a: str, b: str) -> Figure:
    """Draw each clip's difference a - b, marked by descriptor, and the model's advantage over all of them.

    Parameters
    ----------
    clips, curve
        The tables `clip_differences` and `adaptivity_curve`.
    ends_at
        Score at which the advantage is zero; NaN where no point can be given.
    """
    figure, axes = new_figure(2.2)
    axis, x = axes[0, 0], curve["baseline_score"]
    axis.axhline(0, color="#888888", linewidth=0.6)
    axis.fill_between(x, curve["ci_low"], curve["ci_high"], color="#cccccc", alpha=0.6, linewidth=0)
    axis.plot(x, curve["advantage"], color="black", linewidth=1)
    for i, (descriptor, rows) in enumerate(clips.dropna(subset="baseline_score").groupby("descriptor", sort=False)):
        style = {"color": COLOURS[i % len(COLOURS)], "marker": MARKERS[i % len(MARKERS)]}
        axis.plot(
            rows["baseline_score"],
            rows["diff"],
            linestyle="none",
            markersize=3,
            label=short(str(descriptor), 14),
            **style,
        )
    if x.min() <= ends_at <= x.max():
        axis.axvline(ends_at, color="black", linewidth=0.8, linestyle=":")
    axis.set_xlabel("baseline descriptor score")
    axis.set_ylabel(f"{a} minus {b}, points")
    figure.legend(loc="outside upper center", ncols=3)  # of descriptors; inside it would lie on the clips
    return figure
