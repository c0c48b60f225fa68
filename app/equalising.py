"""One recording equalised by name: the functions behind `semantic-eq process` and the workbench's equaliser."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model import CONDITIONS

if TYPE_CHECKING:
    import numpy as np

    from model import EQParams

# The first is the default: it leaves less of the distance to another recording (docs/model-card.md).
BY_REFERENCE = ("match", "reference")


def read(path: Path) -> tuple[np.ndarray, int]:
    """A recording's audio, float32 [channels, samples], and its sample rate in Hz.

    Raises
    ------
    ValueError
        When it is not there, no audio, or empty; in one sentence that names the file.
    """
    import soundfile as sf

    from stimuli.music import audio as recordings
    from stimuli.music import containers

    if not path.is_file():
        raise ValueError(f"There is no file {path}.")
    if path.suffix.lower() in containers.SUFFIXES:
        return recordings.read(path)
    try:
        audio, sample_rate_hz = sf.read(path, dtype="float32", always_2d=True)
    except sf.LibsndfileError as error:
        raise ValueError(f"{path} cannot be read as audio ({error}): is it WAV, FLAC, OGG, OPUS or MP3?") from None
    if len(audio) == 0:
        raise ValueError(f"{path} holds no audio.")
    return audio.T, sample_rate_hz


def load_semantic(weights: Path | None, clap: str | None = None) -> Any:
    """The equaliser of the kind that ``weights`` holds, the shipped one without them."""
    from model import SemanticEQ, checkpoint

    if weights is not None and checkpoint.kind_of(weights) == "clap":
        from model.clap import ClapEQ

        return ClapEQ.load(weights, clap)
    if clap is not None:
        raise ValueError("--clap needs --weights that `semantic-eq train --clap` wrote: none are shipped.")
    return SemanticEQ.load(weights)


def propose(
    condition: str,
    audio: np.ndarray,
    sample_rate_hz: int,
    descriptor: str,
    intensity: float,
    weights: Path | None = None,
    clap: str | None = None,
) -> EQParams:
    """The EQ of a condition towards a word, or a blend such as ``warm:0.5,bright:0.3``."""
    import model

    if condition in BY_REFERENCE:
        raise ValueError(f"The condition {condition!r} needs a recording to take the sound to: give --reference.")
    if condition not in CONDITIONS:
        raise ValueError(f"Unknown condition {condition!r} (known: {', '.join(CONDITIONS)}).")
    if condition == "original":
        return model.EQParams.flat()
    is_semantic = condition == "semantic"
    equaliser: Any = load_semantic(weights, clap) if is_semantic else model.systems()[condition].load(weights)
    return equaliser.propose(audio, sample_rate_hz, descriptor, intensity=intensity)


def propose_by_reference(
    condition: str,
    audio: np.ndarray,
    sample_rate_hz: int,
    reference: Path,
    intensity: float,
    weights: Path | None = None,
) -> EQParams:
    """The EQ of a condition towards another recording."""
    import model

    if condition not in BY_REFERENCE:
        raise ValueError(
            f"The condition {condition!r} takes no reference: those that do are {', '.join(BY_REFERENCE)}."
        )
    equaliser: Any = model.MatchEQ() if condition == "match" else _reference_eq(weights)
    return equaliser.propose(audio, sample_rate_hz, *read(reference), intensity=intensity)


@cache
def _reference_eq(weights: Path | None) -> Any:
    from model import ReferenceEQ

    return ReferenceEQ.load(weights)


def apply(params: EQParams, audio: np.ndarray, sample_rate_hz: int) -> tuple[np.ndarray, float]:
    """The equalised audio, and by how many dB it is turned down so that it does not clip."""
    import numpy as np

    output = params.apply(audio, sample_rate_hz)
    peak = float(np.abs(output).max())
    if peak <= 1:
        return output, 0.0
    return output / np.float32(peak), float(20 * np.log10(peak))
