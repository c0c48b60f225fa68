"""The figures of the report: each takes a table and gives a figure of one or both columns' width."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from analysis.data.cells import Cells
from analysis.data.ratings import Ratings
from analysis.writing.figure_style import COLOURS, colour_of, marker_of, new_figure, panels, short

MOST_BARS = 11
MOST_JOINED = 60  # listeners whose points are joined
MOST_POINTS = 500


def means_figure(cells: Cells, descriptives: pd.DataFrame, scale: tuple[float, float]) -> Figure:
    """Draw each listener's mean of each condition, joined within listeners, and the mean of all with its
    within-subject 95 % CI; one panel per descriptor."""
    conditions = cells.conditions
    figure, axes = panels(len(cells.descriptors), 0.65 + 0.26 * len(conditions), sharey=True, sharex=True)
    for d, (axis, descriptor) in enumerate(zip(axes, cells.descriptors, strict=True)):
        own = cells.means[:, d, :]
        _draw_listeners(axis, own)
        rows = descriptives[descriptives["descriptor"] == descriptor]
        for k, row in enumerate(rows.itertuples()):
            margin = row.within_high - row.mean
            reach = margin if np.isfinite(margin) else None
            axis.errorbar(
                row.mean, k, xerr=reach, fmt=marker_of(k), color=colour_of(k), capsize=2.5, markersize=5, zorder=3
            )
        n = int(np.isfinite(own).any(axis=1).sum())
        axis.set_title(f"{short(descriptor, 18)}\nn = {n}")
        axis.grid(axis="x", linewidth=0.3, color="#cccccc")
    axes[0].set_yticks(range(len(conditions)), [short(name) for name in conditions])
    axes[0].set_ylim(len(conditions) - 0.5, -0.5)
    figure.supxlabel(f"mean rating ({scale[0]:g} to {scale[1]:g})", fontsize=7)
    return figure


def _draw_listeners(axis: Axes, means: np.ndarray) -> None:
    """Draw listeners' means as points: joined where they are few enough to follow, else beside each other."""
    n, k = means.shape
    places = np.broadcast_to(np.arange(k), means.shape)
    if n <= MOST_JOINED:
        joined = np.stack([means, places], axis=-1)
        axis.add_collection(LineCollection(list(joined), colors="#999999", linewidths=0.4, alpha=0.5, zorder=1))
        _draw_points(axis, means, places, markersize=1.6, alpha=0.6, zorder=2)
        return
    step = -(-n // MOST_POINTS)
    beside = np.linspace(-0.3, 0.3, len(means[::step]))[:, None] + places[::step]
    _draw_points(axis, means[::step], beside, markersize=1.2, alpha=0.4, zorder=1)


def _draw_points(axis: Axes, x: np.ndarray, y: np.ndarray, **options: Any) -> None:
    axis.plot(x.ravel(), y.ravel(), "o", color="#777777", markeredgewidth=0, **options)


def distributions_figure(ratings: Ratings) -> Figure:
    """Draw how often each rating was given, as shares of a bar per descriptor and condition; quantiles where there
    are many values."""
    main = ratings.main[ratings.main["rating"].notna()]
    pairs = [(d, c) for d in ratings.levels("descriptor") for c in ratings.levels("condition")]
    values = np.unique(main["rating"].to_numpy())
    figure, axes = new_figure(max(0.75 + 0.17 * len(pairs), 1.5))
    axis = axes[0, 0]
    places = [i + 0.6 * (i // len(ratings.levels("condition"))) for i in range(len(pairs))]
    groups = main.groupby(["descriptor", "condition"], observed=True)["rating"]
    if len(values) <= MOST_BARS:
        shades = _shades(len(values))
        for place, pair in zip(places, pairs, strict=True):
            if pair not in groups.groups:
                continue
            shares = np.array([(groups.get_group(pair) == value).mean() for value in values])
            starts = np.cumsum(shares) - shares
            axis.barh(place, shares, left=starts, color=shades, edgecolor="white", linewidth=0.4, height=0.8)
        handles = [axis.barh(0, 0, color=shade) for shade in shades]
        names = [f"{v:g}" for v in values]
        figure.legend(
            handles, names, loc="outside upper center", ncols=len(values), handlelength=0.9, columnspacing=0.8
        )
        axis.set_xlim(0, 1)
        axis.set_xlabel("share of ratings")
    else:
        boxes = [groups.get_group(pair).to_numpy() if pair in groups.groups else np.array([]) for pair in pairs]
        axis.boxplot(
            boxes, orientation="horizontal", positions=places, widths=0.7, showfliers=False, manage_ticks=False
        )
        axis.set_xlabel("rating (median, quartiles, range without outliers)")
    axis.set_yticks(places, [f"{short(d, 14)}: {short(c, 18)}" for d, c in pairs])
    axis.invert_yaxis()
    return figure


def _shades(n: int) -> list[tuple[float, ...]]:
    """Give colours from purple through white-grey to orange, told apart by every kind of colour vision."""
    import matplotlib

    return [tuple(matplotlib.colormaps["PuOr_r"](0.08 + 0.84 * i / max(n - 1, 1))) for i in range(n)]


def forest_figure(pairs: pd.DataFrame) -> Figure:
    """Draw every pair's mean difference with its 95 % CI and d_z, one panel per descriptor."""
    descriptors = list(pairs["descriptor"].unique())
    names = list(dict.fromkeys(zip(pairs["a"], pairs["b"], strict=True)))
    figure, axes = panels(len(descriptors), max(0.75 + 0.155 * len(names), 1.3), sharey=True, sharex=True)
    for axis, descriptor in zip(axes, descriptors, strict=True):
        axis.axvline(0, color="#888888", linewidth=0.6)
        rows = pairs[pairs["descriptor"] == descriptor]
        places = [names.index(pair) for pair in zip(rows["a"], rows["b"], strict=True)]
        axis.hlines(places, rows["ci_low"], rows["ci_high"], color=COLOURS[2], linewidth=1)
        axis.plot(rows["diff"], places, "o", color=COLOURS[2], markersize=3)
        for y, row in zip(places, rows.itertuples(), strict=True):
            text = f"{row.dz:.2f}".replace("-", "−") if np.isfinite(row.dz) else "–"
            axis.annotate(text, (1.02, y), xycoords=("axes fraction", "data"), fontsize=5.5, va="center")
        axis.annotate("$d_z$", (1.02, 1), (0, 2), "axes fraction", "offset points", fontsize=6, parse_math=True)
        axis.set_title(short(descriptor, 16), loc="left")
    axes[0].set_yticks(range(len(names)), [f"{short(a, 18)} − {short(b, 18)}" for a, b in names])
    axes[0].set_ylim(len(names) - 0.4, -0.6)
    figure.supxlabel("difference in points, 95 % CI", fontsize=7)
    return figure


def assumptions_figure(residuals: pd.DataFrame) -> Figure:
    """Draw the residuals of the repeated-measures model against normal quantiles and against fitted values."""
    figure, axes = new_figure(1.8, columns=2)
    left, right = axes[0]
    step = max(1, len(residuals) // 2000)
    ordered = residuals.sort_values("normal_quantile")
    slope, intercept = np.polyfit(ordered["normal_quantile"], ordered["residual"], 1)
    ends = ordered["normal_quantile"].iloc[[0, -1]]
    ordered, shown = ordered.iloc[::step], residuals.iloc[::step]
    left.plot(ordered["normal_quantile"], ordered["residual"], "o", color=COLOURS[2], markersize=1.5)
    left.plot(ends, intercept + slope * ends, color=COLOURS[1], linewidth=0.8)
    left.set_xlabel("normal quantiles")
    left.set_ylabel("residuals")
    right.plot(shown["fitted"], shown["residual"], "o", color=COLOURS[2], markersize=1.5)
    right.axhline(0, color="#888888", linewidth=0.6)
    right.set_xlabel("fitted")
    return figure


def medians_figure(medians: pd.DataFrame, scale: tuple[float, float]) -> Figure:
    """Draw each condition's median with its 95 % interval (thick) and quartiles (thin)."""
    descriptors = list(medians["descriptor"].unique())
    figure, axes = new_figure(2.2, columns=len(descriptors), sharey=True)
    for axis, descriptor in zip(axes[0], descriptors, strict=True):
        rows = medians[medians["descriptor"] == descriptor]
        for k, row in enumerate(rows.itertuples()):
            colour = colour_of(k)
            axis.vlines(k, row.q1, row.q3, color=colour, linewidth=0.7)
            if np.isfinite(row.ci_low):
                axis.vlines(k, row.ci_low, row.ci_high, color=colour, linewidth=2.2)
            axis.plot(k, row.median, marker_of(k), color=colour, markersize=4.5, markeredgecolor="white")
        axis.set_title(descriptor)
        axis.grid(axis="y", linewidth=0.3, color="#cccccc")
        axis.set_xticks(range(len(rows)), rows["condition"], rotation=40, ha="right", rotation_mode="anchor")
        axis.set_xlim(-0.6, len(rows) - 0.4)
    margin = 0.03 * (scale[1] - scale[0])
    axes[0, 0].set_ylim(scale[0] - margin, scale[1] + margin)
    axes[0, 0].set_ylabel(f"median rating ({scale[0]:g} to {scale[1]:g})")
    return figure


def multiverse_figure(table: pd.DataFrame, a: str, b: str) -> Figure:
    """Draw every row of the table, those of each set of participants in a colour of their own."""
    sets = list(table["participants"].unique())
    figure, axes = new_figure(0.9 + 0.16 * len(table))
    axis = axes[0, 0]
    axis.axvline(0, color="#888888", linewidth=0.6)
    for y, row in enumerate(table.itertuples()):
        colour = COLOURS[(2, 1)[sets.index(row.participants)]]
        axis.hlines(y, row.ci_low, row.ci_high, color=colour, linewidth=1)
        face = colour if row.p < 0.05 else "white"
        axis.plot(row.estimate, y, "so"[sets.index(row.participants)], color=colour, markersize=3.5, mfc=face)
    axis.set_yticks(range(len(table)), table["analysis"])
    axis.invert_yaxis()
    axis.set_xlabel(f"{short(a)} minus {short(b)}, points")
    handles = [axis.plot([], [], "so"[i], color=COLOURS[(2, 1)[i]], markersize=3.5)[0] for i in range(len(sets))]
    figure.legend(handles, sets, loc="outside upper center", ncols=2)
    return figure


def power_figure(table: pd.DataFrame) -> Figure:
    """Draw power and the margin of error, for new listeners and new music, one line per number of clips."""
    figure, axes = new_figure(2.1, columns=2)
    left, right = axes[0]
    for k, (n_clips, rows) in enumerate(table.groupby("n_clips")):
        left.fill_between(
            rows["n_participants"],
            rows["clips_random_low"],
            rows["clips_random_high"],
            color=colour_of(k),
            alpha=0.2,
            linewidth=0,
        )
        left.plot(
            rows["n_participants"],
            rows["power_clips_random"],
            marker_of(k) + "-",
            color=colour_of(k),
            markersize=3,
            label=f"{n_clips} clips",
        )
        right.plot(
            rows["n_participants"],
            rows["margin_of_error_clips_random"],
            marker_of(k) + "-",
            color=colour_of(k),
            markersize=3,
        )
    left.axhline(0.8, color="#888888", linewidth=0.6, linestyle=":")
    left.set(xlabel="participants", ylabel="power (p < .05)", ylim=(0, 1.02))
    right.set(xlabel="participants", ylabel="margin of error (95 % CI), points")
    right.set_ylim(bottom=0)
    figure.legend(loc="outside upper center", ncols=4)
    return figure
