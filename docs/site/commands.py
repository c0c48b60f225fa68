"""The page of every command and option, from the command line's own help."""

from collections.abc import Iterator
from typing import Any

import typer

Command = Any  # click's; typer brings a click of its own


INTRODUCTION = """# Commands

`semantic-eq COMMAND --help` says the same. Every command ends with 0 when it did what was asked, with 1 and one
sentence when it could not, and with 2 when the command line is wrong.
"""


def leaves(command: Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Command]]:
    """The commands that do something, with their full names."""
    subcommands = getattr(command, "commands", None)
    if subcommands is None:
        yield " ".join(path), command
        return
    for name, inner in subcommands.items():
        yield from leaves(inner, (*path, name))


def visible() -> dict[str, Command]:
    """Every command by name; those kept for old scripts only are hidden."""
    from app.cli import cli

    return {name: command for name, command in leaves(typer.main.get_command(cli)) if not command.hidden}


def options(command: Command) -> list[Any]:
    """A command's visible arguments and options."""
    return [p for p in command.params if "--help" not in p.opts and not getattr(p, "hidden", False)]


def page() -> str:
    """The Markdown page."""
    lines = [INTRODUCTION]
    for name, command in visible().items():
        lines += [f"## semantic-eq {name}", "", (command.help or "").strip(), ""]
        if found := options(command):
            lines += ["| option | is | default |", "| --- | --- | --- |", *map(_row, found), ""]
    return "\n".join(lines)


def _row(parameter: Any) -> str:
    names = [*parameter.opts, *parameter.secondary_opts]
    shown = ", ".join(f"`{name}`" for name in (names if names[0].startswith("-") else [parameter.name.upper()]))
    text = getattr(parameter, "help", "") or ""
    if envvar := getattr(parameter, "envvar", None):
        text += f" Environment: `{envvar}`."
    default = parameter.default
    if parameter.required:
        kept = "required"
    elif default is None or default == "" or callable(default) or repr(default).startswith("Sentinel"):
        kept = ""
    else:
        kept = f"`{getattr(default, 'value', default)}`"
    return f"| {shown} | {_cell(text)} | {kept} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
