"""Commands of the analysis group."""

import typer


def register(cli: typer.Typer) -> None:
    """Add this group's commands to ``cli``."""
