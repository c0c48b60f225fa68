"""The tab that analyses a study: tables, figures, sentences and a report, as `semantic-eq analyse` writes them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import gradio as gr

from app.commands.analysis import analyse_study
from app.commands.paradigms import summary
from app.commands.places import DATABASE_URL
from app.workbench import publishing, shown
from app.workbench.errors import refused, reports_errors
from app.workbench.jobs import Job
from app.workbench.places import new_folder

JOB = Job()
INTRODUCTION = """### Read the results
The analysis keeps the rules that the study file states. Simulated and real participants are never analysed together."""
STEPS = ("reading", "screening", "models", "tables", "figures", "report")


def fill(database: gr.Textbox | None = None) -> None:
    """Draw the tab."""
    gr.Markdown(INTRODUCTION)
    with gr.Row():
        source = gr.Textbox(DATABASE_URL, label="Database")
        out = gr.Textbox("data/results", label="Folder for the results")
        simulated = gr.Checkbox(label="The simulated participants, where there are real ones too")
    run = gr.Button("Analyse", variant="primary")
    said = gr.Markdown("Nothing is analysed yet.", container=True, min_height=80)
    page = gr.HTML("", min_height=60)
    kept: dict[str, Any] = {"file_count": "multiple", "interactive": False, "visible": False, "height": 260}
    files = gr.File(label="Everything, and every table", **kept)
    private: dict[str, Any] = {"api_visibility": "private"}
    if database is not None:
        database.change(lambda text: text, database, source, **private)
    done = run.click(analyse, [source, out, simulated], said, **private)
    done.success(report_of, out, page, **private)
    done.success(files_of, out, files, **private)
    publishing.fill(source, simulated)


@reports_errors
def analyse(
    database_url: str,
    out: str,
    simulated: bool,
    progress: gr.Progress = gr.Progress(),  # noqa: B008
) -> str:
    """Analyse what the database holds; the sentences that the command prints."""
    if not out.strip():
        raise refused("Name a folder for the results.")

    def step(name: str) -> None:
        kind = name.rpartition(": ")[2]
        progress((STEPS.index(kind) if kind in STEPS else 0, len(STEPS)), desc=name.capitalize(), unit="steps")

    with JOB.alone("An analysis"):
        step("reading")
        done = analyse_study(database_url, Path(out), step, simulated=simulated)
    return "\n\n".join(summary(done))


@reports_errors
def report_of(out: str) -> str:
    """The report, in place."""
    return shown.frame(Path(out) / "report.html", "The report")


@reports_errors
def files_of(out: str) -> Any:
    """The whole folder as an archive, and every table of it."""
    folder = Path(out)
    archive = shutil.make_archive(str(new_folder() / (folder.name or "results")), "zip", folder)
    tables = [str(shutil.copy(path, new_folder())) for path in sorted(folder.glob("*.csv"))]
    return gr.File([archive, *tables], visible=True)
