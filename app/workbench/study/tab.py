"""The tab as a whole: a form made from the definition's own keys beside the text, checked at once.

The text is the truth: the form changes single values in it, so that comments stay, and follows what is typed.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from app.workbench.study import files, meaning, preview
from app.workbench.study.keys import EDIT, draw, languages_of, repeated
from app.workbench.study.parts import NO_STUDY, TOP, add_entry, leave_out, parts_of, table_of, take_in_part
from study.design import templates

INTRODUCTION = """### Write the study file
Start from a template or open a file, change what it says, and read what it means. What you change here changes only
that value: comments stay, and so does all that you write by hand."""


def fill(sets: gr.Dropdown) -> gr.Textbox:
    """Draw the tab; gives the name of the file, which other tabs follow."""
    gr.Markdown(INTRODUCTION)
    truth, shape, opened = gr.State(""), gr.State(""), gr.State(None)
    with gr.Row(equal_height=True):
        template = gr.Dropdown(templates.NAMES, value="rating", label="Template: the way of asking", scale=2)
        begin = gr.Button("New file from it")
        given = gr.UploadButton("Open a file …", file_types=[".toml"])
        fit = gr.Button("Fit it to the set chosen in Stimuli")
    with gr.Row():
        with gr.Column(min_width=320, scale=3):
            # A part that was just left out is no choice any more, and still the value for a moment.
            part = gr.Dropdown([TOP], value=TOP, label="Part of the study file", allow_custom_value=True)
            with gr.Row():
                add = gr.Button("Add another like it", size="sm", visible=False)
                remove = gr.Button("Leave it out", size="sm", visible=False)
                take_in = gr.Button("Include it", size="sm", visible=False)
            about = gr.Markdown(NO_STUDY)
            area = gr.Column()
        with gr.Column(min_width=320, scale=3):
            with gr.Tab("What it means"):
                means = gr.Markdown(NO_STUDY, container=True)
                meaning.fill(truth)
            with gr.Tab("Text of the file"):
                code = gr.Code(language=None, label="study.toml", lines=20, max_lines=34, interactive=True)
            with gr.Tab("Preview"):
                look_at_all = preview.fill(truth)
            with gr.Row():
                name = gr.Textbox("study.toml", label="File", scale=3)
                save = gr.Button("Save", variant="primary", scale=1)

    pages = gr.HTML("", min_height=60)

    with area:

        @gr.render(inputs=[shape, part], triggers=[shape.change, part.change])  # type: ignore[untyped-decorator]
        def keys(text: str, chosen: str | None) -> None:
            table = table_of(text, chosen)
            for key in table.keys if table else ():
                draw(key, languages_of(text), [truth, code])

    private: dict[str, Any] = {"api_visibility": "private"}
    read = {"fn": parts_of, "inputs": [shape, part], "outputs": [part, about, add, remove, take_in], **private}
    everywhere = [truth, code, shape]
    begin.click(repeated(files.begin_with, 3), [template, sets], everywhere, **EDIT).success(
        lambda: None, None, opened, **private
    )
    given.upload(files.open_file, given, [opened, name, *everywhere], **EDIT)
    shape.change(**read)
    part.input(**read)
    code.input(lambda text: text, code, truth, **EDIT)
    code.blur(lambda text: text, code, shape, **private)
    code.change(meaning.meaning_of, code, means, show_progress="hidden", trigger_mode="always_last", **private)
    for button, function in ((add, add_entry), (remove, leave_out), (take_in, take_in_part)):
        button.click(repeated(function, 3), [truth, part], everywhere, **EDIT)
    fit.click(repeated(files.fitted_to, 3), [truth, sets], everywhere, **EDIT)
    look_at_all.click(preview.every_page, truth, pages, **private)
    save.click(files.save_as, [truth, name, opened], [opened, name], **private)
    return name
