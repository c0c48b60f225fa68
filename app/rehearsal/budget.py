"""What a study costs: a participant's minutes and megabytes, the wait on a slow line, the server's disk."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

from app.rehearsal.findings import Finding, Verdict, counted
from study.design import personal
from study.design.definition import Definition
from study.design.plan import Plan
from study.kinds import KINDS

EFFORT, FIRST_SOUND, DISK = "A participant's effort", "First sound at 1 Mbit/s", "Disk space"
SLOW_BYTES_PER_S = 1e6 / 8
LONGEST_WAIT_S = 30.0
COPIES = 3  # the database, a backup and an export
UNPLANNED = 100


def effort(plan: Plan) -> Finding:
    """Tell minutes and megabytes, and whether a line of 1 Mbit/s keeps up with the listening."""
    needed_mbit_per_s = plan.download_bytes * 8 / 1e6 / max(60 * plan.minutes, 1)
    said = (
        f"about {plan.minutes} min, {counted(plan.n_trials, 'trial')} and {plan.download_bytes / 1e6:.3g} MB of sound"
    )
    if round(needed_mbit_per_s, 2) <= 1:
        return Finding(EFFORT, Verdict.PASSED, f"{said} ({needed_mbit_per_s:.2f} Mbit/s on average)")
    slow = f"{said}: {needed_mbit_per_s:.2f} Mbit/s on average, so that a slower line waits again and again"
    return Finding(EFFORT, Verdict.NOTED, slow)


def first_sound(plan: Plan, page_bytes: int | None, measured_s: float | None = None) -> Finding:
    """Say how long the first page and the first sound take on a slow line.

    Parameters
    ----------
    page_bytes
        That a browser fetched before the first page was shown; None where none was asked.
    measured_s
        From opening the first page with a sound, on such a line, to the sound; computed from the sizes without.
    """
    sound_s = first_sound_bytes(plan) / SLOW_BYTES_PER_S
    page_s = (page_bytes or 0) / SLOW_BYTES_PER_S
    page = "the page itself was not measured" if page_bytes is None else f"{page_s:.1f} s for the page before it"
    said, waited_s = f"{sound_s:.1f} s for the first sound, {page}", sound_s + page_s
    if measured_s is not None:
        said = f"{measured_s:.1f} s from opening the page to the first sound, measured; by size {said}"
        waited_s = measured_s
    if round(waited_s, 1) <= LONGEST_WAIT_S:
        return Finding(FIRST_SOUND, Verdict.PASSED, said)
    return Finding(FIRST_SOUND, Verdict.NOTED, f"{said}: more than {LONGEST_WAIT_S:g} s, so some will leave")


def first_sound_bytes(plan: Plan) -> int:
    """Size of the sounds of the first step that has any."""
    sources = personal.made_of(plan.definition, plan.stimuli)
    for step in plan.sample:
        names = KINDS[step["kind"]].sounds(SimpleNamespace(**step))
        paths = [plan.stimuli.audio_path(sources.get(name, name)) for name in names]
        if paths:
            return sum(path.stat().st_size for path in paths if path)
    return 0


def planned(definition: Definition) -> int | None:
    """How many participants the study states: its last look, else its cap."""
    looks = definition.analysis.looks
    return looks[-1] if looks else definition.recruitment.cap


def disk(definition: Definition, bytes_each: float, data: Path) -> Finding:
    """Hold the space that the planned participants need to what is free where the database will lie."""
    place = next(each for each in (data.resolve(), *data.resolve().parents) if each.exists())
    return room(planned(definition), bytes_each, shutil.disk_usage(place).free)


def room(participants: int | None, bytes_each: float, free: int) -> Finding:
    """Hold the space that participants need, with a backup and an export beside the database, to what is free."""
    n = participants or UNPLANNED
    needed = round(n * bytes_each * COPIES)
    who = f"{n} planned participants" if participants else f"{n} participants (the study plans no number)"
    said = f"{who} need {needed / 1e6:.3g} MB with a backup and an export; {free / 1e6:,.0f} MB are free"
    return Finding(DISK, Verdict.PASSED if needed <= free else Verdict.FAILED, said)
