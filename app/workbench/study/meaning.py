"""What a study file means as it stands: whether it can be served, its trials and minutes, and what it can find."""

from __future__ import annotations

import gradio as gr
from gradio.components import Component

from analysis.statistics.power import Assumptions, detectable, power
from app.commands.places import set_folder
from app.commands.study import explained
from app.rehearsal.budget import planned
from app.workbench.errors import plain, refused, reports_errors
from app.workbench.study.parts import NO_STUDY
from study.design import definition, editing
from study.design.plan import Plan
from study.design.stimuli import StimulusSet

SIMULATIONS = 4000
SIZES = (8, 12, 16, 20, 30, 40)
POWER_TABLE = """| participants | power, new music | power, these clips | margin of error | found in 80 % |
| --- | --- | --- | --- | --- |
"""
ABOUT_POWER = """How often studies of several sizes find a difference between two conditions: for new listeners and new
music, and for these clips alone. The spread is assumed; `semantic-eq power --pilot` takes it from ratings."""


def fill(text: Component) -> None:
    """Draw the computation of power, which waits for its button: it takes a moment, and typing must not."""
    with gr.Accordion("Power", open=False):
        gr.Markdown(ABOUT_POWER)
        with gr.Row():
            effect = gr.Number(0.5, label="Difference to find, points", minimum=0.05, step=0.05)
            compute = gr.Button("Compute power")
        status = gr.Markdown("", min_height=30)
    compute.click(power_of, [text, effect], status, api_visibility="private")


def meaning_of(text: str) -> str:
    """What the file means, or the one sentence that says why it means nothing."""
    if not text.strip():
        return NO_STUDY
    try:
        study = definition.parse(editing.parse(text), "The study")
        facts, missing, cannot = explained(study, set_folder(study.stimuli))
    except ValueError as error:
        return f"**It cannot be served.** {plain(str(error))}"
    lines = [f"**It cannot be served.** {plain(cannot)}" if cannot else "**It can be served.**"]
    for heading, found in {**facts, **({"Missing": missing} if missing else {})}.items():
        lines += ["", f"**{heading}**", "", *(f"- {plain(line)}" for line in found)]
    return "\n".join(lines)


@reports_errors
def power_of(text: str, effect: float | None) -> str:
    """Say what the study can find: with the participants that it plans, and with other numbers."""
    if not text.strip():
        raise refused("Start or open a study file first.")
    if not effect or effect <= 0:
        raise refused("The difference to find is in points of the scale, above 0.")
    study = definition.parse(editing.parse(text), "The study")
    n_clips, wanted = _clips(study), planned(study)
    if n_clips < 2:
        raise ValueError(f"Power needs two clips or more; a participant hears {n_clips}.")
    sizes = sorted({*SIZES, *([wanted] if wanted and wanted > 1 else [])})
    assumptions = Assumptions(effect=effect)
    found = power(assumptions, sizes, [n_clips], SIMULATIONS)
    smallest = detectable(assumptions, sizes, n_clips)
    shares, points = found[["power_clips_random", "power"]], found["margin_of_error_clips_random"]
    rows = [
        [str(n), *(f"{share:.0%}" for share in each), f"{margin:.2f}", f"{least:.2f}"]
        for n, each, margin, least in zip(sizes, shares.to_numpy(), points, smallest["difference"], strict=True)
    ]
    table = POWER_TABLE + "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{_said(effect, n_clips, wanted, rows)}\n\n{table}"


def _clips(study: definition.Definition) -> int:
    """Clips that a participant hears of the set that is there."""
    return Plan(study, StimulusSet.load(set_folder(study.stimuli))).n_clips


def _said(effect: float, n_clips: int, wanted: int | None, rows: list[list[str]]) -> str:
    of = f"a difference of {effect:g} points on {n_clips} clips"
    if wanted is None:
        return f"The study plans no number of participants (`recruitment.cap`, `analysis.looks`). Of studies with {of}:"
    found = {row[0]: row[1] for row in rows}.get(str(wanted), "few")
    who = "for new listeners and new music"
    return f"With the {wanted} participants that are planned, **{found}** of studies find {of}, {who}."
