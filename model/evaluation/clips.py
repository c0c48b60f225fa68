"""The clips that systems are asked for: excerpts of recordings, and recordings with a known EQ on them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from model.training.sources import audio_files, is_held_out
from model.training.sources.base import read_excerpt, require_folder

CLIP_S = 10.0


@dataclass(frozen=True)
class Clip:
    """A named excerpt: ``audio`` float32 [channels, samples]."""

    name: str
    audio: np.ndarray
    sample_rate: float


def read_clips(
    folder: Path, at_most: int = 40, held_out_only: bool = False, track: Callable[[list[Any]], Iterable[Any]] = iter
) -> list[Clip]:
    """Read 10 s from the middle of recordings under ``folder``, evenly spread over it; silent ones are left out.

    Raises ValueError if there are no recordings, or none that training's rule holds out where only those are wanted.
    """
    files = audio_files(require_folder(folder, "clips"))
    wanted = [file for file in files if is_held_out(file)] if held_out_only else files
    if at_most < 1:
        raise ValueError(f"At most {at_most} clips were to be read: evaluation needs one or more.")
    if not wanted:
        reason = "none of them is held out from training." if files else "are they elsewhere?"
        raise ValueError(f"{folder} holds {len(files)} WAV, FLAC, OGG, OPUS, MP3 or AIFF files: {reason}")
    picks = np.unique(np.linspace(0, len(wanted) - 1, min(at_most, len(wanted))).round().astype(int))
    clips = [_read_clip(wanted[index], folder) for index in track(list(picks))]
    usable = [clip for clip in clips if clip is not None]
    if not usable:
        raise ValueError(f"None of the {len(clips)} recordings tried in {folder} could be read, or all are silent.")
    return usable


def read_pairs(clips: Iterable[Clip], folder: Path, seconds: float = CLIP_S) -> list[tuple[Clip, Clip]]:
    """Read two excerpts, from the middle of either half, of those among ``clips`` that last twice as long."""
    pairs = []
    for clip in clips:
        file = folder / clip.name
        if soundfile.info(file).duration >= 2 * seconds:
            first, second = (_read_clip(file, folder, place, seconds) for place in (0.25, 0.75))
            if first is not None and second is not None:
                pairs.append((first, second))
    return pairs


def _read_clip(file: Path, folder: Path, place: float = 0.5, seconds: float = CLIP_S) -> Clip | None:
    try:
        duration_s = soundfile.info(file).duration
        audio, rate = read_excerpt(file, max(0.0, duration_s * place - seconds / 2), seconds)
    except (ValueError, OSError, soundfile.SoundFileError) as error:
        warnings.warn(f"{file} is left out: {error}", stacklevel=2)
        return None
    if len(audio) < rate or np.abs(audio).max() < 1e-3 or not np.isfinite(audio).all():
        warnings.warn(f"{file} is left out: it is shorter than a second or silent.", stacklevel=2)
        return None
    return Clip(str(file.relative_to(folder)), np.ascontiguousarray(audio.T), rate)


def filtered(audio: np.ndarray, sample_rate: float, frequencies_hz: np.ndarray, gains_db: np.ndarray) -> np.ndarray:
    """Return ``audio`` [channels, samples] with the given response, interpolated over log frequency, zero phase."""
    bins_hz = np.maximum(np.fft.rfftfreq(audio.shape[1], 1 / sample_rate), frequencies_hz[0])
    response = 10 ** (np.interp(np.log(bins_hz), np.log(frequencies_hz), gains_db) / 20)
    return np.fft.irfft(np.fft.rfft(audio) * response, audio.shape[1]).astype(np.float32)
