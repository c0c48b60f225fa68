"""What a study file means, told before anybody takes part: trials, minutes, balance, and what is missing."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from types import SimpleNamespace
from typing import NamedTuple

from study.design.definition import Definition
from study.design.plan import Plan
from study.design.stimuli import StimulusSet
from study.design.texts import FOLDER
from study.kinds import KINDS
from study.kinds.trial import ANSWER_S


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
    missing = _absent_parts(definition) + _absent_texts(definition)
    if stimuli is None:
        facts = {"Trials": [f"of each clip {len(definition.conditions)} x {len(definition.descriptors)}"]}
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
    return Description(facts, missing + _without_effect(plan))


def _trials(plan: Plan) -> list[str]:
    d, checks = plan.definition, plan.definition.checks
    n = plan.n_clips * len(d.conditions) * len(d.descriptors)
    counts = {
        "attention checks": checks.attention,
        "audible checks": checks.audible,
        "anchors": checks.anchors,
        "repeats": checks.repeats,
    }
    extra = ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "no checks"
    practice = d.practice.trials if d.practice else 0
    return [
        f"{plan.n_clips} clips x {len(d.conditions)} conditions x {len(d.descriptors)} descriptors = {n} rating trials",
        f"with {extra}: {plan.n_trials} trials per participant, and {practice} for practice",
    ]


def _minutes(plan: Plan) -> list[str]:
    spent: Counter[str] = Counter()
    for step, following in pairwise(plan.sample):
        spent[KINDS[step["kind"]].title] += (step["seconds_left"] - following["seconds_left"]) / 60
    parts = [f"{title} {minutes:.0f}" for title, minutes in spent.most_common() if minutes >= 0.5]
    return [f"about {plan.minutes}: {', '.join(parts)}", f"each clip heard once, {ANSWER_S:g} s to answer"]


def _balance(plan: Plan) -> list[str]:
    blocks, rows, n_blocks = plan.n_block_rows, plan.n_condition_rows, len(plan.blocks)
    evenly = "each at each place, and after each other one, equally often per"
    lines = [
        f"{n_blocks} blocks in {blocks} orders: {evenly} {blocks} participants" if n_blocks > 1 else "one block",
        f"conditions in {rows} orders (Williams): {evenly} {rows} participants",
        f"both together balanced after each {blocks * rows} participants who complete; drop-outs do not count",
    ]
    if plan.n_clips < len(plan.clips):
        lines.append(f"{plan.n_clips} of {len(plan.clips)} clips each, every clip equally often over participants")
    return lines


def _way(plan: Plan) -> list[str]:
    kinds = list(dict.fromkeys(step["kind"] for step in plan.sample))
    return [" -> ".join(kinds)]


def _download(plan: Plan) -> list[str]:
    """A sound that comes twice is fetched twice: from one that was not, anybody could tell that it is a repeat."""
    steps = [(KINDS[step["kind"]], SimpleNamespace(**step)) for step in plan.sample]
    n_bytes = sum(plan.stimuli.files.n_bytes(sound) for kind, step in steps for sound in kind.sounds(step))
    return [f"about {n_bytes / 1e6:.3g} MB of sound per participant, if every attempt is needed"]


def _absent_parts(d: Definition) -> list[str]:
    """Parts a reviewer would ask for."""
    expected = {kind.absent: kind.part(d) for kind in KINDS.values() if kind.absent} | {
        "[checks] attention: nothing tells who does not listen": d.checks.attention,
        "[checks] repeats: the reliability of a listener stays unknown": d.checks.repeats,
        "contact: participants cannot ask anybody": d.contact,
        "[completion] code or unique": d.completion.code or d.completion.unique or d.completion.redirect,
    }
    return [name for name, part in expected.items() if not part]


def _without_effect(plan: Plan) -> list[str]:
    """Parts of the file that change nothing as the rest of it stands."""
    has_break = any(step["kind"] == "break" for step in plan.sample)
    return (
        ["[breaks] comes nowhere: there is one block, and no every_trials that divides it"]
        if plan.definition.breaks and not has_break
        else []
    )


def _absent_texts(d: Definition) -> list[str]:
    """Translations that a participant would get in another language."""
    absent = [
        f"messages in {code} (study/design/messages/{code}.json)"
        for code in d.languages
        if not (FOLDER / f"{code}.json").exists()
    ]
    for language in d.languages:
        keys = sorted(set(_untranslated(d.model_dump(mode="json"), language, "")))
        absent += [f"{', '.join(keys[:4])}{' ...' if len(keys) > 4 else ''} in {language}"] if keys else []
    return absent


def _untranslated(part, language: str, path: str):
    if isinstance(part, list):
        for number, item in enumerate(part):
            yield from _untranslated(item, language, f"{path}[{number}]")
    elif isinstance(part, dict):
        if "en" in part and all(isinstance(text, str) for text in part.values()):
            if language not in part:
                yield path
            return
        for key, item in part.items():
            yield from _untranslated(item, language, f"{path}.{key}".lstrip("."))
