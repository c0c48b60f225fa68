"""Where attention checks, beep-counting checks, low-pass anchors and repeats go among the rating trials of a block.

They are spread out, never among the first trials, never two side by side; with them too no clip comes twice in a
row and no condition more than twice. A repeat comes at a distance from its first presentation.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from pydantic import Field

from study.design.parts import Count, Part
from study.design.stimuli import Stimulus

MAX_RUN = 2


class Checks(Part):
    """Trials that tell how well somebody listens: how many, and where they may stand."""

    attention: Count = 6
    """Trials that ask for a certain answer."""
    audible: Count = 0
    """Trials in which beeps are to be counted."""
    repeats: Count = 0
    """Earlier trials presented again, for test-retest reliability."""
    anchors: Count = 0
    """Trials of low-pass anchors."""
    not_before: Count = 3
    """So many trials at the start have no check among them."""
    repeat_distance: int = Field(12, ge=2)
    """Least number of trials between a trial and its repeat."""


@dataclass(slots=True)
class Trial:
    """One presentation; ``kind`` is rating, repeat, attention, audible_check or anchor; a repeat repeats ``of``.

    A page of several sounds has all of them in ``sounds``, ``stimulus`` being the first; ``detail`` is what else its
    paradigm keeps of it.
    """

    kind: str
    stimulus: Stimulus
    descriptor: str | None
    expected: int | None = None
    of: Trial | None = None
    sounds: tuple[Stimulus, ...] = ()
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def counts(self) -> bool:
        """Whether its condition is part of the sequence of conditions (a generated sound has none, a page several)."""
        return self.stimulus.kind == "stimulus" and not self.sounds


def share_out(checks: Checks, n_blocks: int, rng: random.Random) -> list[list[str]]:
    """Kinds of extra trials per block: each kind spread evenly over the blocks, the order within a block random."""
    blocks: list[list[str]] = [[] for _ in range(n_blocks)]
    kinds = {
        "attention": checks.attention,
        "audible_check": checks.audible,
        "anchor": checks.anchors,
        "repeat": checks.repeats,
    }
    turn = rng.randrange(n_blocks)
    for kind, n in kinds.items():
        for _ in range(n):
            blocks[turn % n_blocks].append(kind)
            turn += 1
    for block in blocks:
        rng.shuffle(block)
    return blocks


def insert(
    trials: Sequence[Trial],
    kinds: Sequence[str],
    options: Mapping[str, Sequence[Trial]],
    checks: Checks,
    not_before: int,
    rng: random.Random,
) -> list[Trial]:
    """A block's rating trials with its extra ones in their places.

    Parameters
    ----------
    options : mapping
        For each kind but repeats, the presentations that may be used; one without a descriptor gets that of the trial
        before it.
    not_before : int
        How many trials of this block come before the first extra one.

    Raises
    ------
    ValueError
        When they do not fit.
    """
    for _ in range(50):
        placed = _try(list(trials), list(kinds), options, checks, not_before, rng)
        if placed is not None:
            return placed
    raise ValueError(
        f"{len(kinds)} checks and repeats do not fit among the {len(trials)} trials of a block: ask for "
        f"fewer in [checks], or lower repeat_distance ({checks.repeat_distance})."
    )


def _try(
    trials: list[Trial],
    kinds: list[str],
    options: Mapping[str, Sequence[Trial]],
    checks: Checks,
    not_before: int,
    rng: random.Random,
) -> list[Trial] | None:
    """One go: gaps spread over the block, filled from the first to the last."""
    repeats = [kind for kind in kinds if kind == "repeat"]
    others = [kind for kind in kinds if kind != "repeat"]
    places = _spread(others, max(not_before, 1), len(trials), set(), rng)
    late = _spread(repeats, max(not_before, checks.repeat_distance), len(trials), set(places or {}), rng)
    if places is None or late is None:
        return None
    block = list(trials)
    for shift, (gap, kind) in enumerate(sorted((places | late).items())):
        extra = _choose(kind, block, gap + shift, options, checks, rng)
        if extra is None:
            return None
        block.insert(gap + shift, extra)
    return block


def _spread(kinds: Sequence[str], first: int, end: int, taken: set[int], rng: random.Random) -> dict[int, str] | None:
    """A free gap (before which rating trial) for each kind, one in each of equal stretches of ``first .. end``."""
    gaps = {}
    for index, kind in enumerate(kinds):
        start, stop = (first + round(edge * (end - first) / len(kinds)) for edge in (index, index + 1))
        free = [gap for gap in range(start, stop) if gap not in taken]
        if not free:
            return None
        gaps[rng.choice(free)] = kind
    return gaps


def _choose(
    kind: str,
    block: list[Trial],
    place: int,
    options: Mapping[str, Sequence[Trial]],
    checks: Checks,
    rng: random.Random,
) -> Trial | None:
    if kind == "repeat":
        done = {id(trial.of) for trial in block if trial.of}
        far = [
            t for t in block[: max(place - checks.repeat_distance + 1, 0)] if t.kind == "rating" and id(t) not in done
        ]
        drawn = [replace(t, kind="repeat", of=t) for t in rng.sample(far, len(far))]
    else:
        own = rng.sample(list(options[kind]), len(options[kind]))
        drawn = [replace(t, descriptor=t.descriptor or block[place - 1].descriptor) for t in own]
    return next((trial for trial in drawn if fits(block, place, trial)), None)


def fits(block: Sequence[Trial], place: int, trial: Trial) -> bool:
    """Whether ``trial`` put before ``block[place]`` keeps clips apart and conditions from running on."""
    around = [*block[max(place - MAX_RUN, 0) : place], trial, *block[place : place + MAX_RUN]]
    return no_clip_twice(around) and longest_run(around) <= MAX_RUN


def no_clip_twice(trials: Sequence[Trial]) -> bool:
    """Whether no clip comes twice in a row."""
    clips = [trial.stimulus.clip for trial in trials]
    return all(a is None or a != b for a, b in pairwise(clips))


def longest_run(trials: Sequence[Trial]) -> int:
    """How often a condition comes in a row, at most; a sound without a condition ends a run."""
    longest, run, last = 0, 0, None
    for trial in trials:
        run = run + 1 if trial.counts and trial.stimulus.condition == last else int(trial.counts)
        last = trial.stimulus.condition
        longest = max(longest, run)
    return longest
