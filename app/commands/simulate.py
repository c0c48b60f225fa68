"""Commands of the simulate group: simulated participants at a running study."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO
from urllib.parse import parse_qsl, urlsplit

import typer

from app.commands.places import set_folder

if TYPE_CHECKING:
    from app.participant.simulated import Crowd, Tally
    from study.design.stimuli import StimulusSet


def register(cli: typer.Typer) -> None:
    """Add this group's commands to ``cli``."""
    cli.command()(simulate)


def simulate(
    n: Annotated[int, typer.Option("-n", min=1, help="Number of participants.")] = 12,
    url: Annotated[
        str, typer.Option(help="Where the study is served; several replicas separated by commas.")
    ] = "http://127.0.0.1:7860",
    concurrency: Annotated[int, typer.Option(min=1, help="How many take part at the same time.")] = 12,
    seed: Annotated[int, typer.Option(help="The same seed gives the same listeners.")] = 0,
    log: Annotated[Path | None, typer.Option(help="File for one JSON line per acknowledged rating.")] = None,
    stimuli_set: Annotated[
        str, typer.Option("--set", help="Stimulus set that listeners recognise sounds by: a name or a folder.")
    ] = "default",
    effect: Annotated[
        list[str] | None,
        typer.Option(
            help="True effect in points (in pairs, log-worth): CONDITION=POINTS or "
            "DESCRIPTOR:CONDITION=POINTS; may be repeated."
        ),
    ] = None,
    noise: Annotated[float, typer.Option(min=0, help="SD of a rating's noise, in points.")] = 1.0,
    bias: Annotated[float, typer.Option(min=0, help="SD of the listeners' means, in points.")] = 0.6,
    clip: Annotated[float, typer.Option(min=0, help="SD of the clips' own values, in points.")] = 0.4,
    sensitivity: Annotated[float, typer.Option(min=0, help="d' in ABX per point of effect.")] = 2.0,
    same: Annotated[
        float,
        typer.Option(help="Log of how often two equal sounds are called the same, relative to either being chosen."),
    ] = -1.0,
    lapse: Annotated[float, typer.Option(min=0, max=1, help="Share of ratings that are random.")] = 0.02,
    inattentive: Annotated[float, typer.Option(min=0, max=1, help="Share of listeners who answer at random.")] = 0.05,
    dropout: Annotated[float, typer.Option(min=0, max=1, help="Share of listeners who leave before the end.")] = 0.0,
    think: Annotated[float, typer.Option(min=0, help="Seconds before each answer.")] = 0.0,
    fetch_audio: Annotated[
        bool, typer.Option(help="Download every sound, even without a set to recognise it by.")
    ] = False,
    wait: Annotated[float, typer.Option(min=0, help="Seconds that the server may be away.")] = 300.0,
    links: Annotated[
        Path | None,
        typer.Option(help="File of `study links` or `study invite`: what each participant comes with, one per line."),
    ] = None,
) -> None:
    """Take simulated participants through a running study that allows them (`serve --allow-simulated`)."""
    from rich.console import Console
    from rich.progress import Progress

    from app.participant.simulated import Crowd
    from study.design.listeners import EFFECTS, Model

    arrivals = _arrivals(links, n) if links else []
    effects = _effects(effect) if effect else dict(EFFECTS)
    model = Model(effects, noise, bias, clip, lapse, inattentive, dropout, sensitivity, same)
    stimuli = _stimuli(stimuli_set)
    console = Console()
    if stimuli is None:
        console.print(
            f"No stimulus set {stimuli_set}: listeners hear nothing, so no effect is in their ratings.", markup=False
        )
    crowd = Crowd(url, model, stimuli, seed, wait, think, fetch_audio, arrivals)
    trials = crowd.welcome()["trials"]
    started = time.monotonic()
    with _opened(log) as file, Progress(console=console, transient=True) as progress:
        bar = progress.add_task(f"{n} simulated participants", total=n * trials)
        crowd.log, crowd.on_answer = file, lambda: progress.advance(bar)
        tally = take_part(crowd, n, concurrency)
    seconds = time.monotonic() - started
    console.print(
        f"{tally.finished} of {n} finished, {tally.dropped_out} dropped out; {tally.responses} responses acknowledged "
        f"in {seconds:.1f} s ({tally.responses / max(seconds, 1e-9):.0f} per second), {tally.retries} retries.",
        highlight=False,
        soft_wrap=True,
    )


def take_part(crowd: Crowd, n: int, concurrency: int) -> Tally:
    """Take the participants through; raise one sentence where several failed alike."""
    try:
        return crowd.run(n, concurrency)
    except ExceptionGroup as group:
        mistakes, others = group.split((ValueError, OSError))
        if others is not None:
            raise
        raise _first(mistakes or group) from None


def _first(group: ExceptionGroup) -> Exception:
    error: Exception = group
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _effects(options: list[str]) -> dict[str, float]:
    effects = {}
    for option in (part for text in options for part in text.split(",")):
        name, _, points = option.partition("=")
        try:
            effects[name.strip()] = float(points)
        except ValueError:
            raise ValueError(f"--effect is {option!r}; write it as semantic=0.9 or warm:semantic=0.9.") from None
    return effects


def _stimuli(name: str) -> StimulusSet | None:
    """The set by name or folder; None where there is none."""
    from study.design.stimuli import StimulusSet

    folder = set_folder(name)
    return StimulusSet.load(folder) if (folder / "manifest.json").exists() else None


def _arrivals(path: Path, n: int) -> list[dict[str, Any]]:
    """What ``n`` participants bring: the query of a link, or an invitation code."""
    import csv

    with path.open(encoding="utf-8-sig", newline="") as file:
        last = [row[-1].strip() for row in csv.reader(file) if row and row[-1].strip()]
    found = [arrival_of(text) for text in last if text != "link"]  # the header of `study links`
    if len(found) < n:
        raise ValueError(f"{path} has {len(found)} links or codes for {n} participants: each needs one of their own.")
    return found


def arrival_of(text: str) -> dict[str, Any]:
    """What a participant brings who has a link or an invitation code."""
    parameters = dict(parse_qsl(urlsplit(text).query)) if "?" in text else {"invitation": text}
    invitation = parameters.pop("invitation", None)
    return {"parameters": parameters} | ({"invitation": invitation} if invitation else {})


def _opened(path: Path | None) -> AbstractContextManager[TextIO | None]:
    if path is None:
        return nullcontext()
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("w", encoding="utf-8")
