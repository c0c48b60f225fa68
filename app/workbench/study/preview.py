"""The study as a participant sees it: its page in a frame, and every page in every language at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component

from app.commands.places import SETS, set_folder
from app.rehearsal import browsers, gallery
from app.rehearsal.rehearse import Rehearsal, walk_pages
from app.workbench import shown
from app.workbench.errors import errors_reported, refused, reports_errors
from app.workbench.jobs import Job
from app.workbench.places import new_folder
from app.workbench.servers import Server, free_port
from app.workbench.working import followed
from study.design import definition, editing, frozen

WIDTHS = {"desktop": "100%", "phone": "390px"}
PREVIEW: list[Server] = []
JOB = Job()
ABOUT = "The study itself, served for you alone. Its language is chosen at the top of its page, at any step."
ABOUT_ALL = """Every page that looks unlike the others, in every language side by side, on a desktop and a phone: a
headless browser goes the whole way and photographs them."""


def fill(text: Component) -> gr.Button:
    """Draw the part of one page; gives the button that shows all of them, for whose pages there is more room below."""
    gr.Markdown(ABOUT)
    with gr.Row():
        look, end = gr.Button("Show as a participant sees it", size="sm"), gr.Button("End", size="sm")
    width = gr.Radio(list(WIDTHS), value="desktop", show_label=False, container=False)
    page = gr.HTML("", min_height=60)
    gr.Markdown(ABOUT_ALL)
    with gr.Row():
        look_at_all, stop = gr.Button("Show every page in every language", size="sm"), gr.Button("Stop", size="sm")
    private: dict[str, Any] = {"api_visibility": "private"}
    look.click(preview, [text, width], page, **private)
    width.input(in_width, width, page, **private)
    end.click(end_preview, None, page, **private)
    stop.click(JOB.stop, None, None, **private)
    return look_at_all


def _study(text: str) -> tuple[definition.Definition, Path]:
    """The study and the folder of its set, which is there."""
    study = definition.parse(editing.parse(text), "The study")
    folder = set_folder(study.stimuli)
    if not (folder / "manifest.json").is_file():
        raise refused(f"No stimulus set in {folder}: build it first; names of sets are those under {SETS}.")
    return study, folder


@reports_errors
def preview(text: str, width: str, request: gr.Request) -> str:
    """Serve the study as it stands from a place of its own, and show its page in a frame."""
    study, folder = _study(text)
    end_preview()
    place = new_folder()
    (place / "study.json").write_text(frozen.stated(study), encoding="utf-8")  # with the texts of other files in it
    ours = f"{request.url.scheme}://{request.headers['host']}" if request else "'self'"
    database = f"sqlite:///{place}/study.sqlite"
    server = Server(place / "study.json", database, str(folder), port=free_port(7880), frame_ancestors=ours)
    server.start()
    PREVIEW.append(server)
    return in_width(width)


def in_width(width: str) -> str:
    """The page of the preview that runs, as wide as a desktop's or a phone's; it stays at its step."""
    if not PREVIEW:
        return ""
    return shown.in_frame(f"{PREVIEW[0].address}/study/", "The study as a participant sees it", 760, WIDTHS[width])


def end_preview() -> str:
    """Stop the preview's server; its answers go with it."""
    while PREVIEW:
        PREVIEW.pop().stop()
    return ""


def every_page(
    text: str,
    progress: gr.Progress = gr.Progress(),  # noqa: B008
) -> Iterator[str]:
    """Photograph every page in every language, and show them side by side."""
    with errors_reported(), JOB.alone("A preview"):
        study, folder = _study(text)
        if missing := browsers.missing():
            raise refused(f"The pages cannot be shown: {missing}.")
        rehearsal = Rehearsal(study, folder, new_folder())
        for check, done, total in followed(JOB, lambda report: walk_pages(rehearsal, report)):
            progress((done, total), desc=check, unit="steps")
        page = gallery.write(rehearsal.walked.pages, study.languages, rehearsal.out)
        yield shown.frame(page, "Every page in every language") if rehearsal.walked.pages else ""
