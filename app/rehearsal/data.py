"""What becomes of the answers: the export and its proof, and the analysis by the study's own rules."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from app.commands.analysis import analyse_study
from app.rehearsal.findings import Finding, Tell, Verdict, counted, found
from study.design.definition import Definition
from study.records import export
from study.records.verification import verify

if TYPE_CHECKING:
    from sqlalchemy import Engine

EXPORT, SCALES, ANALYSIS = "Export", "Scales", "Analysis"
STEPS = ("reading", "screening", "models", "tables", "figures", "report")


def exported(engine: Engine) -> Finding:
    """Export all data and prove from the files alone that they are as stored."""
    with TemporaryDirectory(prefix="semantic-eq-rehearsal-") as place:
        written = export.write(engine, place)
        proved = verify(place, str(written["seal"]))
    said = (
        f"{counted(proved['responses'], 'answer')} of {counted(proved['sessions']['exported'], 'session')} exported, "
    )
    return Finding(EXPORT, Verdict.PASSED, f"{said}and proved to be as they were stored")


def scales(definition: Definition) -> Finding:
    """Find questions that are rated on scales which the analysis cannot know: it takes one for each question."""
    faults = unknown_scales(definition)
    return found(SCALES, faults, "the analysis knows that of every question", "the analysis does not know every scale")


def unknown_scales(definition: Definition) -> list[str]:
    """Give a sentence for each question that one way of asking rates on several scales."""
    met: dict[tuple[str, str], dict[tuple[float, float], int]] = {}
    for number, block in enumerate(definition.effective_blocks, 1):
        for question in block.questions:
            low, high = getattr(question, "low", None), getattr(question, "high", None)
            if low is not None and high is not None:
                own = met.setdefault((block.paradigm, question.name), {})
                own.setdefault((float(low), float(high)), number)
    return [
        f"{question} is asked ({paradigm}) "
        + " and ".join(f"from {low:g} to {high:g} in block {number}" for (low, high), number in own.items())
        + ": give one of them another name."
        for (paradigm, question), own in met.items()
        if len(own) > 1
    ]


def analysed(database_url: str, out: Path, tell: Tell) -> Finding:
    """Analyse the simulated listeners by the rules that the study states, into the folder ``out``."""

    def step(name: str) -> None:
        kind = name.rpartition(": ")[2]
        tell(STEPS.index(kind) if kind in STEPS else 0, len(STEPS))

    done = analyse_study(database_url, out, step, simulated=True)
    names = ", ".join(one.analysis.name for one in done)
    people = done[0].participants
    said = (
        f"{names} of {counted(people, 'simulated listener')} analysed by the study's own rules: tables, figures, report"
    )
    return Finding(ANALYSIS, Verdict.PASSED, said)
