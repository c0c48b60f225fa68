"""ABX trials as a folder of files: tables, a figure, paragraphs and a page."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.data.abx import EVERY, AbxTrials
from analysis.numbers import counted, listed, number, p_value
from analysis.statistics import abx
from analysis.statistics.table import Table
from analysis.writing.document import Document, with_deviations, write_document
from analysis.writing.figure_style import COLOURS, new_figure, short
from analysis.writing.folder import whole_folder
from analysis.writing.report import Beside

FEW = 5
CAPTIONS = {
    "abx": "Every pair: right answers with the exact 95 % interval and one-sided binomial p (Holm within descriptor), "
    "the interval for new listeners, the share of discriminators, d' of both decision rules, and the share of "
    "discriminators that so many trials show in 80 % of studies.",
    "abx_listeners": "Every listener on every pair (Holm over the listeners of a pair).",
    "abx_next_study": "Trials that another study needs for a power of 80 and 90 % at 5 %, one-sided.",
}
FIGURE = (
    "Proportion of right answers; dots: listeners; thick: exact 95% interval; thin: 95% interval for new listeners; "
    "dotted: guessing."
)


def analyse_abx(
    trials: AbxTrials,
    out: str | Path,
    title: str = "ABX",
    step: Callable[[str], None] = lambda name: None,
    beside: tuple[Beside, ...] = (),
    deviations: pd.DataFrame | None = None,
) -> Document:
    """Test ABX trials and write tables, a figure, paragraphs and `report.html` into a folder.

    Parameters
    ----------
    trials
        Checked trials, `analysis.data.abx.from_table`.
    out
        Folder, made where it is not there and written whole or not at all. The same trials give the same bytes.
    title
        Of the page.
    step
        Called with the name of each step as it starts.
    beside
        The study's other analyses, whose answers the page gives too.
    deviations
        What was done otherwise than preregistered; None without a preregistration.

    Returns
    -------
    Document
        What was written: `document["abx"]` is a table, `document.answer` its first sentences.
    """
    step("tests")
    found = abx.abx(trials)
    tables = {"abx": found, "abx_listeners": abx.by_listener(trials), "abx_next_study": abx.next_study(found)}
    of = {name: Table(name, CAPTIONS[name], data) for name, data in tables.items()}
    step("report")
    document = Document(
        title,
        answer(tables),
        {"Pairs": [of["abx"]], "Listeners": [of["abx_listeners"]], "The next study": [of["abx_next_study"]]},
        {"abx": (lambda: abx_figure(tables["abx"], tables["abx_listeners"]), FIGURE)},
        {"Pairs": ("abx",)},
        {"methods": methods(trials), "results": results(tables)},
        trials.notes,
        trials.simulated,
        frozenset({"abx_listeners"}),
        beside,
    )
    document = with_deviations(document, deviations)
    with whole_folder(Path(out)) as folder:
        write_document(document, folder)
    return document


def abx_figure(found: pd.DataFrame, listeners: pd.DataFrame) -> Figure:
    """Draw the proportion of right answers of every pair, over listeners and of each one."""
    figure, axes = new_figure(max(0.75 + 0.32 * len(found), 1.4))
    axis, colour = axes[0, 0], COLOURS[2]
    axis.axvline(abx.CHANCE, color="#666666", linewidth=0.7, linestyle=":")
    for y, row in enumerate(found.itertuples()):
        of_pair = listeners[(listeners[["descriptor", "a", "b"]] == [row.descriptor, row.a, row.b]).all(axis=1)]
        values, counts = np.unique(of_pair["proportion"], return_counts=True)
        axis.scatter(values, np.full(len(values), y - 0.25), s=4 * counts, color="#888888", linewidths=0)
        axis.hlines(y, row.new_listeners_low, row.new_listeners_high, color=colour, linewidth=0.7)
        axis.hlines(y, row.ci_low, row.ci_high, color=colour, linewidth=2.2)
        axis.plot(row.proportion, y, "o", color=colour, markersize=4.5, markeredgecolor="white")
    axis.set_yticks(range(len(found)), [_label(row) for row in found.to_dict("records")])
    axis.set(xlim=(0, 1.02), ylim=(len(found) - 0.5, -0.6), xlabel="proportion of right answers")
    return figure


def _label(row: dict[str, Any]) -> str:
    word = "" if row["descriptor"] == EVERY else f"{short(row['descriptor'], 18)}\n"
    return f"{word}{short(row['a'], 12)} or {short(row['b'], 12)}"


def _pair(row: dict[str, Any]) -> str:
    word = "" if row["descriptor"] == EVERY else f"{row['descriptor']}: "
    return f"{word}{row['a']} or {row['b']}"


def answer(tables: dict[str, pd.DataFrame]) -> list[str]:
    """Say of every pair whether it was told apart, and by how many."""
    return [_row_text(row) for row in tables["abx"].to_dict("records")]


def _row_text(row: dict[str, Any]) -> str:
    scope = "The conditions" if row["descriptor"] == EVERY else f"For {row['descriptor']},"
    heard = row["p_holm"] < 0.05
    verdict = "were told apart" if heard else "were not shown to be told apart"
    few = ", too few listeners to speak of others" if row["listeners"] < FEW else ""
    return (
        f"{scope} {row['a']} and {row['b']} {verdict}: {row['correct']} of {counted(row['trials'], 'trial')} of "
        f"{counted(row['listeners'], 'listener')} were right ({row['proportion']:.0%}, 95% CI [{row['ci_low']:.0%}, "
        f"{row['ci_high']:.0%}], exact binomial {p_value(row['p_holm'])} after Holm){few}; {_how_many(row, heard)}."
    )


def _how_many(row: dict[str, Any], heard: bool) -> str:
    if heard:
        return (
            f"{row['discriminators']:.0%} of answers were heard and not guessed (95% CI "
            f"[{row['discriminators_low']:.0%}, {row['discriminators_high']:.0%}])"
        )
    missed = f"; this many trials show {row['detectable']:.0%} in 80% of studies"
    missed = "" if np.isnan(row["detectable"]) else missed
    return f"at most {row['discriminators_high']:.0%} of answers were heard and not guessed (95% CI){missed}"


def methods(trials: AbxTrials) -> str:
    """Write the methods section."""
    main = trials.main
    clips = [] if trials.levels("clip") == [EVERY] else [f" on {counted(main['clip'].nunique(), 'clip')}"]
    words = trials.levels("descriptor")
    left_out = f" {trials.left_out}" if trials.left_out else ""
    scope = "".join([*clips, *([] if words == [EVERY] else [f" for {listed(words)}"])])
    return (
        "# Methods\n\n## Design\n\n"
        f"{counted(main['participant'].nunique(), 'listener')} gave {counted(len(main), 'answer')} in an ABX test of "
        f"{counted(len(trials.conditions), 'condition')} ({', '.join(trials.conditions)}){scope}.{left_out}\n\n"
        "## Analysis\n\n"
        "Right answers were tested against guessing by the exact one-sided binomial test with Holm's correction over "
        "the pairs of one descriptor, with the interval of Clopper and Pearson; it holds for the answers given. The "
        "interval for new listeners is of the ratio estimate over listeners, Student's t. The share of discriminators "
        "takes everyone else to guess. Sensitivity d' is of the differencing and of the independent-observation "
        "strategy (Hautus & Meng, 2002), unbiased listeners. Power is exact; a number of trials is the least from "
        "which on power does not fall below what is wanted. The tests of the software compare these numbers with R's "
        "psyphy, binom.test and pbinom.\n"
    )


def results(tables: dict[str, pd.DataFrame]) -> str:
    """Write the results section."""
    parts = ["# Results", " ".join(answer(tables))]
    for row in tables["abx"].to_dict("records"):
        parts.append(f"- {_pair(row)}: {_sensitivity(row)} {_listeners(row, tables)} {_next(row, tables)}")
    return "\n\n".join(parts) + "\n"


def _sensitivity(row: dict[str, Any]) -> str:
    parts = [
        f"{_number(row[f'dprime_{rule}'])}, 95% CI [{_number(row[f'dprime_{rule}_low'])}, "
        f"{_number(row[f'dprime_{rule}_high'])}] ({name})"
        for rule, name in (("difference", "differencing"), ("independent", "independent observations"))
    ]
    return f"d' = {' or '.join(parts)}."


def _number(value: float) -> str:
    return "∞" if np.isinf(value) else number(value)


def _of_pair(row: dict[str, Any], table: pd.DataFrame) -> pd.DataFrame:
    return table[(table[["descriptor", "a", "b"]] == [row["descriptor"], row["a"], row["b"]]).all(axis=1)]


def _listeners(row: dict[str, Any], tables: dict[str, pd.DataFrame]) -> str:
    found = _of_pair(row, tables["abx_listeners"])
    return f"{(found['p_holm'] < 0.05).sum()} of {counted(len(found), 'listener')} told them apart alone, after Holm."


def _next(row: dict[str, Any], tables: dict[str, pd.DataFrame]) -> str:
    found = _of_pair(row, tables["abx_next_study"]).set_index("assumed").loc["as found"]
    if row["discriminators"] == 0:
        return "No number of trials would show what was found here, which is not above guessing."
    if np.isnan(found["trials_80"]):
        return f"To show as much again in 80% of studies takes more than {abx.MOST_TRIALS:,} trials."
    return f"To show as much again in 80% of studies takes {counted(int(found['trials_80']), 'trial')}."
