"""The command `power`: how many participants and clips a study needs."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from app.commands.analysis import one_thread


def register(cli: typer.Typer) -> None:
    """Add the command to ``cli``."""
    cli.command()(power)


def power(
    participants: Annotated[str, typer.Option(help="Numbers of participants, separated by commas.")] = (
        "8,10,12,15,20,25,30,40"
    ),
    clips: Annotated[str, typer.Option(help="Numbers of clips, separated by commas.")] = "5,10,20",
    effect: Annotated[float | None, typer.Option(help="Mean difference, points; default: 0.5, or the pilot's.")] = None,
    sd_participant: Annotated[
        float | None, typer.Option(help="Its SD over participants; default: 0.6, or the pilot's.")
    ] = None,
    sd_clip: Annotated[float | None, typer.Option(help="Its SD over clips; default: 0.4, or the pilot's.")] = None,
    sd_residual: Annotated[
        float | None, typer.Option(help="Its SD for one pair of ratings; default: 1.5, or the pilot's.")
    ] = None,
    pilot: Annotated[Path | None, typer.Option(help="Ratings to estimate these from.")] = None,
    compare: Annotated[tuple[str, str] | None, typer.Option(help="Conditions A B that differ, in the pilot.")] = None,
    scale: Annotated[tuple[float, float] | None, typer.Option(help="Lowest and highest rating of the pilot.")] = None,
    smallest_effect: Annotated[
        float | None, typer.Option(help="Margin of a planned test of equivalence, points.")
    ] = None,
    adaptivity: Annotated[
        float | None, typer.Option(help="Planned test of adaptivity: points over one SD of clips' scores.")
    ] = None,
    simulations: Annotated[int, typer.Option(help="Simulated studies per size.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Seed of the simulation.")] = 1,
    out: Annotated[Path, typer.Option(help="Folder for tables, figure and power.html.")] = Path("data/power"),
) -> None:
    """Simulate studies of several sizes: their power, their precision, and what 10 to 15 participants can detect."""
    one_thread()
    from dataclasses import replace
    from functools import partial

    from analysis.data.ratings import from_table
    from analysis.data.reading import read_csv
    from analysis.statistics.power import Assumptions
    from analysis.statistics.power import pilot as estimate
    from analysis.statistics.results import compared_conditions
    from analysis.writing.power_report import plan

    assumptions, of_simulated = Assumptions(), False
    if pilot:
        checked = from_table(read_csv(pilot), scale or (1.0, 7.0))
        of_simulated = checked.simulated
        pair = compared_conditions(checked.levels("condition"), compare)
        if pair is None:
            raise ValueError(f"{pilot} has one condition only; power needs the difference between two.")
        assumptions = estimate(checked, *pair)
    given = {"effect": effect, "sd_participant": sd_participant, "sd_clip": sd_clip, "sd_residual": sd_residual}
    stated: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    assumptions = replace(assumptions, **stated)
    people, excerpts = _integers(participants, "--participants"), _integers(clips, "--clips")
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("simulating", total=len(people) * len(excerpts))
        sentences = plan(
            assumptions,
            people,
            excerpts,
            out,
            simulations,
            seed,
            of_simulated,
            smallest_effect,
            adaptivity,
            partial(progress.advance, task),
        )
    sentences = [*(["SIMULATED participants gave the pilot's ratings."] if of_simulated else []), *sentences]
    typer.echo("\n".join([*sentences, f"The plan is {out / 'power.html'}; tables and the figure are beside it."]))


def _integers(text: str, option: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise ValueError(
            f"{option} is {text!r}; whole numbers separated by commas are expected, such as 10,12,15."
        ) from None
