"""The parts of a study file: which there are, which are left out, and what can be done with the chosen one."""

from __future__ import annotations

from typing import Any

import gradio as gr

from app.workbench.errors import refused, reports_errors
from study.design import editing, form

TOP = "the study"
LEFT_OUT = "left out"
NO_STUDY = "There is no study yet."


@reports_errors
def parts_of(text: str, chosen: str | None) -> Any:
    """The list of parts, and what can be done with the chosen one."""
    if not text:
        return gr.Dropdown([TOP], value=TOP), NO_STUDY, *(gr.Button(visible=False) for _ in range(3))
    tables = form.tables(editing.parse(text))
    names = [table.title if table.is_there else f"{table.title} ({LEFT_OUT})" for table in tables]
    kept = chosen if chosen in names else _nearest(names, chosen)
    table = tables[names.index(kept)]
    can = (table.is_entry and table.is_there, table.optional and table.is_there, not table.is_there)
    about = table.help if table.is_there else f"{table.help} *It is left out.*"
    return gr.Dropdown(names, value=kept), about, *(gr.Button(visible=each) for each in can)


def _nearest(names: list[str], chosen: str | None) -> str:
    """The part that a former choice has become: taken in, left out, or another entry of its list."""
    bare = (chosen or TOP).removesuffix(f" ({LEFT_OUT})")
    first = bare.split(" ")[0]
    return next((n for n in names if n.split(" (")[0] == bare), next((n for n in names if n.startswith(first)), TOP))


def table_of(text: str, chosen: str | None) -> form.Table | None:
    """The table of a part."""
    if not text or not chosen:
        return None
    bare = chosen.removesuffix(f" ({LEFT_OUT})")
    return next((table for table in form.tables(editing.parse(text)) if table.title == bare), None)


def _chosen(text: str, chosen: str | None) -> form.Table:
    table = table_of(text, chosen)
    if table is None:
        raise refused("Choose a part of the study file first.")
    return table


@reports_errors
def add_entry(text: str, chosen: str | None) -> str:
    """Add an entry like the last one of the chosen list."""
    table = _chosen(text, chosen)
    named = next((key.name for key in table.keys if key.name in ("name", "id")), None)
    return editing.add_entry(text, table.path[:-1], named)


@reports_errors
def leave_out(text: str, chosen: str | None) -> str:
    """Take the chosen table out of the file."""
    return editing.set_value(text, _chosen(text, chosen).path, None)


@reports_errors
def take_in_part(text: str, chosen: str | None) -> str:
    """Take a table that is left out into the file, as the shipped study has it."""
    table = _chosen(text, chosen)
    if table.is_entry:
        return editing.add_first(text, table.path)
    path = table.path
    return editing.add_table(text, str(path[0])) if len(path) == 1 else editing.set_value(text, path, {})
