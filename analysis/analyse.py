"""From ratings to files: tables, figures, paragraphs and one page."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pandas as pd

from analysis.data.post_screening import Anchored
from analysis.data.ratings import Ratings
from analysis.data.screening import Rules, screen
from analysis.data.stimuli import Stimuli
from analysis.statistics.anova import residuals
from analysis.statistics.results import Described, Results, compute, describe
from analysis.statistics.sequential import Looks, taken
from analysis.statistics.table import Table
from analysis.writing import answer, deviations, multiverse, quarto, report
from analysis.writing.drawing import Artist, Figures, Here
from analysis.writing.findings import results_section
from analysis.writing.folder import whole_folder
from analysis.writing.limits import limits
from analysis.writing.methods import methods, screening_text
from analysis.writing.reproduce import write_reproduction
from analysis.writing.table_files import write_table

MARK = "SIMULATED participants: nothing here says anything about people.\n"


@dataclass(frozen=True)
class Settings:
    """What is known of the study besides its ratings.

    Attributes
    ----------
    title
        Of the report.
    rules
        Limits of the screening that were stated before the study: who breaks one is left out. None: nobody is left
        out; the default limits say who would be, and the results without them stand beside.
    compared
        The two conditions of the main question, a and b.
    stimuli
        What was heard: baseline descriptor scores and EQ curves.
    scale
        The study's rating scale, where it is known.
    headphones
        Whether each participant passed the headphone check, where known.
    anchored
        The hidden reference and the mid-range anchor of a MUSHRA test.
    smallest_effect
        The smallest effect of interest, points of the scale: the margin of the tests of equivalence.
    unprocessed
        The condition that an attribute such as quality is to be kept up with, within the smallest effect of interest.
    listeners
        What participants said of themselves: answers by participant (index) and question (column).
    looks
        Planned looks, where the study may stop early.
    completed
        Participants in the order in which they completed, for the looks.
    beside
        The study's other analyses, whose answers the page gives too.
    deviations
        What was done otherwise than preregistered (part, what, preregistered, found); None without a preregistration.
    """

    title: str = "Listening study"
    rules: Rules | None = None
    compared: tuple[str, str] | None = None
    stimuli: Stimuli | None = None
    scale: tuple[float, float] | None = None
    headphones: dict[str, bool] | None = None
    anchored: Anchored | None = None
    smallest_effect: float | None = None
    unprocessed: str | None = None
    listeners: pd.DataFrame | None = None
    looks: Looks | None = None
    completed: list[str] | None = None
    beside: tuple[report.Beside, ...] = ()
    deviations: pd.DataFrame | None = None


def analyse(
    ratings: Ratings,
    out: str | Path,
    settings: Settings | None = None,
    step: Callable[[str], None] = lambda name: None,
    artist: Artist | None = None,
) -> Results:
    """Analyse ratings and write tables, figures, paragraphs and `report.html` into a folder.

    Parameters
    ----------
    ratings
        Checked ratings, `analysis.ratings.from_table`.
    out
        Folder, made where it is not there: written whole or not at all, in place of an earlier analysis's files. The
        same ratings give the same bytes.
    settings
        Title, screening rules, compared conditions, stimuli.
    step
        Called with the name of each step as it starts.
    artist
        Who draws the figures; this process without one.

    Returns
    -------
    Results
        Of the participants that were kept; of everyone where no rules were stated.
    """
    settings = settings or Settings()
    _check_compared(ratings.levels("condition"), settings.compared)
    with whole_folder(Path(out)) as folder, Figures(artist or Here(), folder, ratings.simulated) as figures:
        return _analyse(ratings, folder, settings, step, figures)


def _check_compared(conditions: list[str], compared: tuple[str, str] | None) -> None:
    if compared is None:
        return
    for name in compared:
        if name not in conditions:
            raise ValueError(
                f"{name!r} is an unknown condition and cannot be compared; there are {', '.join(conditions)}."
            )
    if compared[0] == compared[1]:
        raise ValueError(f"{compared[0]!r} cannot be compared with itself; name two conditions.")


def _analyse(ratings: Ratings, out: Path, settings: Settings, step: Callable[[str], None], figures: Figures) -> Results:
    if ratings.simulated:
        (out / "SIMULATED.txt").write_text(MARK, encoding="utf-8")
    step("screening")
    screening = screen(ratings, settings.rules, settings.headphones, settings.anchored)
    log = Table("exclusions", screening.caption(), screening.log)
    write_table(log, out, ratings.simulated)
    screening.refuse_to_leave_out_everyone()
    step("models")
    stated, some = screening.stated, screening.splits()
    of_all, of_kept = describe(ratings), describe(ratings.without(screening.broke())) if some else None
    draw_described(of_kept if stated and of_kept else of_all, figures)
    computed = partial(
        compute,
        compared=settings.compared,
        stimuli=settings.stimuli,
        margin=settings.smallest_effect,
        unprocessed=settings.unprocessed,
        listeners=settings.listeners,
    )
    drawn = partial(draw_compared, figures=figures, stimuli=settings.stimuli)
    shown, besides = {"thorough": True, "answered": drawn}, {"thorough": False}
    everyone = computed(of_all, **(besides if stated and some else shown))
    kept = computed(of_kept, **(shown if stated else besides)) if of_kept else None
    main, beside = (kept, everyone) if stated and kept else (everyone, kept)
    step("tables")
    tables = {
        **main.tables,
        "exclusions": log,
        "screening": Table("screening", "Each participant against each rule.", screening.measured),
    }
    tables["with_and_without"] = Table(
        "with_and_without", "The main tests for all participants and after exclusions.", side_by_side(everyone, kept)
    )
    if main.compared:
        known = {"all participants": everyone, **({"after exclusions": kept} if kept else {})}
        tables[multiverse.NAME] = Table(multiverse.NAME, multiverse.CAPTION, multiverse.multiverse(known))
        if len(tables[multiverse.NAME].data):
            figures.draw(multiverse.NAME, tables[multiverse.NAME].data, *main.pair)
    if settings.looks and main.compared:
        found = _looks_taken(ratings, settings, settings.looks, main.compared)
        tables["looks"] = Table("looks", "Planned looks: the study may stop where p is below alpha.", found)
        main = replace(main, alpha=_limit(found))
        settings = _held_against(found, ratings, settings)
    if settings.deviations is not None:
        tables[deviations.NAME] = Table(deviations.NAME, deviations.CAPTION, settings.deviations)
    for table in tables.values():
        write_table(table, out, ratings.simulated)
    if beside:
        (out / screening.folder()).mkdir()
        for table in beside.tables.values():
            write_table(table, out / screening.folder(), ratings.simulated)
    sets = {"": main, **({screening.folder(): beside} if beside else {})}
    write_reproduction(sets, ratings, out)
    step("figures")
    svgs = figures.svgs()
    step("report")
    texts = {
        "methods": methods(main, everyone, screening),
        "results": results_section(main),
        "limits": limits(main, screening),
        **({} if settings.deviations is None else {deviations.NAME: deviations.section(settings.deviations)}),
    }
    for name, text in texts.items():
        marked = f"> **{MARK.strip()}**\n\n{text}" if ratings.simulated else text
        (out / f"{name}.md").write_text(marked, encoding="utf-8")
    title = f"SIMULATED: {settings.title}" if ratings.simulated else settings.title
    captions = {name: report.CAPTIONS[name] for name in svgs}
    qmd, references = quarto.paper(title, answer.answer(main), texts, captions, tables)
    (out / "paper.qmd").write_text(qmd, encoding="utf-8")
    (out / "references.bib").write_text(references, encoding="utf-8")
    page = report.report(settings.title, main, tables, svgs, texts, screening_text(screening), settings.beside)
    (out / "report.html").write_text(page, encoding="utf-8")
    return replace(main, tables=tables)


def _looks_taken(ratings: Ratings, settings: Settings, looks: Looks, pair: tuple[str, str]) -> pd.DataFrame:
    """Take the planned looks; without knowing who completed when, in the order of the table."""
    completed = settings.completed or ratings.levels("participant")
    return taken(looks, ratings, completed, pair, settings.rules, settings.headphones)


def _held_against(looks: pd.DataFrame, ratings: Ratings, settings: Settings) -> Settings:
    """Add to the deviations that the study went on after a look that stopped it."""
    if settings.deviations is None:
        return settings
    more = deviations.went_on(looks, len(settings.completed or ratings.levels("participant")))
    return replace(settings, deviations=pd.concat([settings.deviations, more], ignore_index=True))


def _limit(looks: pd.DataFrame) -> float:
    """Give the p below which the last look that was taken is significant; before the first, none is."""
    reached = looks[looks["decision"] != ""]
    return float(reached["alpha"].iloc[-1]) if len(reached) else 0.0


def side_by_side(everyone: Results, kept: Results | None) -> pd.DataFrame:
    """Set the main tests of all participants beside those after exclusions (None: nobody is left out, or everybody).

    Returns
    -------
    pd.DataFrame
        measure, all_participants, after_exclusions.
    """
    columns = [_headline(results) for results in (everyone, kept or everyone)]
    names = list(dict.fromkeys([*columns[0], *columns[1]]))
    rows = [[name, columns[0].get(name, float("nan")), columns[1].get(name, float("nan"))] for name in names]
    return pd.DataFrame(rows, columns=["measure", "all_participants", "after_exclusions"])


def _headline(results: Results) -> dict[str, float]:
    found = {"participants": float(len(results.cells.participants))}
    for row in results["anova"].itertuples():
        found |= {f"{row.effect}: F": row.F, f"{row.effect}: p (GG)": row.p_gg, f"{row.effect}: ges": row.ges}
    row = answer.headline(results)
    if row:
        name = f"{row['a']} - {row['b']}, new listeners and new music"
        found |= {
            name: row["estimate"],
            f"{name}: CI low": row["ci_low"],
            f"{name}: CI high": row["ci_high"],
            f"{name}: p": row["p"],
        }
    if results.compared:
        a, b = results.pair
        for row in results["primary"].itertuples():
            name = f"{a} - {b}, {row.descriptor}"
            found |= {
                name: row.diff,
                f"{name}: CI low": row.ci_low,
                f"{name}: CI high": row.ci_high,
                f"{name}: p": row.p,
            }
    return found


def draw_described(found: Described, figures: Figures) -> None:
    """Draw the figures that need no model."""
    shown = replace(found.ratings, main=found.ratings.main[["descriptor", "condition", "rating"]], extra=pd.DataFrame())
    figures.draw("means", found.cells, found["descriptives"], found.ratings.scale)
    figures.draw("distributions", shown)
    if "medians" in found.tables:
        figures.draw("medians", found["medians"], found.ratings.scale)
    if len(found["posthoc"]):
        figures.draw("forest", found["posthoc"])
    if found.cells.complete().sum() > 2 and found.cells.means[0].size > 1:
        figures.draw("assumptions", residuals(found.cells))


def draw_compared(results: Results, figures: Figures, stimuli: Stimuli | None) -> None:
    """Draw the figures of the compared conditions, clip by clip."""
    if not results.compared:
        return
    a, b = results.pair
    clips, contrasts = results["clip_differences"], results["main_model_contrasts"] if results.main else None
    figures.draw("clip_differences", clips, results["clip_heterogeneity"], contrasts, a, b)
    if stimuli is not None:
        figures.draw("eq_curves", stimuli, results["means_by_clip"], results.cells, a, b)
        figures.draw("adaptive", clips, a, b)
    if "adaptivity" in results.tables:
        ends_at = results["adaptivity"]["ends_at"].iloc[0]
        figures.draw("adaptivity", clips, results["adaptivity_curve"], ends_at, a, b)
