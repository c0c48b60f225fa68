"""The figures of the report: each takes a table and gives a figure of one or both columns' width."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from scipy import stats

from analysis.data.cells import Cells
from analysis.data.ratings import Ratings
from analysis.data.stimuli import FREQUENCIES_HZ, Stimuli
from analysis.writing.figure_style import COLOURS, MARKERS, new_figure, panels, short

MOST_NAMED_CLIPS = 40
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
                row.mean, k, xerr=reach, fmt=_marker(k), color=_colour(k), capsize=2.5, markersize=5, zorder=3
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


def _marker(k: int) -> str:
    return MARKERS[k % len(MARKERS)]


def _colour(k: int) -> str:
    return COLOURS[k % len(COLOURS)]


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


def eq_curves_figure(stimuli: Stimuli, by_clip: pd.DataFrame, cells: Cells, a: str, b: str) -> Figure:
    """Draw the EQ of condition a clip by clip with that of b, and beside it the mean ratings of both."""
    descriptors, places = cells.descriptors, [cells.conditions.index(a), cells.conditions.index(b)]
    figure, axes = new_figure(
        0.45 + 1.15 * len(descriptors), columns=2, rows=len(descriptors), sharex="col", width_ratios=[2, 1]
    )
    for (left, right), descriptor in zip(axes, descriptors, strict=True):
        for k, (condition, place) in enumerate(zip((a, b), places, strict=True)):
            colour = _colour(place)
            found = stimuli.curves(descriptor, condition)
            if len(found):
                thin = {"color": colour, "linewidth": 0.4, "alpha": 0.7, "linestyle": "--" if k else "-"}
                left.plot(FREQUENCIES_HZ, found.T, **thin)
                mean_line = {"color": colour, "linewidth": 1.4, "linestyle": "--" if k else "-"}
                left.plot(FREQUENCIES_HZ, found.mean(axis=0), **mean_line, label=short(condition, 18))
            rows = by_clip[(by_clip["descriptor"] == descriptor) & (by_clip["condition"] == condition)]
            right.plot(np.full(len(rows), k), rows["mean"], _marker(place), color=colour, markersize=3, alpha=0.6)
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


def assumptions_figure(cells: Cells) -> Figure:
    """Draw the residuals of the repeated-measures model against normal quantiles and against fitted values."""
    fitted, residuals = within_residuals(cells)
    figure, axes = new_figure(1.8, columns=2)
    left, right = axes[0]
    (theory, ordered), (slope, intercept, _) = stats.probplot(residuals)
    step = max(1, len(ordered) // 2000)
    left.plot(theory[::step], ordered[::step], "o", color=COLOURS[2], markersize=1.5)
    left.plot(theory[[0, -1]], intercept + slope * theory[[0, -1]], color=COLOURS[1], linewidth=0.8)
    left.set_xlabel("normal quantiles")
    left.set_ylabel("residuals")
    right.plot(fitted[::step], residuals[::step], "o", color=COLOURS[2], markersize=1.5)
    right.axhline(0, color="#888888", linewidth=0.6)
    right.set_xlabel("fitted")
    return figure


def within_residuals(cells: Cells) -> tuple[np.ndarray, np.ndarray]:
    """Give fitted values and residuals of participant + cell, from complete participants."""
    means = cells.means[cells.complete()].reshape(int(cells.complete().sum()), -1)
    fitted = means.mean(axis=1, keepdims=True) + means.mean(axis=0) - means.mean()
    return fitted.ravel(), (means - fitted).ravel()


def power_figure(table: pd.DataFrame) -> Figure:
    """Draw power and the margin of error, for new listeners and new music, one line per number of clips."""
    figure, axes = new_figure(2.1, columns=2)
    left, right = axes[0]
    for k, (n_clips, rows) in enumerate(table.groupby("n_clips")):
        left.fill_between(
            rows["n_participants"],
            rows["clips_random_low"],
            rows["clips_random_high"],
            color=_colour(k),
            alpha=0.2,
            linewidth=0,
        )
        left.plot(
            rows["n_participants"],
            rows["power_clips_random"],
            _marker(k) + "-",
            color=_colour(k),
            markersize=3,
            label=f"{n_clips} clips",
        )
        right.plot(
            rows["n_participants"],
            rows["margin_of_error_clips_random"],
            _marker(k) + "-",
            color=_colour(k),
            markersize=3,
        )
    left.axhline(0.8, color="#888888", linewidth=0.6, linestyle=":")
    left.set(xlabel="participants", ylabel="power (p < .05)", ylim=(0, 1.02))
    right.set(xlabel="participants", ylabel="margin of error (95 % CI), points")
    right.set_ylim(bottom=0)
    figure.legend(loc="outside upper center", ncols=4)
    return figure
