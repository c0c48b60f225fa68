"""Commands of the watching group: what the admin page shows, on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from app.commands.places import DATABASE_URL, DatabaseUrl, Simulated

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine


T = TypeVar("T")


def register(cli: typer.Typer) -> None:
    """Add this group's commands to ``cli``."""
    cli.command()(quality)
    cli.command("interim-means")(interim_means)
    cli.command("peek", hidden=True)(interim_means)  # its name up to 0.1


def quality(database_url: DatabaseUrl = DATABASE_URL, simulated: Simulated = False) -> None:
    """Show how each participant answers: checks, headphones, response times, straight-lining."""
    from rich.console import Console
    from rich.table import Table

    from app.admin import watching

    table = Table("participant", "state", "rated", "checks", "headphones", "median s", "modal", "lost focus", box=None)
    for row in _of(database_url, lambda engine: watching.quality(engine, simulated)):
        headphones = {True: "passed", False: "failed", None: "-"}[row["headphones_passed"]]
        seconds = "-" if row["rt_ms"] is None else f"{row['rt_ms'] / 1000:.1f}"
        same = "-" if row["same"] is None else f"{row['same']:.0%}"
        checks = f"{row['checks_passed']} of {row['checks']}"
        lost = str(row.get("focus_losses") or 0)
        table.add_row(row["participant"], row["state"], str(row["rated"]), checks, headphones, seconds, same, lost)
    Console().print(table)


def interim_means(
    database_url: DatabaseUrl = DATABASE_URL,
    simulated: Simulated = False,
    yes: Annotated[bool, typer.Option(help="I know that looking early makes false positives likelier.")] = False,
) -> None:
    """Show mean ratings per condition while the study runs, after a warning."""
    from rich.console import Console
    from rich.table import Table

    from app.admin import interim

    if not yes:
        typer.echo(interim.INTERIM_WARNING)
        typer.confirm("Show them anyway?", abort=True)
    table = Table("descriptor", "condition", "n", "mean", "95 % CI", box=None)
    cells, _ = _of(database_url, lambda engine: interim.ratings_so_far(engine, simulated))
    for row in cells:
        mean, low, high = (_number(row[name]) for name in ("mean", "ci_low", "ci_high"))
        table.add_row(row["descriptor"], row["condition"], str(row["n"]), mean, f"{low} to {high}")
    Console().print(table)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _of(database_url: str, read: Callable[[Engine], T]) -> T:
    from study.storage.database import opened

    with opened(database_url) as engine:
        return read(engine)
