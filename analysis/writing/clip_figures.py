"""The figures of clips: how the compared conditions differ on each, and by what it sounded like before."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from analysis.data.cells import Cells
from analysis.data.stimuli import FREQUENCIES_HZ, Stimuli
from analysis.writing.figure_style import COLOURS, colour_of, marker_of, new_figure, panels, short

MOST_NAMED_CLIPS = 40


def clip_differences_figure(
    table: pd.DataFrame, heterogeneity: pd.DataFrame, contrasts: pd.DataFrame | None, a: str, b: str
) -> Figure:
    """Draw each clip's mean difference a - b with its 95 % CI, one panel per descriptor; behind, the prediction
    interval
    of a new clip and the main model's mean with its 95 % CI."""
    descriptors, clips = list(table["descriptor"].unique()), list(table["clip"].unique())
    named = len(clips) <= MOST_NAMED_CLIPS
    height = max(0.9 + 0.15 * len(clips), 1.6) if named else 4.0
    figure, axes = panels(len(descriptors), height, sharey=True, sharex=True)
    for axis, descriptor in zip(axes, descriptors, strict=True):
        rows = table[table["descriptor"] == descriptor].set_index("clip").reindex(clips)
        y = np.arange(len(clips))
        axis.axvline(0, color="#888888", linewidth=0.6)
        for row in heterogeneity[heterogeneity["descriptor"] == descriptor].itertuples():
            axis.axvspan(row.new_clip_low, row.new_clip_high, color=COLOURS[6], alpha=0.18, linewidth=0)
        for row in _of_pair(contrasts, descriptor, a, b):
            axis.axvspan(*row[1:], color=COLOURS[6], alpha=0.4, linewidth=0)
            axis.axvline(row[0], color=COLOURS[2], linewidth=0.8)
        axis.hlines(y, rows["ci_low"], rows["ci_high"], color=COLOURS[2], linewidth=0.9)
        axis.plot(rows["diff"], y, "o", color=COLOURS[2], markersize=3)
        axis.set_title(short(descriptor, 18))
    axes[0].set_yticks(np.arange(len(clips)) if named else [], [short(clip) for clip in clips] if named else [])
    axes[0].invert_yaxis()
    figure.supxlabel(f"{short(a)} minus {short(b)}, points", fontsize=7)
    return figure


def _of_pair(contrasts: pd.DataFrame | None, descriptor: str, a: str, b: str) -> list[tuple[float, float, float]]:
    """Give estimate and interval of a - b, whichever way round the table has it."""
    if contrasts is None:
        return []
    rows = contrasts[contrasts["descriptor"] == descriptor].itertuples()
    return [
        (row.estimate, row.ci_low, row.ci_high) if row.a == a else (-row.estimate, -row.ci_high, -row.ci_low)
        for row in rows
        if {row.a, row.b} == {a, b}
    ]


def eq_curves_figure(stimuli: Stimuli, by_clip: pd.DataFrame, cells: Cells, a: str, b: str) -> Figure:
    """Draw the EQ of condition a clip by clip with that of b, and beside it the mean ratings of both."""
    descriptors, places = cells.descriptors, [cells.conditions.index(a), cells.conditions.index(b)]
    figure, axes = new_figure(
        0.45 + 1.15 * len(descriptors), columns=2, rows=len(descriptors), sharex="col", width_ratios=[2, 1]
    )
    for (left, right), descriptor in zip(axes, descriptors, strict=True):
        for k, (condition, place) in enumerate(zip((a, b), places, strict=True)):
            colour = colour_of(place)
            found = stimuli.curves(descriptor, condition)
            if len(found):
                thin = {"color": colour, "linewidth": 0.4, "alpha": 0.7, "linestyle": "--" if k else "-"}
                left.plot(FREQUENCIES_HZ, found.T, **thin)
                mean_line = {"color": colour, "linewidth": 1.4, "linestyle": "--" if k else "-"}
                left.plot(FREQUENCIES_HZ, found.mean(axis=0), **mean_line, label=short(condition, 18))
            rows = by_clip[(by_clip["descriptor"] == descriptor) & (by_clip["condition"] == condition)]
            right.plot(np.full(len(rows), k), rows["mean"], marker_of(place), color=colour, markersize=3, alpha=0.6)
            right.plot([k - 0.2, k + 0.2], [rows["mean"].mean()] * 2, color=colour, linewidth=1.6)
        left.axhline(0, color="#888888", linewidth=0.5)
        left.set_xscale("log")
        left.xaxis.set_major_locator(FixedLocator([100, 1000, 10_000]))
        left.xaxis.set_minor_locator(NullLocator())
        left.xaxis.set_major_formatter(FuncFormatter(lambda hz, _: f"{hz / 1000:g} k" if hz >= 1000 else f"{hz:g}"))
        left.set_ylabel(f"{short(descriptor, 18)}\ngain, dB")
        right.set_xlim(-0.5, 1.5)
        right.set_ylabel("rating by clip")
    if axes[0, 0].get_legend_handles_labels()[0]:
        axes[0, 0].legend(loc="best", handlelength=1.8)
    axes[-1, 0].set_xlabel("frequency, Hz")
    axes[-1, 1].set_xticks([0, 1], [short(a, 14), short(b, 14)], rotation=40, ha="right", rotation_mode="anchor")
    return figure


def adaptive_figure(table: pd.DataFrame, a: str, b: str) -> Figure:
    """Draw each clip's difference a - b against how much it already sounds like the descriptor."""
    descriptors = list(table["descriptor"].unique())
    figure, axes = panels(len(descriptors), 1.9, sharey=True)
    for axis, descriptor in zip(axes, descriptors, strict=True):
        rows = table[(table["descriptor"] == descriptor) & table["baseline_score"].notna()]
        x, y = rows["baseline_score"].to_numpy(dtype=float), rows["diff"].to_numpy()
        axis.axhline(0, color="#888888", linewidth=0.6)
        axis.vlines(x, rows["ci_low"], rows["ci_high"], color="#9fb8c9", linewidth=0.8)
        axis.plot(x, y, "o", color=COLOURS[2], markersize=3)
        if len(x) > 2 and np.ptp(x) > 0:
            slope, intercept = np.polyfit(x, y, 1)
            ends = np.array([x.min(), x.max()])
            axis.plot(ends, intercept + slope * ends, color=COLOURS[1], linewidth=1)
        axis.set_title(short(descriptor, 18))
    axes[0].set_ylabel(f"{short(a)} minus {short(b)}, points")
    figure.supxlabel("baseline descriptor score", fontsize=7)
    return figure


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
        style = {"color": colour_of(i), "marker": marker_of(i)}
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
