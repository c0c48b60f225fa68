"""Simulated listeners: how a participant of a stated model would answer, for dry runs, load tests and power.

A rating is the scale's middle + the listener's bias + the condition's true effect + the clip's own value + noise,
rounded and held within the scale. In a paired comparison a condition's effect is its log-worth (Bradley-Terry, with
Davidson's ties): the difference of two effects is the log-odds of choosing the one. In ABX ``sensitivity`` times that
difference is d', of a listener who compares X with A and with B (Macmillan & Creelman, 2005, chapter 9). A lapse is a
random answer. An inattentive listener answers at random and does not read instructions. All numbers
are in points of the scale, standard deviations for what varies. The same seed gives the same listeners.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any

from study.design.questions import DESCRIPTOR
from study.design.stimuli import Stimulus
from study.kinds import KINDS

EFFECTS = {"semantic": 0.9, "static": 0.6, "flow": 0.4, "personal": 1.2}
MEDIAN_RT_MS = 1800.0
MODEL_RANGE = 6
JUDGEMENT_SD = 0.3  # of judgements of probes around their true correlation with the listener's own curve
Ear = Callable[[Stimulus], float]


@dataclass(frozen=True)
class Model:
    """What all listeners share; ``effects`` by condition, or by ``descriptor:condition``, those not named being 0.

    ``same`` is the log of how often equals are called so, relative to one of them being chosen, where that may be
    said; ``position`` is what standing first adds to a log-worth.
    """

    effects: Mapping[str, float] = field(default_factory=lambda: dict(EFFECTS))
    noise_sd: float = 1.0
    bias_sd: float = 0.6
    clip_sd: float = 0.4
    lapse: float = 0.02
    inattentive: float = 0.05
    dropout: float = 0.0
    sensitivity: float = 2.0
    same: float = -1.0
    position: float = 0.0

    def __post_init__(self) -> None:
        for name in ("lapse", "inattentive", "dropout"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}, but it is a share of listeners or trials: 0 to 1.")
        for name in ("noise_sd", "bias_sd", "clip_sd"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}, but a standard deviation is not negative.")
        if self.sensitivity < 0:
            raise ValueError(f"sensitivity is {self.sensitivity}, but d' per point of effect is not negative.")

    def effect(self, sound: Stimulus, question: str = DESCRIPTOR) -> float:
        """How many points a sound is rated above its original.

        An attribute has the effects named with it (``quality:flow``), the descriptor those of a condition too.
        """
        if question != DESCRIPTOR:
            return self.effects.get(f"{question}:{sound.condition}", 0.0)
        both = f"{sound.descriptor}:{sound.condition}"
        return self.effects.get(both, self.effects.get(sound.condition or "", 0.0))


class Listener:
    """One simulated participant."""

    def __init__(self, model: Model, seed: object, ear: Ear | None = None) -> None:
        self._model = model
        self.rng = random.Random(f"{seed}")
        self._bias = self.rng.gauss(0, model.bias_sd)
        self._inattentive = self.rng.random() < model.inattentive
        self._drops_out = self.rng.random() < model.dropout
        self._leaves_at = self.rng.random()
        self.ear = ear

    def leaves(self, progress: Mapping[str, Any]) -> bool:
        """Whether the listener closes the page at this point of the way."""
        return self._drops_out and progress["done"] >= self._leaves_at * progress["total"]

    def answer(self, step: Mapping[str, Any], heard: Sequence[Stimulus | None]) -> dict[str, Any]:
        """The answer to a step; ``heard`` is what each of its sounds is, None where that is not known."""
        return KINDS[step["kind"]].simulate(self, step, heard)

    def telemetry(self, step: Mapping[str, Any]) -> dict[str, Any]:
        """What the player would measure."""
        if not KINDS[step["kind"]].is_trial:
            return {}
        rt_ms = round(self.rng.lognormvariate(0, 0.5) * (300 if self._inattentive else MEDIAN_RT_MS), 1)
        heard_s = round(step["duration_s"], 3)
        counts = {"plays": 1, "rating_changes": int(self.rng.random() < 0.1), "focus_losses": 0, "underruns": 0}
        n = len(step["sounds"])
        each = {"plays": 1, "heard_s": heard_s, "first_play_ms": 50.0}
        several = {"sounds": [each] * n} if n > 1 else {}
        return (
            {
                "rt_ms": rt_ms,
                "rt_start_ms": rt_ms + n * heard_s * 1000 + 50,
                "first_play_ms": 50.0,
                "heard_s": n * heard_s,
            }
            | counts
            | several
        )

    def reply(self, step: Mapping[str, Any], question: Mapping[str, Any], sound: Stimulus | None) -> Any:
        """An answer to one question about a sound."""
        if question["type"] == "choice":
            return self.rng.choice(question["options"])["value"]
        if question["type"] == "text":
            return "A simulated listener."[: question["max_length"]]
        return self.rate(step, question, sound)

    def rate(self, step: Mapping[str, Any], question: Mapping[str, Any], sound: Stimulus | None) -> int:
        """A rating on the question's scale; the model's points are those of a scale of seven."""
        low, high = question["low"], question["high"]
        if self._lapses():
            return self.rng.randint(low, high)
        if step["notice"] and (named := re.search(r"-?\d+", step["notice"])):
            return int(named.group())
        if sound and sound.expected is not None:
            return sound.expected
        points = self._bias + self.rng.gauss(0, self._model.noise_sd)
        if sound:
            points += self._model.effect(sound, question["name"]) + self._liking(sound)
        return min(max(round((low + high) / 2 + points * (high - low) / MODEL_RANGE), low), high)

    def compare(self, step: Mapping[str, Any], first: Stimulus | None, second: Stimulus | None) -> tuple[str, int]:
        """Which side of a paired comparison is chosen (``a``, ``b``, or ``same``), and how clearly, from 1 up."""
        sides = ["a", "b", *(["same"] if step["no_difference"] else [])]
        if self._lapses():
            return self.rng.choice(sides), self.rng.randint(1, step["strengths"] or 1)
        if step["notice"] and (named := re.search("(?<![A-Za-z])[AB](?![A-Za-z])", step["notice"])):
            return named.group().lower(), 1
        effects = [self._model.effect(sound) if sound else 0.0 for sound in (first, second)]
        difference = effects[0] - effects[1] + self._model.position
        odds = [math.exp(difference / 2), math.exp(-difference / 2), math.exp(self._model.same)]
        (side,) = self.rng.choices(sides, odds[: len(sides)])
        strength = 1 + round(abs(difference + self.rng.gauss(0, 0.5)))
        return side, min(strength, step["strengths"] or 1)

    def judge(self, sound: Stimulus | None) -> float:
        """How much a probe sounds like the listener's own word, -1 to 1; ``ear`` says it without the noise."""
        if sound is None or self.ear is None or self._lapses():
            return self.rng.uniform(-1, 1)
        return min(max(self.ear(sound) + self.rng.gauss(0, JUDGEMENT_SD), -1.0), 1.0)

    def match(self, a: Stimulus | None, b: Stimulus | None, x: Stimulus | None) -> str:
        """What X is taken for, ``a`` or ``b``."""
        if self._lapses() or a is None or b is None or x is None:
            return self.rng.choice("ab")
        d_prime = self._model.sensitivity * abs(self._model.effect(a) - self._model.effect(b))
        right, wrong = ("a", "b") if x.condition == a.condition else ("b", "a")
        return right if self.rng.random() < share_correct(d_prime) else wrong

    def _lapses(self) -> bool:
        return self._inattentive or self.rng.random() < self._model.lapse

    def _liking(self, sound: Stimulus) -> float:
        """A clip's own value for a descriptor: the same for all listeners."""
        if sound.clip is None:
            return 0.0
        return random.Random(f"{sound.clip}/{sound.descriptor}").gauss(0, self._model.clip_sd)

    def choose(self, sound: Stimulus | None, n: int) -> int:
        """Which of ``n`` intervals of a sound is the different one, from 1."""
        if sound is None or sound.expected is None or self._inattentive:
            return self.rng.randint(1, n)
        return sound.expected


def share_correct(d_prime: float) -> float:
    """The share of right answers in ABX at a sensitivity d', of an unbiased observer who listens independently."""
    below = NormalDist().cdf
    pair, half = d_prime / math.sqrt(2), d_prime / 2
    return below(pair) * below(half) + below(-pair) * below(-half)
