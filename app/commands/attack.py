"""The command that attacks the blindness of a study."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.places import Set, set_folder

if TYPE_CHECKING:
    from app.participant.attack import Outcome

RECEIVED, UNMASKED = "as received", "with the masks taken off"


def attack(
    file: Annotated[Path | None, typer.Argument(help="Study file; default: the shipped one.")] = None,
    stimuli_set: Set = None,
    sessions: Annotated[int, typer.Option("-n", min=3, help="Number of sessions.")] = 8,
) -> None:
    """Try to identify the conditions from what a browser receives, without decoding a sound.

    The study is served on 127.0.0.1 with a database of its own, which is deleted afterwards.
    """
    from rich.console import Console
    from rich.progress import Progress

    from study.design.definition import load

    name = stimuli_set or load(file).stimuli
    folder = set_folder(name)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(f"{sessions} sessions", total=None)
        outcomes = attacked(file, folder, sessions, lambda: progress.advance(bar))
    for heading, outcome in outcomes.items():
        typer.echo(f"{heading}:")
        for held, found in (("clips", outcome.by_clip), ("sessions", outcome.by_session)):
            recall = ", ".join(f"{name} {share:.2f}" for name, share in found.recall.items())
            typer.echo(
                f"  {held} held out: accuracy {found.accuracy:.3f}, 95 % CI {found.low:.3f} to {found.high:.3f}, "
                f"chance {found.chance:.3f} ({recall})"
            )
        typer.echo(
            f"  {outcome.n_hashes_known} of {outcome.n_sounds} sounds known by a hash; {outcome.n_repeats_linked} of "
            f"{outcome.n_repeats} repeats linked to their first presentation (chance {outcome.repeats_by_chance:.1f})"
        )
    if not outcomes[RECEIVED].is_blind:
        raise ValueError(
            "Conditions were identified above chance from what a browser receives; chance alone does that in about "
            "one run of twenty, so take more sessions."
        )


def attacked(
    file: Path | None, folder: Path, sessions: int, on_answer: Callable[[], None] = lambda: None
) -> dict[str, Outcome]:
    """Serve the study, take sessions, attack them; the `app.participant.attack.Outcome` with masks and without."""
    from app.participant.attack import Wiretap, evaluate
    from app.rehearsal.serving import served
    from study.design.stimuli import StimulusSet
    from study.records.export import ratings

    hashes = {row.sha256 for row in StimulusSet.load(folder).rows}
    with (
        tempfile.TemporaryDirectory(prefix="semantic-eq-attack-") as place,
        served(place, file, folder) as (url, engine),
    ):
        tap = Wiretap(url, on_answer=on_answer)
        tap.run(sessions, concurrency=2)
        table = ratings(engine, simulated=True)
    received = {RECEIVED: tap.masked, UNMASKED: tap.unmasked}
    return {heading: evaluate(table, sounds, tap.headers, hashes) for heading, sounds in received.items()}
