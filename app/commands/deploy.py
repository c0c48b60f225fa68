"""The command `deploy check`: a running server looked at from outside."""

from __future__ import annotations

from typing import Annotated

import typer


def register(cli: typer.Typer) -> None:
    """Add this group's command to ``cli``."""
    group = typer.Typer(help="A study on the internet.", no_args_is_help=True)
    group.command()(check)
    cli.add_typer(group, name="deploy")


def check(
    url: Annotated[str, typer.Argument(help="Where participants reach the study: https://study.example.org.")],
    simulated: Annotated[
        bool, typer.Option("--simulated", help="Take the first steps of a simulated session too, and withdraw it.")
    ] = False,
    http_port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port on which plain HTTP should redirect to TLS.")
    ] = 80,
) -> None:
    """Look at a running server from outside: TLS, headers, limits, readiness, replicas, clock, blindness.

    Each line is right (✓), wrong (✗) or not checked (–); exit code 1 where one is wrong. It sends some ninety small
    requests, none of which changes anything.
    """
    from rich.console import Console
    from rich.markup import escape

    from app.deployment.check import check as checks
    from app.deployment.found import Outcome

    colours = {Outcome.GOOD: "green", Outcome.BAD: "bold red", Outcome.OPEN: "dim"}
    console, wrong = Console(highlight=False, soft_wrap=True), 0
    for found in checks(url, simulated, http_port):
        mark = f"[{colours[found.outcome]}]{found.outcome.value}[/]"
        console.print(f"{mark} {found.what:<17} {escape(found.sentence)}")
        wrong += found.outcome is Outcome.BAD
    if wrong:
        raise typer.Exit(1)
