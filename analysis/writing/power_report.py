"""The power plan as files: tables, a figure and a page that says what the study can detect."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from analysis.statistics.power import (
    Assumptions,
    detectable,
    detectable_in_new_music,
    planned,
    power,
    statement,
)
from analysis.statistics.table import Table
from analysis.writing import report
from analysis.writing.figure_style import style, write
from analysis.writing.figures import power_figure
from analysis.writing.folder import whole_folder
from analysis.writing.table_files import write_table

RECORD = (10, 12, 15)
RECORD_CLIPS = 10


def plan(
    assumptions: Assumptions,
    participants: Sequence[int],
    clips: Sequence[int],
    out: Path,
    simulations: int = 20_000,
    seed: int = 1,
    simulated: bool = False,
    smallest_effect: float | None = None,
    slope: float | None = None,
    advance: Callable[[], None] = lambda: None,
) -> list[str]:
    """Simulate, and write `power`, `detectable`, `detectable_new_music` and, where other tests are planned,
    `power_planned` as tables, `power` as a figure, and `power.html`; with `simulated` all of it says that the
    assumptions come from simulated participants.

    Parameters
    ----------
    smallest_effect, slope
        Of planned tests of equivalence and adaptivity, see `analysis.statistics.power.planned`.

    Returns
    -------
    list of str
        What 10 to 15 participants, the plan of record, can detect.
    """
    found = power(assumptions, participants, clips, simulations, seed, advance)
    smallest = detectable(assumptions, RECORD, RECORD_CLIPS)
    of_new_music = detectable_in_new_music(assumptions, RECORD, RECORD_CLIPS)
    other = partial(
        planned, assumptions, smallest_effect=smallest_effect, slope=slope, simulations=simulations, seed=seed
    )
    sentences = statement(assumptions, smallest, of_new_music, other(RECORD, [RECORD_CLIPS]))
    tables = [
        Table("power", "Power at 5% with 95% intervals; margins of error of the difference (95% CI, points).", found),
        Table("detectable_new_music", "Smallest difference found in 80% of studies, new listeners and new music.",
              of_new_music),
        Table("detectable", "Smallest difference found in 80% of studies, on the same clips.", smallest),
    ]  # fmt: skip
    if smallest_effect is not None or slope is not None:
        others = other(participants, clips)
        tables.append(Table("power_planned", "Power of planned tests, new listeners and new music.", others))
    with whole_folder(out) as folder:
        _write(tables, found, sentences, folder, simulated)
    return sentences


def _write(tables: list[Table], found: pd.DataFrame, sentences: list[str], out: Path, simulated: bool) -> None:
    for table in tables:
        write_table(table, out, simulated)
    with style():
        svg = write(power_figure(found), out, "power", simulated)
    sections = [
        report.section("Power and precision", report.figure(svg, "Power (shaded: 95% interval) and expected "
        "precision, new listeners and new music."),
                       *(report.table(table) for table in tables)),
        report.section("How to read it", report.paragraph(
            "power clips random: the main mixed model, whose answer holds for new listeners and new music; more "
            "participants cannot make up for few clips there. power: Student's t over participants, whose answer "
            "holds for the clips of the study. margin of error: half of the 95% CI, on average; margin of error 90: "
            "what nine of ten studies reach.")),
    ]  # fmt: skip
    page = report.page("Power plan", sentences, simulated, sections)
    (out / "power.html").write_text(page, encoding="utf-8")
