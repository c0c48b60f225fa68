"""Commands of the analysis group: `analyse` and `power`."""

from pathlib import Path
from typing import Annotated

import typer


def register(cli: typer.Typer) -> None:
    """Add this group's commands to ``cli``."""
    cli.command()(analyse)


def analyse(
    ratings: Annotated[
        Path | None,
        typer.Option(
            help="Table with participant, descriptor, clip, condition, rating; without it, the study's database."
        ),
    ] = None,
    database_url: Annotated[str, typer.Option(help="The study's database.")] = "sqlite:///data/study.sqlite",
    simulated: Annotated[bool, typer.Option("--simulated", help="Analyse the simulated participants.")] = False,
    scale: Annotated[tuple[float, float], typer.Option(help="Lowest and highest rating.")] = (1.0, 7.0),
    out: Annotated[Path, typer.Option(help="Folder for tables, figures and report.html.")] = Path("data/results"),
) -> None:
    """Turn ratings into tables, figures and a report."""
    from analysis.analyse import analyse as run
    from analysis.ratings import OPTIONAL, REQUIRED, from_table
    from analysis.reading import read_csv

    table = read_csv(ratings, (*REQUIRED, *OPTIONAL)) if ratings else _from_database(database_url)
    run(from_table(table, scale, True if simulated else None), out)
    typer.echo(f"The report is {out / 'report.html'}; the tables and figures are beside it.")


def _from_database(database_url: str):
    from study.database import connect
    from study.export import ratings

    return ratings(connect(database_url), simulated=None)
