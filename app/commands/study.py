"""Commands of the study group: the study file, and what the database holds."""

from pathlib import Path
from typing import Annotated

import typer

DATABASE_URL = "sqlite:///data/study.sqlite"
DatabaseUrl = Annotated[
    str, typer.Option(envvar="SEMANTIC_EQ_DATABASE_URL", help="SQLite file or PostgreSQL server of the study.")
]


def register(cli: typer.Typer) -> None:
    """Add this group's commands to ``cli``."""
    cli.command()(export)


def export(
    database_url: DatabaseUrl = DATABASE_URL,
    out: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("export"),
    simulated: Annotated[
        bool | None, typer.Option("--simulated/--real", help="Only simulated or only real participants; both without.")
    ] = None,
    study: Annotated[int | None, typer.Option(help="Number of the study; the one begun last without.")] = None,
    identifiers: Annotated[
        bool, typer.Option(help="Add the id parameters that participants came with: personal data.")
    ] = False,
) -> None:
    """Write the study's data: responses.csv, sessions.csv, Parquet, a data dictionary and bundle.zip."""
    from study.database import connect
    from study.export import write

    engine = connect(database_url)
    rows = write(engine, out, simulated, study, identifiers=identifiers)
    engine.dispose()
    typer.echo(f"{rows['responses']} responses of {rows['sessions']} sessions are in {out / 'responses.csv'}.")
