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
# Kinds of samples that hold more than the 16 bits in which most formats are written unless another is named.
_FINER = ("PCM_24", "PCM_32", "FLOAT", "DOUBLE")


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

    if path.is_dir():
        raise ValueError(f"{path} is a folder, where a recording is expected.")
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
        _take_no_weights(condition, weights)
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
    if condition == "match":
        _take_no_weights(condition, weights)
    equaliser: Any = model.MatchEQ() if condition == "match" else _reference_eq(weights)
    return equaliser.propose(audio, sample_rate_hz, *read(reference), intensity=intensity)


def _take_no_weights(condition: str, weights: Path | None) -> None:
    if weights is not None:
        raise ValueError(
            f"The condition {condition!r} has no weights: leave out --weights, or name another --condition."
        )


def is_unsure(audio: np.ndarray, sample_rate_hz: int) -> bool:
    """Whether there is nothing in a sound that a word could be said of, so that the semantic equaliser leaves it."""
    return load_semantic(None).certainty(audio, sample_rate_hz) == 0


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


def write(path: Path, audio: np.ndarray, sample_rate_hz: int, source: Path) -> None:
    """Write audio [channels, samples] in the format that ends ``path``, as finely as the recording that it was made of.

    Raises
    ------
    ValueError
        When the format cannot hold it, its folder is not there, or ``path`` is the recording itself.
    """
    import soundfile as sf

    if path.exists() and path.samefile(source):
        raise ValueError(f"{path} is the recording itself: give another file to write.")
    if not path.parent.is_dir():
        raise ValueError(f"There is no folder {path.parent} to write {path.name} to.")
    try:
        sf.write(path, audio.T, sample_rate_hz, subtype=_subtype(path, source))
    except (sf.LibsndfileError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} cannot be written ({error}): does its ending name a format that holds this?"
        ) from None


def _subtype(path: Path, source: Path) -> str | None:
    """How samples are to be written; None is the format's own, of 16 bits where it has them."""
    import soundfile as sf

    try:
        found = sf.info(source).subtype
    except sf.LibsndfileError:
        return None
    finer = (found, "PCM_24") if found in _FINER else ()
    return next((kind for kind in finer if sf.check_format(path.suffix[1:].upper(), kind)), None)
