"""Simulated listeners through the running server, who also keep what an attacker would receive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.commands.simulate import arrival_of, take_part
from app.participant.attack import Wiretap
from app.rehearsal.findings import Finding, Tell, Verdict, counted
from study import recruitment
from study.design.definition import Definition
from study.design.listeners import EFFECTS, Model
from study.design.stimuli import StimulusSet

if TYPE_CHECKING:
    from sqlalchemy import Engine

LISTENERS = "Simulated listeners"
AT_THE_SAME_TIME = 4
WAIT_S = 60.0  # the server is in this very process: it is never away, but the machine may be busy
# Nobody leaves or answers at random: what is rehearsed is the study, not its screening.
MODEL = Model(dict(EFFECTS), inattentive=0.0, dropout=0.0)


def crowd(address: str, stimuli: StimulusSet, arrivals: Sequence[dict[str, Any]], seed: int = 0) -> Wiretap:
    """Give listeners who are ready to take part, one for each arrival."""
    return Wiretap(address, MODEL, stimuli, seed, wait_s=WAIT_S, arrivals=list(arrivals), keeps_unmasked=False)


def take(tap: Wiretap, tell: Tell) -> Finding:
    """Take the listeners of a crowd through the whole study."""
    n = len(tap.arrivals)
    total, done = n * tap.welcome()["trials"], 0

    def on_answer() -> None:
        nonlocal done
        done += 1
        tell(min(done, total), total)

    tap.on_answer = on_answer
    tally = take_part(tap, n, AT_THE_SAME_TIME)
    said = f"{tally.finished} of {n} reached the end through the running server, "
    said += f"{counted(tally.responses, 'answer')} stored"
    return Finding(LISTENERS, Verdict.PASSED if tally.finished == n else Verdict.FAILED, said)


def arrivals(engine: Engine, definition: Definition, n: int, named: str) -> list[dict[str, Any]]:
    """Give what ``n`` participants bring, as the study asks for it: ids, signed links, invitation codes."""
    rules = definition.recruitment
    found: list[dict[str, Any]] = [{} for _ in range(n)]
    if rules.id_parameter:
        links = recruitment.links(engine, [f"{named}-{number}" for number in range(n)], "http://127.0.0.1")
        found = [arrival_of(link) for link in links]
    if rules.invitation:
        codes = recruitment.invite(engine, n, "rehearsal")
        found = [each | {"invitation": code} for each, code in zip(found, codes, strict=True)]
    return found
