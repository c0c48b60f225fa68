"""The steps of the study's blocks: presentations with checks, breaks, instructions and practice in their places."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from study.design import checks
from study.design.blocks import NO_CHECKS, Block
from study.design.checks import Trial
from study.kinds import KINDS, PARADIGMS

if TYPE_CHECKING:
    from study.design.plan import Assignment, Plan


def parts_of(plan: Plan, assignment: Assignment, rng: random.Random) -> list[tuple[int, list[Trial]]]:
    """The parts of a session with the index of their block: all presentations in one participant's order."""
    blocks = plan.definition.block_order(assignment.block_row)
    own = replace(assignment, block_row=assignment.block_row // plan.definition.n_block_orders)
    return [
        (index, part)
        for place, index in enumerate(blocks)
        for part in _parts_of(plan, plan.blocks[index], own, rng, is_first=place == 0)
    ]


def _parts_of(
    plan: Plan, block: Block, assignment: Assignment, rng: random.Random, *, is_first: bool
) -> list[list[Trial]]:
    paradigm, own = PARADIGMS[block.paradigm], block.checks or NO_CHECKS
    parts = paradigm.parts(plan, block, assignment, rng)
    made = []
    for number, (part, kinds) in enumerate(zip(parts, checks.share_out(own, len(parts), rng), strict=True)):
        not_before = own.not_before if number == 0 and is_first else 1
        extras = paradigm.extras(plan, block, part, assignment)
        made.append(checks.insert(part, kinds, extras, own, not_before, rng))
    for trial in (trial for part in made for trial in part if trial.kind == "attention"):
        trial.expected = paradigm.expects(block, rng)
    return made


def steps_of(plan: Plan, assignment: Assignment, rng: random.Random) -> list[dict[str, Any]]:
    """Rows of the table ``step`` for all blocks; trials are numbered from 1, parts too."""
    rows: list[dict[str, Any]] = []
    numbers: dict[int, int] = {}
    last = None
    for part_number, (index, part) in enumerate(parts_of(plan, assignment, rng), start=1):
        block, begins = plan.blocks[index], index != last
        rows += _pause(plan, index, part, part_number, 0, len(numbers))
        rows += _introduction(plan, index, rng) if begins else []
        last = index
        for place, trial in enumerate(part):
            rows += _pause(plan, index, part, part_number, place, len(numbers)) if place else []
            numbers[id(trial)] = len(numbers) + 1
            at = {"trial_number": len(numbers), "block": part_number, "repeat_of": numbers.get(id(trial.of))}
            rows.append(PARADIGMS[block.paradigm].presentation(trial, block, index, **at))
    return rows


def _introduction(plan: Plan, index: int, rng: random.Random) -> list[dict[str, Any]]:
    """A block's own instructions and practice."""
    block, paradigm = plan.blocks[index], PARADIGMS[plan.blocks[index].paradigm]
    rows = [KINDS["instructions"].step(detail={"block": index})] if block.instructions else []
    trials = paradigm.practice(plan, block, block.practice, rng) if block.practice else []
    return rows + [paradigm.presentation(trial, block, index) for trial in trials]


def _pause(
    plan: Plan, index: int, part: list[Trial], part_number: int, place: int, n_before: int
) -> list[dict[str, Any]]:
    """The break before a trial, where there is one; it tells the word that comes where that changes."""
    kind: Any = KINDS["break"]
    breaks = kind.part(plan.definition)
    if not kind.falls_before(breaks, part_number, place, len(part)):
        return []
    words = {trial.descriptor for trial in part if trial.kind == "rating"} if plan.blocks[index].asks_descriptor else ()
    following = part[0].descriptor if place == 0 and plan.n_parts > 1 and len(words) == 1 else None
    at = {"trial_number": n_before, "block": part_number, "descriptor": following}
    return [kind.step(seconds=breaks.suggested_s, **at)]
