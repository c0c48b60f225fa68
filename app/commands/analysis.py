"""The command `analyse`: from a database, an export or tables of other programs to tables, figures and a report."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from app.commands.places import DATABASE_URL, DatabaseUrl, OldStudyNumber, StudyNumber
from app.commands.tables import Tables, beside, from_database, from_folder, of_made
from app.publishing.layout import places

if TYPE_CHECKING:
    import pandas as pd

    from analysis.data.screening import Rules
    from app.commands.paradigms import Done


class Source(StrEnum):
    """Programs whose result files can be read."""

    WEBMUSHRA = "webmushra"


def register(cli: typer.Typer) -> None:
    """Add the command to ``cli``."""
    cli.command()(analyse)


def analyse(
    files: Annotated[
        list[Path] | None, typer.Argument(help="An exported folder; or result files of another program, with --from.")
    ] = None,
    ratings: Annotated[
        Path | None,
        typer.Option(help="Table with participant, descriptor, clip, condition, rating; without it, the database."),
    ] = None,
    pairs: Annotated[
        Path | None,
        typer.Option(help="Table with participant, descriptor, clip, a, b, choice (a's or b's name, same)."),
    ] = None,
    abx: Annotated[Path | None, typer.Option(help="Table with participant, a, b, correct.")] = None,
    question: Annotated[
        str | None, typer.Option(help="Analyse one question only, of those in the table's column question.")
    ] = None,
    source: Annotated[Source | None, typer.Option("--from", help="Program that wrote the files.")] = None,
    database_url: DatabaseUrl = DATABASE_URL,
    study_number: StudyNumber = None,
    study: OldStudyNumber = None,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="Analyse the simulated participants, not the real ones.")
    ] = False,
    scale: Annotated[
        tuple[float, float] | None, typer.Option(help="Lowest and highest rating; default: 1 7, for MUSHRA 0 100.")
    ] = None,
    compare: Annotated[
        tuple[str, str] | None, typer.Option(help="Conditions A B of the main question; default: semantic static.")
    ] = None,
    conditions: Annotated[str | None, typer.Option(help="Order of the conditions, separated by commas.")] = None,
    descriptors: Annotated[str | None, typer.Option(help="Order of the descriptors, separated by commas.")] = None,
    stimuli: Annotated[
        Path | None, typer.Option(help="Stimulus set (folder or manifest.csv), for EQ curves beside ratings.")
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(
            help="Study file whose [screening] says who is left out; without it, a table's ratings all count."
        ),
    ] = None,
    words: Annotated[
        str | None, typer.Option(help="Words of webMUSHRA's Likert scale, lowest first, separated by commas.")
    ] = None,
    smallest_effect: Annotated[
        float | None,
        typer.Option(help="Smallest effect of interest, points: tests equivalence; the study file's by default."),
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="Hidden reference of a MUSHRA test: post-screening by ITU-R BS.1534-3.")
    ] = None,
    mid_anchor: Annotated[
        str | None, typer.Option(help="Mid-range anchor (7 kHz) of a MUSHRA test, for its post-screening.")
    ] = None,
    preregistration: Annotated[
        Path | None,
        typer.Option(
            help="Folder of `study preregister`, from which every deviation is reported; default: the study file's."
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for tables, figures and report.html.")] = Path("data/results"),
) -> None:
    """Turn ratings, paired comparisons and ABX trials into tables, figures, paragraphs and a report.

    Simulated and real participants are never analysed together; where there are only simulated ones, everything
    written says SIMULATED.
    """
    one_thread()
    from analysis.writing import drawing

    artist = drawing.Process()  # imports what it needs while this process does
    from dataclasses import replace

    from analysis.analyse import Settings
    from analysis.data.post_screening import Anchored
    from analysis.data.reading import read_csv
    from analysis.data.stimuli import Stimuli
    from app.commands import paradigms
    from app.commands.registered import deviations_text, held_against
    from app.study_settings import response_db

    gc.freeze()  # what was imported stays: it need not be looked through for garbage again and again
    settings = Settings(compared=compare)
    with artist, Progress(console=Console(stderr=True), transient=True) as progress:
        wanted = {
            "condition": _labels(conditions, "--conditions"),
            "descriptor": _labels(descriptors, "--descriptors"),
        }
        task = progress.add_task("reading", total=None)
        options = {"ratings": ratings, "pairs": pairs, "abx": abx}
        tables = Tables(settings, wanted, wanted, scale=scale, simulated=True if simulated else None)
        if files and not source and len(files) == 1 and files[0].is_dir():
            tables = from_folder(files[0], tables)
        elif files or any(options.values()):
            tables = _from_files(files or [], options, source, tables, _labels(words, "--words"))
        else:
            tables = from_database(database_url, study_number or study, tables)
        settings = tables.settings
        if rules:
            settings = replace(settings, rules=_rules(rules))
        if smallest_effect is not None:
            settings = replace(settings, smallest_effect=smallest_effect)
        if stimuli:
            table_of_stimuli = read_csv(stimuli / "manifest.csv" if stimuli.is_dir() else stimuli)
            settings = replace(settings, stimuli=Stimuli.of(table_of_stimuli, response_db))
        if reference or mid_anchor:
            settings = replace(settings, anchored=Anchored(reference, mid_anchor))
        given: dict[str, object] = {"--question": question, "--simulated": simulated, "--from": source}
        given |= {"--scale": scale}
        given |= {"--conditions": conditions, "--descriptors": descriptors, "--stimuli": stimuli, "--rules": rules}
        given |= {"--words": words, "--reference": reference, "--mid-anchor": mid_anchor}
        tables = replace(tables, settings=settings, chosen=question)
        tables = held_against(tables, preregistration, {name: value for name, value in given.items() if value})
        done = paradigms.analyse_all(tables, out, lambda step: progress.update(task, description=step), artist)
    typer.echo("\n".join([*paradigms.summary(done), *deviations_text(done[0].deviations)]))


def analyse_study(
    database_url: str, out: Path, step: Callable[[str], None], study_number: int | None = None, simulated: bool = False
) -> list[Done]:
    """Analyse what a study's database holds, by the rules that the study states.

    Parameters
    ----------
    database_url
        Of the study.
    out
        Folder for tables, figures and report.html.
    step
        Called with the name of each step as it begins.
    study_number
        Of the study in the database; the latest without one.
    simulated
        The simulated participants, where there are real ones too.

    Raises
    ------
    ValueError
        When there are no ratings, or what there is cannot be analysed; in one sentence.
    """
    one_thread()
    from analysis.analyse import Settings
    from app.commands import paradigms
    from app.commands.registered import held_against

    unordered: dict[str, list[str] | None] = {"condition": None, "descriptor": None}
    tables = Tables(Settings(), unordered, unordered, simulated=True if simulated else None)
    tables = held_against(from_database(database_url, study_number, tables), None, {})
    return paradigms.analyse_all(tables, out, step)


def analyse_made(
    made: Mapping[str, pd.DataFrame],
    definition: dict[str, Any],
    manifest: dict[str, Any],
    out: Path,
    step: Callable[[str], None],
    simulated: bool | None,
) -> list[Done]:
    """Analyse a study's tables by the rules that it states; see `analyse_study`.

    Parameters
    ----------
    made
        Tables by their names in an export.
    definition, manifest
        Of the study, as JSON has them.
    """
    one_thread()
    from analysis.analyse import Settings
    from app.commands import paradigms
    from app.commands.registered import held_against

    unordered: dict[str, list[str] | None] = {"condition": None, "descriptor": None}
    tables = Tables(Settings(), unordered, unordered, simulated=simulated)
    tables = held_against(of_made(made, definition, manifest, tables, "The package"), None, {})
    return paradigms.analyse_all(tables, out, step)


def one_thread() -> None:
    """Small matrices are slower in several threads, and sums in one order give the same bytes each time."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def _labels(text: str | None, option: str) -> list[str] | None:
    """Split an order of labels, each named once."""
    if not text:
        return None
    labels = [part.strip() for part in text.split(",") if part.strip()]
    for name in labels:
        if labels.count(name) > 1:
            raise ValueError(f"{option} names {name!r} more than once.")
    return labels


def _from_files(
    files: list[Path],
    options: dict[str, Path | None],
    source: Source | None,
    tables: Tables,
    words: list[str] | None,
) -> Tables:
    """Read the tables that were named, and what lies beside an exported one."""
    from dataclasses import replace

    from analysis.data.reading import read_csv
    from analysis.data.webmushra import read_webmushra

    if source is Source.WEBMUSHRA:
        table, scale = read_webmushra([*files, *([options["ratings"]] if options["ratings"] else [])], words)
        return replace(tables, ratings=table, scale=tables.scale or scale, asked="test")
    if len(files) > 1 or (files and options["ratings"]):
        raise ValueError(
            f"{len(files) + bool(options['ratings'])} files were given; one table is read with --ratings, several only "
            "with --from."
        )
    named = options | ({"ratings": files[0]} if files else {})
    found = {name: path for name, path in named.items() if path}
    tables = replace(tables, **{name: read_csv(path) for name, path in found.items()})
    return beside(places(next(iter(found.values())).parent), tables)


def _rules(path: Path) -> Rules:
    """Take the screening rules of a study file (TOML, or JSON as an export holds it)."""
    from analysis.data.screening import Rules
    from study.design import files

    table = files.read(path)
    if not isinstance(table, dict) or not isinstance(table.get("screening"), dict):
        raise ValueError(
            f"{path} has no section [screening]; `semantic-eq study new` writes a study file that has one."
        )
    return Rules.of(table["screening"])
