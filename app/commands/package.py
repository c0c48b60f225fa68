"""The command `package`: a study as a folder and a zip file that may be published."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from app.commands.places import DATABASE_URL, DatabaseUrl, Set, Simulated, StudyNumber, set_folder


def register(cli: typer.Typer) -> None:
    """Add the command to ``cli``."""
    cli.command()(package)


def package(
    out: Annotated[Path, typer.Option(help="New folder; FOLDER.zip is made beside it.")] = Path("data/package"),
    database_url: DatabaseUrl = DATABASE_URL,
    study_number: StudyNumber = None,
    simulated: Simulated = False,
    author: Annotated[list[str] | None, typer.Option(help="An author to cite; may be repeated.")] = None,
    licence: Annotated[str | None, typer.Option(help="Licence of the data, such as CC-BY-4.0.")] = None,
    audio: Annotated[
        str | None, typer.Option(metavar="LICENCE", help="Add the set's audio, under this licence.")
    ] = None,
    stimuli_set: Set = None,
    results: Annotated[
        Path | None, typer.Option(help="Use this analysis of the package instead of making one.")
    ] = None,
    analyse: Annotated[bool, typer.Option("--analyse/--no-analyse", help="Analyse the data.")] = True,
    free_text: Annotated[
        bool, typer.Option("--free-text", help="Include what participants wrote in their own words; read it first.")
    ] = False,
    leave_out: Annotated[list[str] | None, typer.Option(help="Column to leave out; may be repeated.")] = None,
) -> None:
    """Package a study for publication: de-identified data, dictionary, study file, set, results.

    The layout is Psych-DS; FOLDER.zip is ready for OSF or Zenodo.
    """
    from app.publishing import package as packages
    from app.publishing.pages import Citing
    from study.storage.database import opened

    if audio is not None and not audio.strip():
        raise ValueError("--audio names no licence; the audio can be published only where its licence is stated.")
    wanted = packages.Wanted(
        study_number=study_number,
        simulated=simulated,
        free_text=free_text,
        without=leave_out or (),
        analyse=analyse,
        results=results,
        stimuli=set_folder(stimuli_set) if stimuli_set else None,
        citing=Citing(tuple(author or ()), licence, audio),
    )
    with opened(database_url) as engine, Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading", total=None)
        made = packages.package(engine, out, wanted, lambda step: progress.update(task, description=step))
    typer.echo("\n".join(packages.summary(made)))
