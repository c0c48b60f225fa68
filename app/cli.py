"""The `semantic-eq` command: its groups of commands and how a user's mistake is told."""

import os
import sys

import typer
from rich.console import Console

from app.commands import analysis, model, serve, simulate, stimuli, study, watching

cli = typer.Typer(
    help="A listening study of a semantic equaliser: train, build stimuli, serve, analyse.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
for group in (stimuli, study, serve, watching, simulate, analysis, model):
    group.register(cli)


@cli.callback()
def _semantic_eq() -> None:
    """Keep the commands' names even where only one is registered."""


def main() -> None:
    """Run the command; a ValueError or OSError is a user's mistake and told in one sentence (exit code 1).

    ``SEMANTIC_EQ_DEBUG=1`` shows the traceback instead.
    """
    try:
        cli()
    except (ValueError, OSError) as error:
        if os.environ.get("SEMANTIC_EQ_DEBUG"):
            raise
        Console(stderr=True).print(f"[bold red]Error:[/] {_sentence(error)}", soft_wrap=True, highlight=False)
        sys.exit(1)


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.strerror}: {error.filename}."
    return str(error)
