"""The attack on blindness, on what the simulated listeners received."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from app.participant.attack import Outcome, Wiretap, evaluate, n_known
from app.rehearsal.findings import Finding, Verdict, counted
from study.design.stimuli import StimulusSet

BLINDNESS = "Blindness"


def attack(tap: Wiretap, ratings: pd.DataFrame, stimuli: StimulusSet, again: Callable[[], Outcome]) -> Finding:
    """Try to tell the conditions from what was received.

    Parameters
    ----------
    again
        The same attack on new sessions: chance alone succeeds in one of twenty, and hardly twice.
    """
    hashes = {row.sha256 for row in stimuli.rows}
    if n := n_known(tap.masked, tap.headers, hashes):
        said = f"{n} of {counted(len(tap.masked), 'sound')} can be looked up by a hash"
        return Finding(BLINDNESS, Verdict.FAILED, said)
    try:
        outcome = evaluate(ratings, tap.masked, tap.headers, hashes)
    except ValueError as error:  # what it needs this study does not have
        return Finding(BLINDNESS, Verdict.NOTED, f"no sound is known by its hash; nothing else was tried: {error}")
    return judged(outcome, again)


def judged(outcome: Outcome, again: Callable[[], Outcome]) -> Finding:
    """Give the finding of an attack, which is repeated where it succeeded."""
    if outcome.is_blind:
        return Finding(BLINDNESS, Verdict.PASSED, _outcome_text(outcome))
    outcome = again()
    if outcome.is_blind:
        return Finding(BLINDNESS, Verdict.PASSED, f"{_outcome_text(outcome)} (after one attack above chance)")
    said = f"conditions are told apart twice: {_outcome_text(outcome)}"
    return Finding(BLINDNESS, Verdict.FAILED, said)


def _outcome_text(outcome: Outcome) -> str:
    found = outcome.by_session
    return (
        f"from {counted(outcome.n_sounds, 'sound')} as received an attacker guesses {found.accuracy:.0%} of the "
        f"conditions, chance is {found.chance:.0%}"
    )
