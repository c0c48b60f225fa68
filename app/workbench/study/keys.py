"""The form of the study tab: a control for each key, and what is typed into it put into the text."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast, get_args

import gradio as gr
from gradio.components import Component

from app.workbench.errors import reports_errors
from study.design import editing, form, grids

# Changes of the text come one after another, each to what the one before it left, however fast somebody types.
EDIT: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "concurrency_limit": 1,
    "concurrency_id": "study file",
    "trigger_mode": "multiple",
}
NOTHING_KEPT: dict[str, Any] = {"preserved_by_key": []}
GRIDS = get_args(grids.Grid)


def repeated(function: Callable[..., str], times: int) -> Callable[..., tuple[str, ...]]:
    """A callback whose text goes to several places."""

    def said(*arguments: Any) -> tuple[str, ...]:
        return (function(*arguments),) * times

    return said


def languages_of(text: str) -> list[str]:
    """The languages that the study names, for which its texts have a box each."""
    found = editing.parse(text).get("languages") or ["en"]
    return [str(language) for language in found] if isinstance(found, list) else ["en"]


def draw(key: form.Key, languages: list[str], text: list[Component]) -> None:
    """The control of one key; what is typed goes into the text."""
    limits = f"({key.limits})" if key.limits and "matches" not in key.limits else ""
    info = " ".join(filter(None, [key.help, limits, _default(key)]))
    # A key of its own for each: else Gradio takes the control that stood at its place before for the same.
    own = ".".join(map(str, key.path))
    common: dict[str, Any] = {"label": key.name, "info": info, "interactive": True, "key": own} | NOTHING_KEPT
    if key.kind == "text":
        _draw_text(key, languages, text, common)
    elif key.kind in GRIDS:
        _draw_grid(key, languages, text, common)
    else:
        value = key.default if key.value is None else key.value
        box = _control(key, value, common)
        event = box.blur if isinstance(box, gr.Textbox | gr.Number) else box.input
        event(repeated(partial(set_key, key), 2), [text[0], box], text, **EDIT)


def _draw_text(key: form.Key, languages: list[str], text: list[Component], common: dict[str, Any]) -> None:
    """A box for each language."""
    with gr.Row():
        for language in languages:
            there = key.value.get(language, "") if isinstance(key.value, dict) else (key.value or "")
            is_own = isinstance(key.value, dict) or language == languages[0]
            look = {
                "label": f"{key.name} ({language})",
                "max_lines": 12,
                "min_width": 220,
                "key": f"{common['key']} {language}",
            }
            box = gr.Textbox(there if is_own else "", **(common | look))
            box.blur(repeated(partial(set_text, key.path, language), 2), [text[0], box], text, **EDIT)


def _draw_grid(key: form.Key, languages: list[str], text: list[Component], common: dict[str, Any]) -> None:
    """A small table whose rows can be changed, added and deleted."""
    kind, info = cast(grids.Grid, key.kind), common.pop("info")
    headers = grids.headers(kind, languages)
    cells = [*grids.rows(kind, key.value, languages), [""] * len(headers)]  # the last one is for what is added
    widths: list[str | int] = [f"{100 // len(headers)}%"] * len(headers)
    gr.Markdown(f"{key.name}: {info}", key=f"{common['key']} help", **NOTHING_KEPT)
    table = gr.Dataframe(
        cells,
        headers=headers,
        type="array",
        datatype="str",
        column_count=len(headers),
        column_widths=widths,
        wrap=True,
        **common,
    )
    table.input(repeated(partial(set_grid, key, languages), 2), [text[0], table], text, **EDIT)


def _control(key: form.Key, value: Any, common: dict[str, Any]) -> Any:
    if key.kind == "yes":
        return gr.Checkbox(bool(value), **common)
    if key.kind == "choice":
        return gr.Dropdown(list(key.choices), value=value, **common)
    if key.kind in ("whole", "number"):
        return gr.Number(value, precision=0 if key.kind == "whole" else None, **common)
    if key.kind in ("names", "numbers"):
        return gr.Textbox(", ".join(map(str, value or [])), placeholder="separated by commas", **common)
    return gr.Textbox(editing.written(value) if key.kind == "toml" else (value or ""), max_lines=12, **common)


def _default(key: form.Key) -> str:
    if key.required:
        return "Required."
    return f"Default: {'none' if key.default in (None, '', [], {}) else editing.written(key.default)}."


@reports_errors
def set_key(key: form.Key, text: str, value: Any) -> str:
    """Put what was typed into the text; nothing, or the default where the file had nothing, leaves the key out."""
    there, kept = editing.at(editing.parse(text), key.path), value
    if key.kind in ("names", "numbers"):
        items = [each.strip() for each in value.split(",") if each.strip()]
        kept = (items if key.kind == "names" else [editing.value_of(each) for each in items]) or None
    elif key.kind == "toml":
        kept = editing.value_of(value)
    elif key.kind == "whole" and value is not None:
        kept = int(value)
    elif value == "":
        kept = None
    if key.value is None and kept == key.default:
        kept = None
    return text if there in (kept, value) else editing.set_value(text, key.path, kept)


@reports_errors
def set_text(path: form.Path, language: str, text: str, words: str) -> str:
    """Put a text in one language into the file."""
    there = editing.at(editing.parse(text), path)
    own = there.get(language) if isinstance(there, dict) else there
    return text if (own or "").strip() == words.strip() else editing.set_text(text, path, language, words)


@reports_errors
def set_grid(key: form.Key, languages: list[str], text: str, cells: list[list[Any]]) -> str:
    """Put the rows of a table into the text."""
    there = editing.at(editing.parse(text), key.path)
    kept = grids.value(cast(grids.Grid, key.kind), cells, languages)
    return text if (there or None) == kept else editing.set_value(text, key.path, kept)
