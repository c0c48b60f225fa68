"""What a study file means, shown before anybody takes part: trials, minutes, balance, and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from study.design import order, texts
from study.design.blocks import NO_CHECKS, Block
from study.design.definition import Definition
from study.design.plan import Assignment, Plan
from study.design.stimuli import StimulusSet
from study.kinds import KINDS, PARADIGMS
from study.kinds.paradigm import ANSWER_S

EVENLY = "each at each place, and after each other one, equally often per"


class Description(NamedTuple):
    """Facts by heading, what somebody ought to look at, and why it cannot be served (None where it can)."""

    facts: dict[str, list[str]]
    missing: list[str]
    refused: str | None = None


def describe(definition: Definition, stimuli: StimulusSet | None) -> Description:
    """Explain a design.

    Parameters
    ----------
    definition : Definition
        The study file.
    stimuli : StimulusSet or None
        The set it is to be run with; without it neither clips nor minutes are known.
    """
    missing = _absent_parts(definition) + absent_texts(definition)
    if stimuli is None:
        of_each = f"{len(definition.conditions)} conditions x {len(definition.descriptors)} descriptors of each clip"
        facts = {"Trials": [of_each]}
        return Description(
            facts, [f"the stimulus set {definition.stimuli}: build it, or name another with --set", *missing]
        )
    try:
        plan = Plan(definition, stimuli)
        stimuli.files.check()
    except ValueError as error:
        return Description({}, missing, str(error))
    facts = {"Trials": _trials(plan), "Minutes": _minutes(plan), "Balance": _balance(plan), "Way": _way(plan)}
    facts["Download"] = _download(plan)
    n_parts = sum(PARADIGMS[block.paradigm].n_parts(plan, block) for block in plan.blocks)
    wanted = [line for line in missing if n_parts > 1 or line != KINDS["break"].absent]
    return Description(facts, wanted + _without_effect(plan))


def _trials(plan: Plan) -> list[str]:
    lines = [line for number, block in enumerate(plan.blocks, start=1) for line in _block(plan, number, block)]
    practice = sum(step["trial_kind"] == "practice" for step in plan.sample)
    return [*lines, f"{plan.n_trials} trials per participant, and {practice} for practice"]


def _block(plan: Plan, number: int, block: Block) -> list[str]:
    """What a block presents and asks."""
    checks = block.checks or NO_CHECKS
    counts = {
        "attention check": checks.attention,
        "beep-counting check": checks.audible,
        "low-pass anchor": checks.anchors,
        "repeat": checks.repeats,
    }
    extra = ", ".join(_counted(count, name) for name, count in counts.items() if count) or "no checks"
    index, own = number - 1, [step for step in plan.sample if KINDS[step["kind"]].is_trial]
    own = [step for step in own if step["detail"].get("block", 0) == index]
    n = sum(step["trial_kind"] == "rating" for step in own)
    minutes = sum(step["seconds_left"] - plan.sample[step["position"] + 1]["seconds_left"] for step in own) / 60
    clips = len(plan.clips_of(block, Assignment(0, 0, plan.clips[: plan.n_clips])))
    sizes = [
        (clips, "clip"),
        (len(plan.conditions_of(block)), "condition"),
        (len(plan.descriptors_of(block)), "descriptor"),
    ]
    of = " x ".join(_counted(size, word) for size, word in sizes)
    if getattr(block, "descriptors_per_clip", "all") == "one":
        of = of.replace(f" x {sizes[2][0]} descriptor", f" x 1 of {sizes[2][0]} descriptor")
    asked = ", ".join(f"{question.name} ({question.type})" for question in block.questions)
    return [
        f"block {number}, {block.paradigm}: {n} trials of {of}, with {extra}, about {minutes:.0f} min",
        f"  asks: {asked}",
    ]


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'s' if number != 1 else ''}"


def _minutes(plan: Plan) -> list[str]:
    spent: Counter[str] = Counter()
    for step, following in pairwise(plan.sample):
        spent[KINDS[step["kind"]].title] += (step["seconds_left"] - following["seconds_left"]) / 60
    parts = [f"{title} {minutes:.0f}" for title, minutes in spent.most_common() if round(minutes)]
    return [f"about {plan.minutes}: {', '.join(parts)}", f"each clip heard once, {ANSWER_S:g} s to answer"]


def _balance(plan: Plan) -> list[str]:
    lines = [line for number, block in enumerate(plan.blocks, start=1) for line in _balance_of(plan, number, block)]
    rows = plan.n_block_rows * plan.n_condition_rows
    if (orders := plan.definition.n_block_orders) > 1:
        lines.append(f"{len(plan.blocks)} blocks in {orders} orders (Williams): {EVENLY} {orders} participants")
    lines.append(f"all together balanced after each {rows} participants who complete; drop-outs do not count")
    if plan.n_clips < len(plan.clips):
        lines.append(f"{plan.n_clips} of {len(plan.clips)} clips each, every clip equally often over participants")
    return lines


def _balance_of(plan: Plan, number: int, block: Block) -> list[str]:
    """What a block balances over how many participants."""
    paradigm = PARADIGMS[block.paradigm]
    n_parts, rows = paradigm.n_parts(plan, block), paradigm.n_rows(plan, block)
    orders = order.n_rows(n_parts)
    return [
        f"block {number}, {n_parts} parts in {orders} orders: {EVENLY} {orders} participants"
        if n_parts > 1
        else f"block {number}, one part",
        f"  {paradigm.balances} in {rows} orders (Williams): {EVENLY} {rows} participants",
    ]


def _way(plan: Plan) -> list[str]:
    kinds = list(dict.fromkeys(step["kind"] for step in plan.sample))
    quotas = [quota for kind in KINDS.values() for quota in kind.quotas(plan.definition)]
    return [" → ".join(kinds), *(f"at most {quota.at_most} with {quota.title}" for quota in quotas)]


def _download(plan: Plan) -> list[str]:
    return [f"about {plan.download_bytes / 1e6:.3g} MB of sound per participant, if every attempt is needed"]


def _absent_parts(d: Definition) -> list[str]:
    """Parts a reviewer would ask for."""
    checks = [block.checks or NO_CHECKS for block in d.effective_blocks]
    expected = {kind.absent: kind.part(d) for kind in KINDS.values() if kind.absent} | {
        "checks, attention: nothing shows who does not listen": any(c.attention for c in checks),
        "checks, repeats: the reliability of a listener stays unknown": any(c.repeats for c in checks),
        "title: the study has no name": d.text(d.title, d.languages[0]).strip(),
        "contact: participants cannot ask anybody": d.contact,
        "[completion] code or unique": d.completion.code or d.completion.unique or d.completion.redirect,
    }
    return [name for name, part in expected.items() if not part]


def _without_effect(plan: Plan) -> list[str]:
    """Parts of the file that change nothing as the rest of it stands."""
    has_break = any(step["kind"] == "break" for step in plan.sample)
    asked = list(dict.fromkeys(question.name for block in plan.blocks for question in block.questions))
    none = [name for name in plan.definition.analysis.margins if name not in asked]
    found = [
        f"analysis.margins.{name} has no effect: no block asks for it (asked: {', '.join(asked)})" for name in none
    ]
    if plan.definition.breaks and not has_break:
        found.append("[breaks] has no effect: there is one block, and no every_trials that divides it")
    return found


def absent_texts(d: Definition) -> list[str]:
    """Translations that are missing, so that a participant would read another language there."""
    absent = [
        f"the page's own texts in {code}, now English: `semantic-eq study language {code}` writes a file to translate"
        for code in d.languages
        if code not in {*texts.languages(), *d.messages}
    ]
    absent += [
        f"the page's own texts in {code}: it {fault}" for code in d.messages for fault in texts.faults(d.messages[code])
    ]
    for language in d.languages:
        keys = sorted(set(_untranslated(d.model_dump(mode="json"), language, "", {"en", *d.languages})))
        absent += [f"{', '.join(keys[:4])}{' ...' if len(keys) > 4 else ''} in {language}"] if keys else []
    return absent


def _untranslated(part: Any, language: str, path: str, languages: set[str]) -> Iterator[str]:
    if isinstance(part, list):
        for number, item in enumerate(part):
            yield from _untranslated(item, language, f"{path}[{number}]", languages)
    elif isinstance(part, dict):
        if languages & part.keys() and all(isinstance(text, str) for text in part.values()):
            if language not in part:
                yield path
            return
        for key, item in part.items():
            yield from _untranslated(item, language, f"{path}.{key}".lstrip("."), languages)
