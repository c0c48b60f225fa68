"""The tab that writes the study file: a form made from the definition's own keys beside the text, checked at once.

The text is the truth: the form changes single values in it, so that comments stay, and follows what is typed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component

from app.commands.places import SETS, set_folder
from app.commands.study import explained
from app.workbench import shown
from app.workbench.places import new_folder
from app.workbench.servers import Server, free_port
from app.workbench.telling import refused, telling
from stimuli.manifest import Manifest
from study.design import definition, editing, form, frozen, templates

INTRODUCTION = """### Write the study file
Choose a way of asking or open a file, change what it says, and read what it means. What you change here changes only
that value: comments stay, and so does all that you write by hand."""
TOP = "the study"
PREVIEW: list[Server] = []
WIDTHS = {"desktop": "100%", "phone": "390px"}
LEFT_OUT = "left out"
# Changes of the text come one after another, each to what the one before it left, however fast somebody types.
EDIT: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "concurrency_limit": 1,
    "concurrency_id": "study file",
    "trigger_mode": "multiple",
}
NOTHING_KEPT: dict[str, Any] = {"preserved_by_key": []}


def fill(sets: gr.Dropdown) -> gr.Textbox:
    """Draw the tab; gives the name of the file, which other tabs follow."""
    gr.Markdown(INTRODUCTION)
    truth, shape, opened = gr.State(""), gr.State(""), gr.State(None)
    with gr.Row(equal_height=True):
        template = gr.Dropdown(templates.NAMES, value="rating", label="Way of asking, where a new file begins", scale=2)
        begin = gr.Button("Begin with it")
        given = gr.UploadButton("Open a file …", file_types=[".toml"])
        fit = gr.Button("Fit it to the set chosen in Stimuli")
    with gr.Row():
        with gr.Column(min_width=320, scale=3):
            part = gr.Dropdown([TOP], value=TOP, label="Part of the study file")
            with gr.Row():
                add = gr.Button("Add another like it", size="sm", visible=False)
                remove = gr.Button("Leave it out", size="sm", visible=False)
                take_in = gr.Button("Take it in", size="sm", visible=False)
            about = gr.Markdown("There is no study yet.")
            area = gr.Column()
        with gr.Column(min_width=320, scale=3):
            with gr.Tab("What it means"):
                meaning = gr.Markdown("There is no study yet.", container=True)
            with gr.Tab("Text of the file"):
                code = gr.Code(language=None, label="study.toml", lines=20, max_lines=34, interactive=True)
            with gr.Tab("Preview"):
                with gr.Row():
                    width = gr.Radio(list(WIDTHS), value="desktop", show_label=False, container=False)
                    look, end = gr.Button("Show as a participant sees it", size="sm"), gr.Button("End", size="sm")
                page = gr.HTML("", min_height=60)
            with gr.Row():
                name = gr.Textbox("study.toml", label="File", scale=3)
                save = gr.Button("Save", variant="primary", scale=1)

    with area:

        @gr.render(inputs=[shape, part], triggers=[shape.change, part.change])  # type: ignore[untyped-decorator]
        def keys(text: str, chosen: str | None) -> None:
            table = _table(text, chosen)
            for key in table.keys if table else ():
                _draw(key, _languages(text), [truth, code])

    private: dict[str, Any] = {"api_visibility": "private"}
    read = {"fn": parts_of, "inputs": [shape, part], "outputs": [part, about, add, remove, take_in], **private}
    everywhere = [truth, code, shape]
    begin.click(repeated(begin_with, 3), [template, sets], everywhere, **EDIT).success(
        lambda: None, None, opened, **private
    )
    given.upload(open_file, given, [opened, name, *everywhere], **EDIT)
    shape.change(**read)
    part.input(**read)
    code.input(lambda text: text, code, truth, **EDIT)
    code.blur(lambda text: text, code, shape, **private)
    code.change(meaning_of, code, meaning, show_progress="hidden", trigger_mode="always_last", **private)
    for button, function in ((add, add_entry), (remove, leave_out), (take_in, take_in_part)):
        button.click(repeated(function, 3), [truth, part], everywhere, **EDIT)
    fit.click(repeated(fitted_to, 3), [truth, sets], everywhere, **EDIT)
    save.click(save_as, [truth, name, opened], [opened, name], **private)
    look.click(preview, [truth, width], page, **private)
    end.click(end_preview, None, page, **private)
    return name


def repeated(function: Callable[..., str], times: int) -> Callable[..., tuple[str, ...]]:
    """A callback whose text goes to several places."""

    def said(*arguments: Any) -> tuple[str, ...]:
        return (function(*arguments),) * times

    return said


def _languages(text: str) -> list[str]:
    """The languages that the study names, for which its texts have a box each."""
    found = editing.parse(text).get("languages") or ["en"]
    return [str(language) for language in found] if isinstance(found, list) else ["en"]


def _draw(key: form.Key, languages: list[str], text: list[Component]) -> None:
    """The control of one key; what is typed goes into the text."""
    limits = f"({key.limits})" if key.limits and "matches" not in key.limits else ""
    info = " ".join(filter(None, [key.help, limits, _default(key)]))
    # A key of its own for each: else Gradio takes the control that stood at its place before for the same.
    own = ".".join(map(str, key.path))
    common: dict[str, Any] = {"label": key.name, "info": info, "interactive": True, "key": own} | NOTHING_KEPT
    if key.kind == "text":
        with gr.Row():
            for language in languages:
                there = key.value.get(language, "") if isinstance(key.value, dict) else (key.value or "")
                is_own = isinstance(key.value, dict) or language == languages[0]
                look = {
                    "label": f"{key.name} ({language})",
                    "max_lines": 12,
                    "min_width": 220,
                    "key": f"{own} {language}",
                }
                box = gr.Textbox(there if is_own else "", **(common | look))
                box.blur(repeated(partial(set_text, key.path, language), 2), [text[0], box], text, **EDIT)
        return
    value = key.default if key.value is None else key.value
    box = _control(key, value, common)
    event = box.blur if isinstance(box, gr.Textbox | gr.Number) else box.input
    event(repeated(partial(set_key, key), 2), [text[0], box], text, **EDIT)


def _control(key: form.Key, value: Any, common: dict[str, Any]) -> Any:
    if key.kind == "yes":
        return gr.Checkbox(bool(value), **common)
    if key.kind == "choice":
        return gr.Dropdown(list(key.choices), value=value, **common)
    if key.kind in ("whole", "number"):
        return gr.Number(value, precision=0 if key.kind == "whole" else None, **common)
    if key.kind == "names":
        return gr.Textbox(", ".join(value or []), placeholder="separated by commas", **common)
    return gr.Textbox(editing.written(value) if key.kind == "toml" else (value or ""), max_lines=12, **common)


def _default(key: form.Key) -> str:
    if key.required:
        return "Required."
    return f"Default: {'none' if key.default in (None, '', [], {}) else editing.written(key.default)}."


@telling
def begin_with(template: str, name: str | None) -> str:
    """A template's text, for the set that is chosen."""
    return _fitted(templates.template(template), name) if name else templates.template(template)


@telling
def open_file(path: str) -> tuple[str | None, str, str, str, str]:
    """A file that was written by hand; one that lies in the working folder is saved in its place."""
    text, name = Path(path).read_text(encoding="utf-8"), Path(path).name
    editing.parse(text)
    same = Path(name).is_file() and Path(name).read_text(encoding="utf-8") == text
    return name if same else None, name, text, text, text


@telling
def set_key(key: form.Key, text: str, value: Any) -> str:
    """Put what was typed into the text; nothing, or the default where the file had nothing, leaves the key out."""
    there, kept = editing.at(editing.parse(text), key.path), value
    if key.kind == "names":
        kept = [each.strip() for each in value.split(",") if each.strip()] or None
    elif key.kind == "toml":
        kept = editing.value_of(value)
    elif key.kind == "whole" and value is not None:
        kept = int(value)
    elif value == "":
        kept = None
    if key.value is None and kept == key.default:
        kept = None
    return text if there in (kept, value) else editing.set_value(text, key.path, kept)


@telling
def set_text(path: form.Path, language: str, text: str, words: str) -> str:
    """Put a text in one language into the file."""
    there = editing.at(editing.parse(text), path)
    own = there.get(language) if isinstance(there, dict) else there
    return text if (own or "").strip() == words.strip() else editing.set_text(text, path, language, words)


@telling
def parts_of(text: str, chosen: str | None) -> Any:
    """The list of parts, and what can be done with the chosen one."""
    if not text:
        return gr.Dropdown([TOP], value=TOP), "There is no study yet.", *(gr.Button(visible=False) for _ in range(3))
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


def _table(text: str, chosen: str | None) -> form.Table | None:
    if not text or not chosen:
        return None
    bare = chosen.removesuffix(f" ({LEFT_OUT})")
    return next((table for table in form.tables(editing.parse(text)) if table.title == bare), None)


def _chosen(text: str, chosen: str | None) -> form.Table:
    table = _table(text, chosen)
    if table is None:
        raise refused("Choose a part of the study file first.")
    return table


@telling
def add_entry(text: str, chosen: str | None) -> str:
    """Add an entry like the last one of the chosen list."""
    table = _chosen(text, chosen)
    named = next((key.name for key in table.keys if key.name in ("name", "id")), None)
    return editing.add_entry(text, table.path[:-1], named)


@telling
def leave_out(text: str, chosen: str | None) -> str:
    """Take the chosen table out of the file."""
    return editing.set_value(text, _chosen(text, chosen).path, None)


@telling
def take_in_part(text: str, chosen: str | None) -> str:
    """Take a table that is left out into the file, as the shipped study has it."""
    path = _chosen(text, chosen).path
    return editing.add_table(text, str(path[0])) if len(path) == 1 else editing.set_value(text, path, {})


@telling
def fitted_to(text: str, name: str | None) -> str:
    """The file for the set that is chosen: its name, its conditions, and those of the file's words that it has."""
    if not text or not name:
        raise refused("Begin a study file, and choose a set in the tab Stimuli.")
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


def meaning_of(text: str) -> str:
    """What the file means, or the one sentence that says why it means nothing."""
    if not text.strip():
        return "There is no study yet."
    try:
        study = definition.parse(editing.parse(text), "The study")
        facts, missing, cannot = explained(study, set_folder(study.stimuli))
    except ValueError as error:
        return f"**It cannot be served.** {_plain(str(error))}"
    lines = [f"**It cannot be served.** {_plain(cannot)}" if cannot else "**It can be served.**"]
    for heading, found in {**facts, "Missing": missing}.items():
        lines += ["", f"**{heading}**", "", *(f"- {_plain(line)}" for line in found)]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """A line as it is, whatever Markdown would make of it."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>#|" else letter for letter in text.strip())


@telling
def save_as(text: str, name: str, opened: str | None) -> tuple[str, str]:
    """Write the file; another one of its name is left as it is."""
    if not text.strip():
        raise refused("There is no study yet: begin with a way of asking, or open a file.")
    path = Path(name.strip() or "study.toml")
    path = path if path.suffix == ".toml" else path.with_name(f"{path.name}.toml")
    if path.exists() and str(path) != opened:
        raise refused(f"{path} is there already: choose another name, or open it first.")
    path.write_text(text, encoding="utf-8")
    gr.Info(f"{path} is written.")
    return str(path), str(path)


@telling
def preview(text: str, width: str, request: gr.Request) -> str:
    """Serve the study as it stands from a place of its own, and show its page in a frame."""
    study = definition.parse(editing.parse(text), "The study")
    folder = set_folder(study.stimuli)
    if not (folder / "manifest.json").is_file():
        raise refused(f"No stimulus set in {folder}: build it first; names of sets are those under {SETS}.")
    end_preview()
    place = new_folder()
    (place / "study.json").write_text(frozen.stated(study), encoding="utf-8")  # with the texts of other files in it
    ours = f"{request.url.scheme}://{request.headers['host']}" if request else "'self'"
    database = f"sqlite:///{place}/study.sqlite"
    server = Server(place / "study.json", database, str(folder), port=free_port(7880), frame_ancestors=ours)
    server.start()
    PREVIEW.append(server)
    return shown.in_frame(f"{server.address}/study/", "The study as a participant sees it", 760, WIDTHS[width])


def end_preview() -> str:
    """Stop the preview's server; its answers go with it."""
    while PREVIEW:
        PREVIEW.pop().stop()
    return ""
