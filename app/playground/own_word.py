"""One listener's own word: what judgements teach of it, and the versions that are compared in the end.

The page hands in all judgements each time. Nothing of a listener is kept here.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from app.playground import hearing
from app.playground.equalisers import FIT_RATE_HZ, Equalisers, scaled

if TYPE_CHECKING:
    from model import EQParams, PersonalWord
    from model.personal import Prior

Judgements = tuple[tuple[tuple[float, ...], float], ...]
MOST_JUDGEMENTS = 10
COVERAGE = 0.8


def learned(descriptor: str, judgements: Judgements) -> dict[str, Any]:
    """The curve so far with its interval at `hearing.centres_hz`, what to judge next, and the word as a file.

    Parameters
    ----------
    descriptor : the word.
    judgements : settings of 13 parameters, each with its rating from -1 to 1.

    Raises
    ------
    ValueError
        For an unknown word, a setting that is none or changes no timbre, or a rating off the scale.
    """
    word = _taught(descriptor, judgements)
    frequencies_hz = hearing.centres_hz()
    low_db, high_db = word.interval(frequencies_hz, FIT_RATE_HZ, COVERAGE)
    curves = {"response_db": word.response(frequencies_hz, FIT_RATE_HZ), "low_db": low_db, "high_db": high_db}
    return {
        **{name: np.round(curve, 2).tolist() for name, curve in curves.items()},
        "next": word.next().to_safe() if len(judgements) < MOST_JUDGEMENTS else None,
        "file": word.to_json(),
    }


def versions(equalisers: Equalisers, descriptor: str, judgements: Judgements) -> dict[str, list[EQParams]]:
    """The listener's own word, what SAFE-DB's people meant by it, and its fixed curve, at each intensity.

    The first two are as strong as each other, so that what differs is what was learned.
    """
    own = _proposed(_taught(descriptor, judgements))
    return scaled({"personal": own, "everybody": _of_everybody(descriptor), "static": equalisers.fixed(descriptor)})


def _taught(descriptor: str, judgements: Judgements) -> PersonalWord:
    from model import EQParams, PersonalWord

    word = PersonalWord(_prior(), descriptor)  # never a file's name: this comes from a client
    for parameters, rating in judgements:
        word.rate(EQParams.from_safe(parameters), rating)
    return word


@cache
def _prior() -> Prior:
    from model.personal import Prior

    return Prior.load()


@cache
def _of_everybody(descriptor: str) -> EQParams:
    return _proposed(_taught(descriptor, ()))


def _proposed(word: PersonalWord) -> EQParams:
    return word.propose(np.zeros((1, 1)), FIT_RATE_HZ)  # it only checks that there is audio
