"""The command that rehearses a study: go or no-go."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, TaskID

from app.commands.places import Set, set_folder

if TYPE_CHECKING:
    from app.rehearsal.findings import Finding
    from app.rehearsal.rehearse import Report
    from study.design.definition import Definition

OUT = Path("data/rehearsal")
COLOURS = {"passed": "green", "noted": "yellow", "failed": "bold red", "left out": "dim"}


def rehearse(
    file: Annotated[Path | None, typer.Argument(help="Study file; default: the shipped one.")] = None,
    stimuli_set: Set = None,
    out: Annotated[Path, typer.Option(help="Folder for rehearsal.html, screenshots and results.")] = OUT,
    participants: Annotated[int, typer.Option("-n", min=3, help="Simulated listeners to take through it.")] = 6,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Walk every page in a headless browser.")
    ] = True,
) -> None:
    """Rehearse a study before anybody takes part, go or no-go: sounds, texts, pages, answers, blindness, analysis.

    The study is served on 127.0.0.1 over a database of its own, which is deleted afterwards; exit code 1 is a no-go.
    """
    from app.commands.analysis import one_thread
    from app.rehearsal.findings import is_go
    from app.rehearsal.page import NAME, verdict_text
    from study.design.definition import load

    one_thread()
    console, definition = Console(), load(file)
    folder = set_folder(stimuli_set or definition.stimuli)
    with Progress(console=console, transient=True) as progress:
        bars: dict[str, TaskID] = {}

        def report(check: str, done: int, total: int) -> None:
            if check not in bars:
                bars[check] = progress.add_task(check)
            progress.update(bars[check], completed=done, total=total, visible=done < total)

        findings = []
        for finding in rehearsed(definition, folder, out, participants, browser, report):
            findings.append(finding)
            _print(console, finding)
    console.print(f"{verdict_text(findings)} The page is {out / NAME}.", soft_wrap=True, highlight=False)
    if not is_go(findings):
        raise typer.Exit(1)


def rehearsed(
    definition: Definition, folder: Path, out: Path, participants: int, browser: bool, report: Report
) -> Iterator[Finding]:
    """Rehearse, and write the page into the folder ``out``, whole or not at all; gives each finding as it is there."""
    from analysis.writing.folder import whole_folder
    from app.rehearsal.page import write
    from app.rehearsal.rehearse import Rehearsal
    from app.rehearsal.rehearse import rehearse as do

    start, findings = time.monotonic(), []
    with whole_folder(out) as new:
        rehearsal = Rehearsal(definition, folder, new, participants=participants, with_browser=browser)
        for finding in do(rehearsal, report):
            findings.append(finding)
            yield finding
        title = definition.text(definition.title, definition.languages[0])
        write(title, findings, rehearsal.walked.pages, time.monotonic() - start, new)


def _print(console: Console, finding: Finding) -> None:
    """One line a check, and one for each of its faults."""
    took = f"  [dim]{finding.seconds:.1f} s[/]" if finding.seconds >= 0.05 else ""
    style, said = COLOURS[finding.verdict], escape(finding.said)
    line = f"[{style}]{finding.mark}[/] {finding.check:<24} {said}{took}"
    console.print(line, soft_wrap=True, highlight=False)
    for detail in finding.details:
        console.print(f"    {escape(detail)}", soft_wrap=True, highlight=False)
