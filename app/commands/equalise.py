"""Commands that equalise and describe: one file at a time."""

from pathlib import Path
from typing import Annotated

import typer

from model import CONDITIONS

# The first is the default: it leaves less of the distance to another recording (docs/model-card.md).
BY_REFERENCE = ("match", "reference")

Weights = Annotated[Path | None, typer.Option(help="Weights other than the shipped ones.")]
ClapPlace = Annotated[
    str | None, typer.Option(help="With --weights of CLAP: its folder or hub name, if not where it was in training.")
]


def register(cli: typer.Typer) -> None:
    """Add this group's commands to ``cli``."""
    for command in (process, profile):
        cli.command()(command)


def process(
    source: Annotated[Path, typer.Argument(metavar="IN", help="Recording to equalise (WAV, FLAC, OGG, MP3 ...).")],
    destination: Annotated[Path, typer.Argument(metavar="OUT", help="File to write; its ending names the format.")],
    descriptor: Annotated[
        str | None,
        typer.Option(
            help='Word to take the sound to, or a blend: "warm:0.5,bright:0.3"; any phrase with --weights of CLAP.'
        ),
    ] = None,
    reference: Annotated[
        Path | None, typer.Option(help="In place of a word, a recording that the sound is taken to.")
    ] = None,
    condition: Annotated[
        str | None,
        typer.Option(
            help=f"One of {', '.join(CONDITIONS)} (default: semantic), or with --reference of "
            f"{', '.join(BY_REFERENCE)} (default: {BY_REFERENCE[0]})."
        ),
    ] = None,
    intensity: Annotated[float, typer.Option(help="0 (untouched) to 1.")] = 1.0,
    weights: Weights = None,
    clap: ClapPlace = None,
) -> None:
    """Equalise one file towards a word, or towards another recording."""
    import numpy as np
    import soundfile as sf
    from rich import print as show

    if (descriptor is None) == (reference is None):
        raise ValueError("Give either a word (--descriptor) or a recording (--reference) to take the sound to.")
    audio, sample_rate = _read(source)
    if reference is not None:
        params = _propose_by_reference(condition or BY_REFERENCE[0], weights, audio, sample_rate, reference, intensity)
    else:
        params = _propose(condition or "semantic", weights, clap, audio, sample_rate, descriptor, intensity)
    output = params.apply(audio, sample_rate)
    peak = float(np.abs(output).max())
    if peak > 1:
        output = output / np.float32(peak)
        show(f"Turned down by {20 * np.log10(peak):.1f} dB, since the equalised sound would clip.")
    try:
        sf.write(destination, output.T, sample_rate)
    except (sf.LibsndfileError, TypeError, ValueError) as error:
        raise ValueError(f"{destination} cannot be written ({error}): is its folder there, its ending known?") from None
    for band, gain_db, hz in zip(_BANDS, params.gains_db, params.frequencies_hz, strict=True):
        show(f"{band:10s} {gain_db:+5.1f} dB at {hz:7.0f} Hz")
    show(f"Wrote {destination}")


_BANDS = ("low shelf", "peaking", "peaking", "peaking", "high shelf")


def _read(path: Path):
    """Return audio float32 [channels, samples] and its sample rate, or raise a ValueError naming the file."""
    import soundfile as sf

    if not path.is_file():
        raise ValueError(f"There is no file {path}.")
    try:
        audio, sample_rate = sf.read(path, dtype="float32", always_2d=True)
    except sf.LibsndfileError as error:
        raise ValueError(f"{path} cannot be read as audio ({error}): is it WAV, FLAC, OGG, OPUS or MP3?") from None
    if len(audio) == 0:
        raise ValueError(f"{path} holds no audio.")
    return audio.T, sample_rate


def load_semantic(weights: Path | None, clap: str | None = None):
    """Return the equaliser of the kind that ``weights`` holds, the shipped one without them."""
    from model import SemanticEQ, checkpoint

    if weights is not None and checkpoint.kind_of(weights) == "clap":
        from model.clap import ClapEQ

        return ClapEQ.load(weights, clap)
    if clap is not None:
        raise ValueError("--clap needs --weights that `semantic-eq train --clap` wrote: none are shipped.")
    return SemanticEQ.load(weights)


def _propose(
    condition: str, weights: Path | None, clap: str | None, audio, sample_rate: int, descriptor: str, intensity: float
):
    import model

    if condition in BY_REFERENCE:
        raise ValueError(f"The condition {condition!r} needs a recording to take the sound to: give --reference.")
    if condition not in CONDITIONS:
        raise ValueError(f"Unknown condition {condition!r} (known: {', '.join(CONDITIONS)}).")
    if condition == "original":
        return model.EQParams.flat()
    is_semantic = condition == "semantic"
    equaliser = load_semantic(weights, clap) if is_semantic else model.systems()[condition].load(weights)
    return equaliser.propose(audio, sample_rate, descriptor, intensity=intensity)


def _propose_by_reference(
    condition: str, weights: Path | None, audio, sample_rate: int, reference: Path, intensity: float
):
    import model

    if condition not in BY_REFERENCE:
        raise ValueError(
            f"The condition {condition!r} takes no reference: those that do are {', '.join(BY_REFERENCE)}."
        )
    equaliser = model.MatchEQ() if condition == "match" else model.ReferenceEQ.load(weights)
    return equaliser.propose(audio, sample_rate, *_read(reference), intensity=intensity)


def profile(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="Recording to describe.")],
    step: Annotated[float, typer.Option(help="Seconds from one line to the next.")] = 5.0,
    window: Annotated[float, typer.Option(help="Seconds that each line listens to.")] = 10.0,
    csv: Annotated[Path | None, typer.Option(help="Write the profile to this file as well.")] = None,
    weights: Weights = None,
    clap: ClapPlace = None,
) -> None:
    """Show how much a recording already sounds like each word, over time (0: usual for music, 1: as if equalised)."""
    from rich.console import Console
    from rich.progress import track
    from rich.table import Table

    from model.profile import profile as measure
    from model.profile import write_csv

    audio, sample_rate = _read(source)
    eq = load_semantic(weights, clap)
    rows = measure(eq, audio, sample_rate, step, window, lambda items: track(items, "Listening", transient=True))
    table = Table("time", *eq.descriptors)
    for row in rows:
        cells = ["silent"] * len(eq.descriptors) if row.scores is None else [f"{v:+.1f}" for v in row.scores.values()]
        table.add_row(f"{row.start_s:.0f}-{row.stop_s:.0f} s", *cells)
    Console().print(table)
    if csv is not None:
        write_csv(csv, rows, eq.descriptors)
