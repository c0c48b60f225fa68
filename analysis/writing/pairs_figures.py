"""The figures of paired comparisons: the scale of each descriptor, and what was chosen in each pair."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.writing.figure_style import COLOURS, MARKERS, new_figure, panels, short


def preferences_figure(preferences: pd.DataFrame) -> Figure:
    """Draw each condition's log-worth with its 95 % CI over listeners (thick) and for new music (thin)."""
    descriptors, conditions = (list(preferences[name].unique()) for name in ("descriptor", "condition"))
    figure, axes = panels(len(descriptors), 0.65 + 0.2 * len(conditions), sharey=True, sharex=True)
    for axis, descriptor in zip(axes, descriptors, strict=True):
        axis.axvline(0, color="#888888", linewidth=0.5)
        for row in preferences[preferences["descriptor"] == descriptor].itertuples():
            y = conditions.index(row.condition)
            colour, marker = COLOURS[y % len(COLOURS)], MARKERS[y % len(MARKERS)]
            if np.isfinite(row.new_music_low):
                axis.hlines(y, row.new_music_low, row.new_music_high, color=colour, linewidth=0.7)
            axis.hlines(y, row.ci_low, row.ci_high, color=colour, linewidth=2.2)
            axis.plot(row.log_worth, y, marker, color=colour, markersize=4.5, markeredgecolor="white")
        axis.set_title(short(descriptor, 14))
        axis.grid(axis="x", linewidth=0.3, color="#cccccc")
    axes[0].set_yticks(range(len(conditions)), [short(name) for name in conditions])
    axes[0].set_ylim(len(conditions) - 0.5, -0.5)
    figure.supxlabel("log-worth (log-odds)", fontsize=7)
    return figure


def choices_figure(tests: pd.DataFrame) -> Figure:
    """Draw how often a, neither and b were chosen in every pair, as shares of a bar."""
    descriptors = list(tests["descriptor"].unique())
    figure, axes = new_figure(max(0.75 + 0.19 * (len(tests) + len(descriptors)), 1.5))
    axis, places, left_names, right_names, y = axes[0, 0], [], [], [], 0.0
    colours = (COLOURS[2], "#d9d9d9", COLOURS[1])
    ties = bool(tests["same"].any())
    for descriptor in descriptors:
        for row in tests[tests["descriptor"] == descriptor].itertuples():
            counts = np.array([row.a_chosen, row.same, row.b_chosen], dtype=float)
            shares = counts / max(counts.sum(), 1)
            axis.barh(y, shares, left=np.cumsum(shares) - shares, color=colours, edgecolor="white", linewidth=0.4)
            places.append(y)
            left_names.append(f"{short(descriptor, 14)}: {short(row.a, 14)}")
            right_names.append(short(row.b, 14))
            y += 1
        y += 0.6
    axis.axvline(0.5, color="black", linewidth=0.5, linestyle=":")
    axis.set(xlim=(0, 1), xlabel="share of comparisons")
    axis.set_xticks([0, 0.5, 1], ["0", "½", "1"])
    axis.set_yticks(places, left_names)
    axis.invert_yaxis()
    other = axis.secondary_yaxis("right")
    other.set_yticks(places, right_names)
    other.spines["right"].set_visible(False)
    handles = [axis.barh(0, 0, color=colour) for colour in colours]
    names = ["left chosen", "same", "right chosen"]
    shown = [0, 1, 2] if ties else [0, 2]
    figure.legend(
        [handles[i] for i in shown], [names[i] for i in shown], loc="outside upper center", ncols=3, handlelength=1
    )
    return figure
