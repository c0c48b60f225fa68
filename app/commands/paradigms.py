"""What `semantic-eq analyse` analyses: every question and every way of asking of which there is a table.

The first is analysed into the folder of results itself, each other one into a folder of its name in it; the first one's
page links the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import pandas as pd

    from analysis.analyse import Settings
    from analysis.data.abx import AbxTrials
    from analysis.data.pairs import Pairs
    from analysis.data.post_screening import Anchored
    from analysis.data.questions import Asked
    from analysis.writing.drawing import Artist
    from analysis.writing.report import Beside
    from app.commands.tables import Tables

    Checked = TypeVar("Checked", Pairs, AbxTrials)

Step = Callable[[str], None]


@dataclass(frozen=True)
class Analysis:
    """One question in one way of asking.

    Attributes
    ----------
    name
        Of its folder.
    answers
        What was answered, for people.
    simulated
        Whether the participants are.
    run
        Writes into a folder, with links to the analyses beside it, and gives what it found.
    """

    name: str
    answers: str
    simulated: bool
    run: Callable[[Path, tuple[Beside, ...], Step], Found]


@dataclass(frozen=True)
class Found:
    """The answer's sentences, the number of participants, and deviations from a preregistration."""

    sentences: list[str]
    participants: int
    deviations: pd.DataFrame | None = None


@dataclass(frozen=True)
class Done:
    """An analysis that was written: where, of how many participants, and how it deviates from a preregistration."""

    analysis: Analysis
    page: Path
    participants: int
    deviations: pd.DataFrame | None = None


def analyse_all(tables: Tables, out: Path, step: Step, artist: Artist | None = None) -> list[Done]:
    """Analyse everything there is, the first into `out` and the others into folders in it.

    Parameters
    ----------
    tables
        What was answered, and what is known of the study.
    out
        Folder for tables, figures and report.html.
    step
        Called with the name of each step as it begins.
    artist
        Who draws the figures of ratings; this process without one.

    Raises
    ------
    ValueError
        Nothing was asked, or not the question that is wanted.
    """
    from analysis.writing.folder import whole_folder
    from analysis.writing.report import Beside

    first, *others = analyses(tables, artist)
    if not others:
        found = first.run(out, (), step)
        return [Done(first, out / "report.html", found.participants, found.deviations)]
    beside, done = [], []
    with whole_folder(out) as folder:
        for other in others:
            said = other.run(folder / other.name, (), _named(other.name, step))
            beside.append(Beside(other.name, f"{other.name}/report.html", said.sentences))
            done.append(Done(other, out / other.name / "report.html", said.participants))
        found = first.run(folder, tuple(beside), step)
    return [Done(first, out / "report.html", found.participants, found.deviations), *done]


def _named(name: str, step: Step) -> Step:
    return lambda part: step(f"{name}: {part}")


def summary(done: list[Done]) -> list[str]:
    """Say what was analysed, and where it is."""
    from analysis.numbers import counted

    first, *others = done
    mark = "SIMULATED participants. " if first.analysis.simulated else ""
    n = counted(first.participants, "participant")
    lines = [
        f"{mark}The {first.analysis.answers} of {n} are analysed in {first.page}; tables and figures are beside it."
    ]
    return lines + [
        f"{one.analysis.name}: the {one.analysis.answers} of {counted(one.participants, 'participant')}, in {one.page}"
        for one in others
    ]


def analyses(tables: Tables, artist: Artist | None = None) -> list[Analysis]:
    """List what is to be analysed: the questions that were rated, then pairs, then ABX."""
    from analysis.data.questions import by_question

    asked = [] if tables.ratings is None else by_question(tables.ratings)
    there = [(each.name, partial(_ratings, tables, each, artist)) for each in asked]
    for name, given, analysed in (("pairs", tables.pairs, _pairs), ("abx", tables.abx, _abx)):
        first = not there or tables.chosen == name  # the preregistration is of the first question
        made = partial(analysed, tables, tables.settings.deviations if first else None)
        there += [] if given is None else [(name, made)]
    wanted = [made for name, made in there if tables.chosen in (None, name)]
    if there and not wanted:
        raise ValueError(f"Unknown question {tables.chosen!r}: the table has {', '.join(name for name, _ in there)}.")
    return [made() for made in wanted]


def _ratings(tables: Tables, asked: Asked, artist: Artist | None) -> Analysis:
    from analysis.analyse import analyse
    from analysis.data.ratings import from_table
    from analysis.writing.answer import answer
    from analysis.writing.kept import kept_text
    from app.study_settings import scale_of

    scale = tables.scale or scale_of(tables.definition, asked) or tables.settings.scale or (1.0, 7.0)
    checked = from_table(asked.table, scale, tables.simulated, tables.order)
    _refuse_unknown(tables, checked.levels("condition"), checked.levels("descriptor"))
    about = asked.question if asked.question not in (None, "descriptor") else tables.asked
    checked = replace(checked, asked=about)
    settings = post_screened(_settings(tables, asked, checked.levels("condition")), checked.levels("condition"))

    def run(out: Path, beside: tuple[Beside, ...], step: Step) -> Found:
        results = analyse(checked, out, replace(settings, beside=beside), step, artist)
        sentences = [*kept_text(results), *answer(results)]
        deviating = results["deviations"] if "deviations" in results.tables else None
        return Found(sentences, len(results.cells.participants), deviating)

    return Analysis(asked.name, "ratings", checked.simulated, run)


def post_screened(settings: Settings, conditions: list[str]) -> Settings:
    """State the post-screening of BS.1534 where a hidden reference or an anchor is known."""
    from analysis.data.screening import Rules

    if settings.anchored is None:
        return settings
    settings.anchored.refuse_unknown(conditions)
    return replace(settings, rules=(settings.rules or Rules.of({})).with_bs1534())


def _settings(tables: Tables, asked: Asked, conditions: list[str]) -> Settings:
    """Give the analysis's settings to one question: an attribute is to be kept up with the unprocessed condition."""
    settings = replace(tables.settings, anchored=tables.settings.anchored or _anchored(tables, asked))
    if asked.question in (None, "descriptor"):
        return settings
    plan = tables.definition.get("analysis") or {}
    unprocessed = plan.get("unprocessed", "original")
    margin = tables.settings.smallest_effect if tables.chosen else (plan.get("margins") or {}).get(asked.question)
    processed = [name for name in conditions if name != unprocessed]
    first = "semantic" if "semantic" in processed else processed[0]
    return replace(
        settings,
        title=f"{tables.settings.title}: {asked.name}",
        smallest_effect=margin,
        unprocessed=unprocessed,
        compared=(first, unprocessed) if unprocessed in conditions else None,
        looks=None,
        deviations=None,
    )


def _anchored(tables: Tables, asked: Asked) -> Anchored | None:
    """Name the hidden reference and the mid-range anchor of a MUSHRA block; None for another way of asking."""
    from analysis.data.post_screening import Anchored

    for block in tables.definition.get("blocks") or []:
        if block.get("preset") == "bs1534" and block["paradigm"] == asked.paradigm:
            from study.kinds.multistimulus import ANCHORS  # a table without a study needs none of it

            return Anchored(block["reference"], ANCHORS[1] if block["anchors"] else None)
    return None


def _pairs(tables: Tables, deviations: pd.DataFrame | None) -> Analysis:
    from analysis.data.pairs import from_table
    from analysis.writing.pairs import analyse_pairs

    table, left_out = _screened(tables, tables.pairs)
    checked = _noted(from_table(table, tables.simulated, tables.order), left_out)
    _refuse_unknown(tables, list(checked.conditions), checked.levels("descriptor"))
    settings = tables.settings

    def run(out: Path, beside: tuple[Beside, ...], step: Step) -> Found:
        title = f"{settings.title}: pairs"
        document = analyse_pairs(checked, out, title, settings.compared, step, beside, deviations)
        return Found(document.answer, checked.main["participant"].nunique(), deviations)

    return Analysis("pairs", "paired comparisons", checked.simulated, run)


def _abx(tables: Tables, deviations: pd.DataFrame | None) -> Analysis:
    from analysis.data.abx import from_table
    from analysis.writing.abx import analyse_abx

    table, left_out = _screened(tables, tables.abx)
    checked = _noted(from_table(table, tables.simulated, tables.order), left_out)
    _refuse_unknown(tables, list(checked.conditions), checked.levels("descriptor"))
    title = f"{tables.settings.title}: ABX"

    def run(out: Path, beside: tuple[Beside, ...], step: Step) -> Found:
        document = analyse_abx(checked, out, title, step, beside, deviations)
        return Found(document.answer, checked.main["participant"].nunique(), deviations)

    return Analysis("abx", "ABX trials", checked.simulated, run)


def _screened(tables: Tables, table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Leave out who breaks a stated rule, by the first question's ratings, the table's own checks or the headphones."""
    from analysis.data.left_out import without_screened
    from analysis.data.questions import by_question
    from analysis.data.ratings import from_table
    from analysis.data.screening import screen
    from app.study_settings import scale_of

    settings, broke = tables.settings, {}
    if settings.rules and tables.ratings is not None:
        asked = by_question(tables.ratings)[0]
        scale = tables.scale or scale_of(tables.definition, asked) or settings.scale or (1.0, 7.0)
        ratings = from_table(asked.table, scale, tables.simulated, tables.order)
        found = _settings(tables, asked, ratings.levels("condition"))
        log = screen(ratings, settings.rules, settings.headphones, found.anchored).log
        broke = dict(zip(log["participant"], log["rule"], strict=True))
    return without_screened(table, settings.rules, broke, settings.headphones)


def _noted(checked: Checked, left_out: str) -> Checked:
    return replace(checked, left_out=left_out, notes=(*checked.notes, *([left_out] if left_out else [])))


def _refuse_unknown(tables: Tables, conditions: list[str], descriptors: list[str]) -> None:
    """Refuse an order that the command names with a label that is not in the table."""
    for column, labels in (("condition", conditions), ("descriptor", descriptors)):
        for name in tables.wanted.get(column) or []:
            if name not in labels:
                known = ", ".join(labels)
                raise ValueError(f"--{column}s names {name!r}, which is not in the table; there are {known}.")
