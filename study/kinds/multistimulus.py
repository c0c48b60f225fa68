"""Multiple stimuli: all conditions of a clip on one page, in step with each other, each with its question.

``bs2132`` has no reference (Recommendation ITU-R BS.2132). ``bs1534`` (MUSHRA, Recommendation ITU-R BS.1534-3) has the
reference openly, once more hidden among the signals, and low-pass anchors beside them. Over participants every signal
stands at each place of a page equally often.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from study.design import order
from study.design.blocks import Block
from study.design.checks import Trial
from study.design.parts import Name
from study.design.questions import ContinuousQuestion, as_rows, checked
from study.design.stimuli import Stimulus
from study.kinds.base import Moment
from study.kinds.paradigm import ANSWER_S, Paradigm
from study.refusals import invalid
from study.storage.models import AnyRow

if TYPE_CHECKING:
    from study.design.definition import Definition
    from study.design.listeners import Listener
    from study.design.plan import Assignment, Plan

MAX_SIGNALS = 12
ANCHORS = ("low_pass_3500", "low_pass_7000")
WORDS = {"10": "bad", "30": "poor", "50": "fair", "70": "good", "90": "excellent"}
"""The five words of the continuous quality scale, each in the middle of its fifth (BS.1534-3, attachment 2)."""


class MultistimulusBlock(Block):
    """Several sounds a page. ``reference`` is the condition that is also heard openly.

    With ``descriptors_per_clip`` at ``one`` a participant hears each clip on one page, the descriptors balanced over
    participants.
    """

    paradigm: Literal["multistimulus"]
    """The block's way of asking: several sounds a page."""
    preset: Literal["bs2132", "bs1534"] = "bs2132"
    """Without a reference (BS.2132), or MUSHRA: reference, hidden reference and anchors (BS.1534)."""
    reference: Name | None = None
    """The condition that is also heard openly; with `bs1534` the study's first."""
    anchors: bool | None = None
    """Whether the original low-passed at 3.5 and 7 kHz is among the signals; with `bs1534` it is."""
    descriptors_per_clip: Literal["all", "one"] = "all"
    """A page for each clip and descriptor, or one for each clip, the descriptors balanced over participants."""
    loop: bool = True
    """Whether the sounds repeat from the start; a participant may change it."""


class Multistimulus(Paradigm):
    """A page of signals; the answers are a list, one object of answers for each signal in the page's order."""

    name = "multistimulus"
    title = "the pages of several sounds"
    paradigm = "multistimulus"
    block = MultistimulusBlock
    keys: ClassVar[Mapping[str, str]] = {"A, B, C …": "keys_letters"}
    balances = "signals"

    def resolved(self, block: Block, definition: Definition) -> Block:
        is_mushra = block.preset == "bs1534"
        reference = block.reference or (definition.conditions[0] if is_mushra else None)
        if reference and reference not in (block.conditions or definition.conditions):
            raise ValueError(f"the reference {reference} is not one of the conditions of its multistimulus block")
        own = {
            "questions": block.questions or [_quality(definition)],
            "reference": reference,
            "anchors": is_mushra if block.anchors is None else block.anchors,
            "order": block.order or "mixed",
            "min_listened_fraction": 0.5 if block.min_listened_fraction is None else block.min_listened_fraction,
        }
        resolved = block.model_copy(update=own)
        n = len(block.conditions or definition.conditions) + len(_anchors(resolved))
        if n > MAX_SIGNALS:
            raise ValueError(f"a multistimulus page would have {n} signals; more than {MAX_SIGNALS} cannot be compared")
        return resolved

    def missing(self, plan: Plan) -> list[str]:
        anchored = [block for block in plan.blocks if isinstance(block, MultistimulusBlock) and block.anchors]
        cells = [(c, a, d.name) for block in anchored for c, d in self._items(plan, block) for a in ANCHORS]
        absent = [cell for cell in cells if cell not in plan.anchors]
        return [f"the anchor {' / '.join(absent[0])} (build the set with --anchors)"] if absent else []

    def n_parts(self, plan: Plan, block: Block) -> int:
        return 1 if block.descriptors_per_clip == "one" else super().n_parts(plan, block)

    def n_part_rows(self, plan: Plan, block: Block) -> int:
        if block.descriptors_per_clip == "one":
            return len(plan.descriptors_of(block))
        return super().n_part_rows(plan, block)

    def n_rows(self, plan: Plan, block: Block) -> int:
        return order.n_rows(len(plan.conditions_of(block)) + len(_anchors(block)))

    def parts(self, plan: Plan, block: Block, assignment: Assignment, rng: random.Random) -> list[list[Trial]]:
        """Pages in random order, no clip twice in a row where that can be; the signals' places by a Williams square."""
        pages = self._pages(plan, block, assignment)
        if self.n_parts(plan, block) == 1:
            return [_scattered(pages, rng)]
        words = [descriptor.name for descriptor in plan.descriptors_of(block)]
        turn = order.williams(len(words))[assignment.block_row % order.n_rows(len(words))]
        return [_scattered([page for page in pages if page.descriptor == words[index]], rng) for index in turn]

    def _pages(self, plan: Plan, block: Block, assignment: Assignment) -> list[Trial]:
        words = plan.descriptors_of(block)
        items = [(clip, word.name) for clip in plan.clips_of(block, assignment) for word in words]
        if block.descriptors_per_clip == "one":
            shift = random.Random(f"{assignment.secret}/{plan.definition.seed}").randrange(len(words))
            clips = {clip: index for index, clip in enumerate(block.clips or plan.clips)}
            of_clip = {clip: words[(n + shift + assignment.block_row) % len(words)].name for clip, n in clips.items()}
            items = [(clip, word) for clip, word in items if of_clip[clip] == word]
        n = len(plan.conditions_of(block)) + len(_anchors(block))
        seed = (assignment.secret, plan.definition.seed, "pages")
        sequence = order.condition_sequence(n, len(items), assignment.condition_row, seed)
        return [
            self._page(plan, block, clip, word, sequence[n * number : n * (number + 1)])
            for number, (clip, word) in enumerate(items)
        ]

    def _page(self, plan: Plan, block: Block, clip: str, word: str, places: Sequence[int]) -> Trial:
        signals = [plan.cells[clip, condition, word] for condition in plan.conditions_of(block)]
        signals += [plan.anchors[clip, anchor, word] for anchor in _anchors(block)]
        sounds = [signals[place] for place in places]
        detail: dict[str, Any] = {"conditions": [sound.condition for sound in sounds]}
        if block.reference:
            sounds.insert(0, plan.cells[clip, block.reference, word])
            detail["has_reference"] = True
        return Trial("rating", sounds[0], word, sounds=tuple(sounds), detail=detail)

    def _items(self, plan: Plan, block: Block) -> list[tuple[str, Any]]:
        return [(clip, word) for clip in block.clips or plan.clips for word in plan.descriptors_of(block)]

    def practice(self, plan: Plan, block: Block, n: int, rng: random.Random) -> list[Trial]:
        n_signals = len(plan.conditions_of(block)) + len(_anchors(block))
        items = self._items(plan, block)
        chosen = rng.sample(items, n) if n <= len(items) else rng.choices(items, k=n)
        pages = (
            self._page(plan, block, clip, word.name, rng.sample(range(n_signals), n_signals)) for clip, word in chosen
        )
        return [replace(page, kind="practice") for page in pages]

    def presentation(self, trial: Trial, block: Block, index: int, /, **members: Any) -> dict[str, Any]:
        return super().presentation(_turned(trial) if trial.kind == "repeat" else trial, block, index, **members)

    def takes_s(self, trial: Trial, block: Block) -> float:
        """Each sound as long as it must be heard, and the answers."""
        share = block.min_listened_fraction or 0.0
        n_answers = len(trial.detail["conditions"]) * len(block.asked(trial.kind))
        return share * sum(sound.duration_s for sound in trial.sounds) + ANSWER_S * n_answers

    def show(self, at: Moment) -> dict[str, Any]:
        own = {"has_reference": bool(at.step.detail.get("has_reference")), "loop": at.block.loop}
        return super().show(at) | own

    def notice(self, at: Moment) -> str | None:
        if at.step.trial_kind != "attention":
            return None
        return at.message("attention_notice_all", rating=self.asked_for(at))

    def check(self, answer: Mapping[str, Any], step: AnyRow, definition: Definition) -> dict[str, Any]:
        given, n = answer.get("answers"), len(step.detail["conditions"])
        if not isinstance(given, list) or len(given) != n:
            raise invalid(f"answers must be a list of {n}, one for each sound")
        questions = definition.block_of(step.detail).asked(step.trial_kind)
        return {"answers": [checked(questions, each) for each in given]}

    def simulate(self, listener: Listener, step: Mapping[str, Any], heard: Sequence[Stimulus | None]) -> dict[str, Any]:
        signals = heard[1:] if step["has_reference"] else heard
        return {
            "answers": [
                {question["name"]: listener.reply(step, question, sound) for question in step["questions"]}
                for sound in signals
            ]
        }

    def responses(self, step: Mapping[str, Any], answer: Mapping[str, Any], block: Block) -> list[dict[str, Any]]:
        detail = step["detail"]
        first, n = int(detail.get("has_reference", False)), len(detail["conditions"])
        return [
            {
                "sound": first + number,
                "of_sound": first + n - 1 - number,  # where the page that a repeat repeats had it; see `_turned`
                "stimulus": detail["sounds"][first + number],
                "condition": detail["conditions"][number],
            }
            | row
            for number, given in enumerate(answer["answers"])
            for row in as_rows(given)
        ]


def _anchors(block: Block) -> tuple[str, ...]:
    return ANCHORS if block.anchors else ()


def _quality(definition: Definition) -> ContinuousQuestion:
    texts = {code: definition.page_texts(code) for code in definition.languages}
    labels = {at: {code: own[f"quality_{word}"] for code, own in texts.items()} for at, word in WORDS.items()}
    return ContinuousQuestion(type="continuous", name="quality", labels=labels)


def _turned(trial: Trial) -> Trial:
    """A repeat's page with its signals in the opposite order, so that no place is remembered."""
    first = int(trial.detail.get("has_reference", False))
    sounds = (*trial.sounds[:first], *trial.sounds[first:][::-1])
    return replace(trial, sounds=sounds, detail=trial.detail | {"conditions": trial.detail["conditions"][::-1]})


def _scattered(pages: list[Trial], rng: random.Random) -> list[Trial]:
    """The pages in an order of the participant's own, no clip twice in a row where there are three clips or more."""
    by_item = {(page.stimulus.clip or "", page.descriptor or ""): page for page in pages}
    if len({clip for clip, _ in by_item}) < 3:
        return rng.sample(pages, len(pages))
    return [by_item[item] for item in order.deal_clips([0] * len(pages), [list(by_item)], rng)]


KIND = Multistimulus()
