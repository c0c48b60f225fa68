"""The part of the results' tab that packages a study for publication, as `semantic-eq package` does."""

from __future__ import annotations

import html
import shutil
from pathlib import Path
from typing import Any

import gradio as gr

from app.publishing import package as packages
from app.publishing.pages import Citing
from app.workbench.errors import refused, reports_errors
from app.workbench.jobs import Job
from app.workbench.places import new_folder
from study.storage.database import opened

JOB = Job()
INTRODUCTION = """### Publish it
A folder in the layout of [Psych-DS](https://psych-ds.github.io) and a zip file for OSF or Zenodo: data, dictionary,
study file, set, results, versions and how to cite. Ids, times of day and what people wrote in their own words are not
in it, and participants have other names there than here."""
STEPS = ("reading", "data", "audio", "models", "tables", "figures", "report", "checking", "archive")


def fill(database: gr.Textbox, simulated: gr.Checkbox) -> None:
    """Draw the part."""
    gr.Markdown(INTRODUCTION)
    with gr.Row():
        authors = gr.Textbox(label="Authors, one per line", lines=2)
        licence = gr.Textbox(label="Licence of the data", placeholder="CC-BY-4.0")
        audio = gr.Textbox(label="Licence of the audio", placeholder="without one the audio stays out")
        without = gr.Textbox(label="Columns to leave out, one per line", lines=2)
        out = gr.Textbox("data/package", label="New folder")
    with gr.Row():
        analysed = gr.Checkbox(value=True, label="With the results, made anew from the published data")
        free_text = gr.Checkbox(label="With what people wrote in their own words, which I have read")
    run = gr.Button("Package")
    said = gr.Markdown("Nothing is packaged yet.", container=True, min_height=80)
    kept: dict[str, Any] = {"interactive": False, "visible": False, "height": 120}
    archive = gr.File(label="The package", **kept)
    given = [database, simulated, authors, licence, audio, without, out, analysed, free_text]
    run.click(package, given, [said, archive], api_visibility="private")


@reports_errors
def package(
    database_url: str,
    simulated: bool,
    authors: str,
    licence: str,
    audio: str,
    without: str,
    out: str,
    analysed: bool,
    free_text: bool,
    progress: gr.Progress = gr.Progress(),  # noqa: B008
) -> tuple[str, Any]:
    """Package a study; what the command says, and the zip file."""
    if not out.strip():
        raise refused("Name a folder for the package.")
    citing = Citing(_lines(authors), licence.strip() or None, audio.strip() or None)
    wanted = packages.Wanted(
        simulated=simulated, free_text=free_text, without=_lines(without), analyse=analysed, citing=citing
    )

    def step(name: str) -> None:
        kind = name.rpartition(": ")[2]
        progress((STEPS.index(kind) if kind in STEPS else 0, len(STEPS)), desc=name.capitalize(), unit="steps")

    with opened(database_url) as engine, JOB.alone("A package"):
        made = packages.package(engine, Path(out), wanted, step)
    said = "\n\n".join(html.escape(line, quote=False) for line in packages.summary(made))
    return said, gr.File(str(shutil.copy(made.archive, new_folder())), visible=True)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
