"""The `semantic-eq` command: its groups of commands and how a user's mistake is reported."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Annotated, TextIO

import typer
from rich.console import Console
from rich.markup import escape

from app.commands import (
    analysis,
    data,
    deploy,
    equalise,
    evaluation,
    package,
    power,
    serve,
    simulate,
    stimuli,
    study,
    training,
    watching,
    workbench,
)
from app.sentences import sentence

cli = typer.Typer(
    help="A listening study of a semantic equaliser: train, build stimuli, serve, analyse.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
for group in (
    stimuli,
    study,
    data,
    serve,
    watching,
    simulate,
    analysis,
    package,
    power,
    equalise,
    training,
    evaluation,
    workbench,
    deploy,
):
    group.register(cli)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"semantic-eq {version('semantic-eq')}")
        raise typer.Exit


@cli.callback()
def _semantic_eq(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    """Keep the commands' names even where only one is registered."""


def main() -> None:
    """Run the command; a user's mistake, or a disk's, is reported in one sentence (exit code 1).

    ``SEMANTIC_EQ_DEBUG=1`` shows the traceback instead.
    """
    warnings.showwarning = _notice
    try:
        cli()
    except Exception as error:
        said = sentence(error)
        if said is None or os.environ.get("SEMANTIC_EQ_DEBUG"):
            raise
        Console(stderr=True).print(f"[bold red]Error:[/] {escape(said)}", soft_wrap=True, highlight=False)
        sys.exit(1)


def _notice(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """One line for what will change; other warnings are the programmer's."""
    if issubclass(category, FutureWarning) and str(message).endswith("."):
        Console(stderr=True).print(f"[yellow]Note:[/] {escape(str(message))}", soft_wrap=True, highlight=False)
