"""Commands of the model group: equalise a file, train, evaluate, profile."""

from pathlib import Path
from typing import Annotated

import typer

CONDITIONS = ("original", "semantic", "flow", "static")


def register(cli: typer.Typer) -> None:
    """Add this group's commands to ``cli``."""
    cli.command()(process)


def process(
    source: Annotated[Path, typer.Argument(metavar="IN", help="Recording to equalise (WAV, FLAC, OGG, MP3 ...).")],
    destination: Annotated[Path, typer.Argument(metavar="OUT", help="File to write; its ending names the format.")],
    descriptor: Annotated[str, typer.Option(help='Word to take the sound to, or a blend: "warm:0.5,bright:0.3".')],
    condition: Annotated[str, typer.Option(help=f"One of {', '.join(CONDITIONS)}.")] = "semantic",
    intensity: Annotated[float, typer.Option(help="0 (untouched) to 1.")] = 1.0,
    weights: Annotated[Path | None, typer.Option(help="Weights other than the shipped ones.")] = None,
) -> None:
    """Equalise one file towards a word."""
    import numpy as np
    import soundfile as sf
    from rich import print as show

    audio, sample_rate = _read(source)
    params = _propose(condition, weights, audio, sample_rate, descriptor, intensity)
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


_BANDS = ("low shelf", "bell", "bell", "bell", "high shelf")


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


def _propose(condition: str, weights: Path | None, audio, sample_rate: int, descriptor: str, intensity: float):
    import model

    if condition not in CONDITIONS:
        raise ValueError(f"Unknown condition {condition!r}: expected one of {', '.join(CONDITIONS)}.")
    if condition == "original":
        return model.EQParams.flat()
    system = {"semantic": "SemanticEQ", "flow": "FlowEQ", "static": "StaticEQ"}[condition]
    equaliser = getattr(model, system).load(weights)
    return equaliser.propose(audio, sample_rate, descriptor, intensity=intensity)
