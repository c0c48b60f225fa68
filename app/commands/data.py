"""Commands for what the database holds: export and its proof, withdrawal, backup."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.commands.places import DATABASE_URL, DatabaseUrl, OldStudyNumber, StudyNumber


def register(cli: typer.Typer) -> None:
    """Add these commands to ``cli``."""
    for command in (export, verify_export, withdraw, backup):
        cli.command()(command)


def export(
    database_url: DatabaseUrl = DATABASE_URL,
    out: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("data/export"),
    simulated: Annotated[
        bool | None, typer.Option("--simulated/--real", help="Only simulated or only real participants; default: both.")
    ] = None,
    study_number: StudyNumber = None,
    study: OldStudyNumber = None,
    identifiers: Annotated[
        bool, typer.Option(help="Add the id parameters that participants came with: personal data.")
    ] = False,
) -> None:
    """Write the study's data: responses.csv, sessions.csv, Parquet, a data dictionary, receipts and bundle.zip."""
    from study.records.export import write
    from study.storage.database import opened

    with opened(database_url) as engine:
        rows = write(engine, out, simulated, study_number or study, identifiers=identifiers)
    typer.echo(f"{rows['responses']} responses of {rows['sessions']} sessions are in {out / 'responses.csv'}.")
    typer.echo(f"Seal: {rows['seal']}")


def verify_export(
    folder: Annotated[Path, typer.Argument(help="Folder that `export` wrote, or where its bundle.zip was unpacked.")],
    seal: Annotated[str | None, typer.Option(help="The seal that `export` printed, if it was noted.")] = None,
) -> None:
    """Prove from an export's files alone that nothing was lost, altered, added or moved since it was stored."""
    from study.records.verification import verify

    found = verify(folder, seal)
    counts = found["sessions"]
    typer.echo(f"{found['responses']} answers of {counts['exported']} sessions are as they were stored.")
    typer.echo(f"{counts['started']} were started, {counts['withdrawn']} withdrew, {counts['left_out']} left out.")
    typer.echo(f"Seal: {found['seal']}")


def withdraw(
    who: Annotated[str, typer.Argument(help="Session, participant (P0007), or the id that the participant came with.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    database_url: DatabaseUrl = DATABASE_URL,
) -> None:
    """Delete every row of one participant, after showing what there is and asking."""
    from study.recruitment import described
    from study.recruitment import withdraw as delete
    from study.storage.database import opened

    with opened(database_url) as engine:
        typer.echo("\n".join(described(engine, who)))
        if not yes:
            typer.confirm("Delete all of it, for good?", abort=True)
        typer.echo(f"Every row of session {delete(engine, who)} is deleted.")


def backup(
    out: Annotated[Path, typer.Argument(help="The new file.")],
    database_url: DatabaseUrl = DATABASE_URL,
) -> None:
    """Copy the SQLite database of a running study, consistent at one moment."""
    from study.storage.backup import backup as copy
    from study.storage.database import opened

    with opened(database_url) as engine:
        size = copy(engine, out)
    typer.echo(f"{out} holds {size / 1e6:.1f} MB; to restore it, serve with --database-url sqlite:///{out}.")
