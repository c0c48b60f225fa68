"""A study file made from a template, opened, fitted to a set, and saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from app.commands.places import SETS
from app.workbench.errors import refused, reports_errors
from stimuli.manifest import Manifest, write_whole
from study.design import editing, templates


@reports_errors
def begin_with(template: str, name: str | None) -> str:
    """A template's text, for the set that is chosen."""
    return _fitted(templates.template(template), name) if name else templates.template(template)


@reports_errors
def open_file(path: str) -> tuple[str | None, str, str, str, str]:
    """A file that was written by hand; one that lies in the working folder is saved in its place."""
    text, name = Path(path).read_text(encoding="utf-8"), Path(path).name
    editing.parse(text)
    same = Path(name).is_file() and Path(name).read_text(encoding="utf-8") == text
    return name if same else None, name, text, text, text


@reports_errors
def fitted_to(text: str, name: str | None) -> str:
    """The file for the set that is chosen: its name, its conditions, and those of the file's words that it has."""
    if not text or not name:
        raise refused("Start a study file, and choose a set in the tab Stimuli.")
    return _fitted(text, name)


def _fitted(text: str, name: str) -> str:
    manifest, document = Manifest.load(SETS / name), editing.parse(text)
    values: dict[str, Any] = {"stimuli": name, "conditions": manifest.conditions}
    for key, value in values.items():
        text = editing.set_value(text, (key,), value) if document.get(key) != value else text
    words = [each.get("name") for each in document.get("descriptors", [])]
    absent = [number for number, word in enumerate(words) if word not in manifest.descriptors]
    for number in reversed(absent if len(absent) < len(words) else []):
        text = editing.set_value(text, ("descriptors", number), None)
    return text


@reports_errors
def save_as(text: str, name: str, opened: str | None) -> tuple[str, str]:
    """Write the file; another one of its name is left as it is."""
    if not text.strip():
        raise refused("There is no study yet: start from a template, or open a file.")
    path = Path(name.strip() or "study.toml")
    path = path if path.suffix == ".toml" else path.with_name(f"{path.name}.toml")
    if path.exists() and str(path) != opened:
        raise refused(f"{path} already exists: choose another name, or open it first.")
    write_whole(path, text.encode())
    gr.Info(f"{path} is written.")
    return str(path), str(path)
