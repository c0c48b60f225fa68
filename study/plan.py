"""A participant's whole way, made when the session starts: every step in its place, as rows for the database."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from study import checks, order
from study.checks import Trial
from study.definition import Definition, Headphones
from study.stimuli import Stimulus, StimulusSet

ANSWER_S = 4.0
SECONDS = {
    "consent": 60.0,
    "questionnaire": 60.0,
    "level": 20.0,
    "instructions": 45.0,
    "comments": 30.0,
    "finished": 0.0,
}


@dataclass(frozen=True)
class Assignment:
    """What balances participants against each other: rows of the Latin squares and the clips heard."""

    block_row: int
    condition_row: int
    clips: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """A study's definition with its stimulus set, from which sessions are made."""

    definition: Definition
    stimuli: StimulusSet

    def __post_init__(self) -> None:
        missing = self.missing()
        if missing:
            raise ValueError(f"The stimulus set does not fit the study file: it lacks {'; '.join(missing)}.")
        _ = self.sample

    @property
    def clips(self) -> tuple[str, ...]:
        """Clips of the study: those it names, else all of the set."""
        return tuple(self.definition.clips or self.stimuli.clips)

    @property
    def n_clips(self) -> int:
        """Clips that one participant hears."""
        return min(self.definition.design.clips_per_participant or len(self.clips), len(self.clips))

    @property
    def blocks(self) -> list[list[str]]:
        """Descriptors of each block, before the blocks are put in a participant's order."""
        names = [descriptor.name for descriptor in self.definition.descriptors]
        return [[name] for name in names] if self.definition.design.order == "blocked" else [names]

    @property
    def n_block_rows(self) -> int:
        """Orders of the blocks that participants are spread over."""
        return order.n_rows(len(self.blocks))

    @property
    def n_condition_rows(self) -> int:
        """Orders of the conditions that participants are spread over."""
        return order.n_rows(len(self.definition.conditions))

    @cached_property
    def sample(self) -> list[dict[str, Any]]:
        """The steps of some participant, which shows whether everything fits."""
        return self.steps(Assignment(0, 0, self.clips[: self.n_clips]), random.Random(0))

    @property
    def minutes(self) -> int:
        """How long a participant takes, breaks included."""
        return round(self.sample[0]["seconds_left"] / 60)

    @property
    def n_trials(self) -> int:
        """Trials of one participant, checks and repeats included, practice not."""
        return sum(step["kind"] == "trial" for step in self.sample)

    def missing(self) -> list[str]:
        """What the study asks for and the set does not have, each in a few words."""
        d, cells = self.definition, self._cells
        wanted = [(c, k, x.name) for c in self.clips for k in d.conditions for x in d.descriptors]
        absent = [cell for cell in wanted if cell not in cells]
        found = [f"{len(absent)} of {len(wanted)} stimuli, the first: {' / '.join(absent[0])}"] if absent else []
        found += [
            f"{screen.trials} sounds of kind {_kind(screen)}"
            for screen in d.headphones
            if len(self._screen_sounds(screen)) < 2
        ]
        for kind, n in (("audible_check", d.checks.audible), ("anchor", d.checks.anchors)):
            if n and not self._sounds(kind):
                found.append(f"sounds of kind {kind}")
        return found

    @cached_property
    def _cells(self) -> dict[tuple, Stimulus]:
        return {(s.clip, s.condition, s.descriptor): s for s in self.stimuli.of_kind("stimulus")}

    def _sounds(self, kind: str) -> list[Stimulus]:
        low, high = self.definition.scale.low, self.definition.scale.high
        sounds = self.stimuli.of_kind(kind)
        return [s for s in sounds if s.expected is None or low <= s.expected <= high]

    def _screen_sounds(self, screen: Headphones) -> list[Stimulus]:
        return self.stimuli.of_kind(_kind(screen))

    def trials(self, assignment: Assignment, rng: random.Random) -> list[list[Trial]]:
        """Blocks of trials, checks and repeats included, in the order of one participant."""
        design = self.definition.checks
        blocks = [self.blocks[index] for index in self._block_order(assignment.block_row)]
        extras = checks.share_out(design, len(blocks), rng)
        made = []
        for number, (descriptors, kinds) in enumerate(zip(blocks, extras, strict=True)):
            rating = self.rating_trials(descriptors, assignment, rng)
            not_before = design.not_before if number == 0 else 1
            made.append(
                checks.insert(rating, kinds, self._extra_sounds(descriptors, assignment), design, not_before, rng)
            )
        for trial in (trial for block in made for trial in block if trial.kind == "attention"):
            trial.expected = rng.randint(self.definition.scale.low, self.definition.scale.high)
        return made

    def rating_trials(self, descriptors: list[str], assignment: Assignment, rng: random.Random) -> list[Trial]:
        """Every clip x condition x descriptor of a block once, ordered by `study.order`."""
        conditions = self.definition.conditions
        items = [(clip, descriptor) for descriptor in descriptors for clip in assignment.clips]
        seed = (self.definition.seed, *descriptors)
        sequence = order.condition_sequence(len(conditions), len(items), assignment.condition_row, seed)
        dealt = order.deal_clips(sequence, [items] * len(conditions), rng)
        cells = self._cells
        return [
            Trial("rating", cells[clip, conditions[c], descriptor], descriptor)
            for c, (clip, descriptor) in zip(sequence, dealt, strict=True)
        ]

    def _block_order(self, row: int) -> list[int]:
        n = len(self.blocks)
        return order.williams(n)[row % order.n_rows(n)] if n > 1 else [0]

    def _extra_sounds(self, descriptors: list[str], assignment: Assignment) -> dict[str, list[Stimulus]]:
        own = [s for s in self._cells.values() if s.descriptor in descriptors and s.clip in assignment.clips]
        return {"attention": own, "audible_check": self._sounds("audible_check"), "anchor": self._sounds("anchor")}

    def steps(self, assignment: Assignment, rng: random.Random) -> list[dict[str, Any]]:
        """Rows of the table ``step``, without the session's id."""
        steps = [*self._before(rng), *self._trial_steps(assignment, rng)]
        steps += [_step("comments")] if self.definition.comments else []
        steps.append(_step("finished"))
        n_trials = sum(step["kind"] == "trial" for step in steps)
        for step in steps[-2:]:
            step["trial_number"] = step["trial_number"] or n_trials
        seconds_left = 0.0
        for position, step in reversed(list(enumerate(steps))):
            seconds_left += step.pop("seconds")
            step |= {"position": position, "seconds_left": seconds_left}
        return steps

    def _before(self, rng: random.Random) -> list[dict]:
        d = self.definition
        steps = [_step("consent")] if d.consent else []
        steps += [_step("questionnaire")] if d.questionnaire else []
        for number, screen in enumerate(d.headphones):
            steps += [self._headphone_step(number, screen, attempt, rng) for attempt in range(1, screen.attempts + 1)]
        steps += [_step("level", stimulus=self._level_sound())] if d.level else []
        steps += [_step("instructions")] if d.instructions else []
        return steps + (self._practice(rng) if d.practice else [])

    def _headphone_step(self, number: int, screen: Headphones, attempt: int, rng: random.Random) -> dict:
        sounds = self._screen_sounds(screen)
        drawn = rng.sample(sounds, len(sounds)) * (screen.trials // len(sounds) + 1)
        seconds = sum(sound.duration_s + ANSWER_S for sound in drawn[: screen.trials]) if attempt == 1 else 0.0
        detail = {
            "screen": number,
            "attempt": attempt,
            "sounds": [sound.id for sound in drawn[: screen.trials]],
            "expected": [sound.expected for sound in drawn[: screen.trials]],
        }
        return _step("headphones", seconds=seconds, detail=detail)

    def _level_sound(self) -> str:
        """The set's own sound for setting the level, else its first stimulus."""
        return (self.stimuli.of_kind("level") or self.stimuli.of_kind("stimulus"))[0].id

    def _practice(self, rng: random.Random) -> list[dict]:
        """Practice goes through the descriptors and from one end of the conditions to the other: it spans the range."""
        d = self.definition
        stimuli = [s for s in self._cells.values() if s.clip in self.clips and s.condition in d.conditions]
        steps, last = [], None
        for number in range(d.practice.trials):
            descriptor = d.descriptors[number % len(d.descriptors)].name
            condition = d.conditions[-1 - number % len(d.conditions)]
            fitting = [s for s in stimuli if s.descriptor == descriptor and s.condition == condition]
            sound = rng.choice([s for s in fitting if s.clip != last] or fitting)
            last = sound.clip
            steps.append(_trial_step("practice", Trial("practice", sound, descriptor), 0, None))
        return steps

    def _trial_steps(self, assignment: Assignment, rng: random.Random) -> list[dict]:
        steps, number, blocks = [], 0, self.trials(assignment, rng)
        breaks = self.definition.breaks
        places: dict[int, int] = {}
        for block_number, block in enumerate(blocks, start=1):
            for index, trial in enumerate(block):
                pause = index == 0 if block_number > 1 else False
                if breaks and breaks.every_trials and index and index % breaks.every_trials == 0:
                    pause = len(block) - index >= breaks.every_trials // 2
                if breaks and pause:
                    following = block[index].descriptor if index == 0 and len(self.blocks) > 1 else None
                    steps.append(
                        _step(
                            "break",
                            seconds=breaks.suggested_s,
                            trial_number=number,
                            block=block_number,
                            descriptor=following,
                        )
                    )
                number += 1
                places[id(trial)] = number
                steps.append(_trial_step("trial", trial, number, block_number))
                steps[-1]["repeat_of"] = places.get(id(trial.of))
        return steps


def _kind(screen: Headphones) -> str:
    return "headphones" if screen.test == "woods" else "huggins"


def _step(kind: str, *, seconds: float | None = None, **members: Any) -> dict[str, Any]:
    empty = dict.fromkeys(
        ("trial_kind", "block", "stimulus", "clip", "condition", "descriptor", "expected", "repeat_of")
    )
    seconds = SECONDS.get(kind, 0.0) if seconds is None else seconds
    return empty | {"kind": kind, "seconds": seconds, "trial_number": 0, "detail": {}} | members


def _trial_step(kind: str, trial: Trial, number: int, block: int | None) -> dict[str, Any]:
    sound = trial.stimulus
    return _step(
        kind,
        seconds=sound.duration_s + ANSWER_S,
        trial_kind=trial.kind,
        trial_number=number,
        block=block,
        stimulus=sound.id,
        clip=sound.clip,
        condition=sound.condition,
        descriptor=trial.descriptor,
        expected=trial.expected,
    )
