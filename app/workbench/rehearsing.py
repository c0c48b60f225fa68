"""The part of the run tab that rehearses the study, go or no-go, before anybody takes part."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from app.commands.places import set_folder
from app.commands.rehearse import OUT, rehearsed
from app.rehearsal.findings import Finding
from app.rehearsal.page import NAME, verdict_text
from app.workbench import shown
from app.workbench.errors import errors_reported, plain, reports_errors
from app.workbench.jobs import Job
from app.workbench.working import followed
from study.design import definition

JOB = Job()
ABOUT = """Every file, text and page, simulated listeners through a server of its own, blindness, export and analysis:
what would go wrong with participants goes wrong here. Your database is not touched."""
NOTHING_YET = "Nothing is rehearsed yet."
STOPPED = "The rehearsal was stopped."


def fill(file: gr.Textbox) -> None:
    """Draw the part; ``file`` names the study file."""
    with gr.Accordion("Rehearse: go or no-go", open=False):
        gr.Markdown(ABOUT)
        with gr.Row():
            listeners = gr.Slider(3, 24, value=6, step=1, label="Simulated listeners")
            browser = gr.Checkbox(True, label="Walk every page in a headless browser")
            start, stop = gr.Button("Rehearse", variant="primary"), gr.Button("Stop the rehearsal")
        status = gr.Markdown(NOTHING_YET, container=True, min_height=80)
        page = gr.HTML("", min_height=60)
    private: dict[str, Any] = {"api_visibility": "private"}
    done = start.click(rehearse, [file, listeners, browser], status, **private)
    done.success(page_of, status, page, **private)
    stop.click(JOB.stop, None, None, **private)


def rehearse(
    file: str,
    listeners: float,
    browser: bool,
    progress: gr.Progress = gr.Progress(),  # noqa: B008
) -> Iterator[str]:
    """Rehearse; the lines of the checks as they are done, and what follows from them."""
    with errors_reported(), JOB.alone("A rehearsal"):
        study = definition.load(Path(file))
        folder, findings = set_folder(study.stimuli), list[Finding]()
        for each in followed(JOB, lambda report: rehearsed(study, folder, OUT, int(listeners), browser, report)):
            if isinstance(each, Finding):
                findings.append(each)
                yield lines_of(findings)
            else:
                check, done, total = each
                progress((done, total), desc=check, unit="steps")
        said = STOPPED if JOB.is_stopping else verdict_text(findings)
        yield f"**{said}**\n\n{lines_of(findings)}"


def lines_of(findings: list[Finding]) -> str:
    """One line a check, and under it one for each of its faults."""
    lines = []
    for each in findings:
        lines.append(f"- {each.mark} **{each.check}** {plain(each.said)}")
        lines += [f"    - {plain(text)}" for text in each.details]
    return "\n".join(lines)


@reports_errors
def page_of(report: str) -> str:
    """The page of a rehearsal that came to its end, in place."""
    is_there = (OUT / NAME).is_file() and STOPPED not in report
    return shown.frame(OUT / NAME, "The rehearsal") if is_there else ""
