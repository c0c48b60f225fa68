"""Recordings that libsndfile cannot read (AAC, ALAC, WMA, WavPack ...): decoded by the libraries of FFmpeg in PyAV.

For files of the experimenter's own only: what anybody may upload is read by libsndfile, in a process of its own.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile as sf

SUFFIXES = frozenset(
    {".m4a", ".m4b", ".mp4", ".mov", ".aac", ".ac3", ".eac3", ".wma", ".webm", ".mka", ".mkv", ".wv", ".ape", ".tta"}
)


def decode(path: Path, stream: int, max_duration_s: float) -> BinaryIO:
    """One audio stream of a file, decoded into a WAV file in memory.

    Raises
    ------
    ValueError
        When it cannot be read, has no such stream, holds no sound, or is longer than ``max_duration_s``; one sentence.
    """
    import av

    try:
        with av.open(str(path)) as container:
            rate_hz = container.streams.audio[stream].rate
            blocks = _blocks(container, stream)
            return _as_wav(blocks, rate_hz, path.name, max_duration_s)
    except IndexError:
        raise ValueError(f"{path.name} has no audio stream {stream + 1}: it is damaged or no recording.") from None
    except av.FFmpegError as error:
        raise ValueError(
            f"{path.name} cannot be read ({error.strerror}): it is damaged, protected or another kind of file."
        ) from None


def too_long(name: str, max_duration_s: float) -> str:
    """The sentence about a recording that is longer than allowed."""
    return f"{name} is longer than the {max_duration_s / 60:g} minutes allowed."


def _blocks(container: object, stream: int) -> Iterator[np.ndarray]:
    """The stream's frames as float32 [samples, channels], whatever the format that they were stored in."""
    from av.audio.resampler import AudioResampler

    as_float = AudioResampler(format="fltp")
    for frame in container.decode(container.streams.audio[stream]):  # type: ignore[attr-defined]
        for block in as_float.resample(frame):
            yield block.to_ndarray().T


def _as_wav(blocks: Iterator[np.ndarray], rate_hz: int, name: str, max_duration_s: float) -> BinaryIO:
    first = next(blocks, None)
    if first is None:
        raise ValueError(f"{name} holds no sound.")
    file = io.BytesIO()
    n_left = int(max_duration_s * rate_hz) - len(first)
    with sf.SoundFile(file, "w", rate_hz, first.shape[1], subtype="FLOAT", format="WAV") as wav:
        wav.write(first)
        for block in blocks:
            n_left -= len(block)
            if n_left < 0:
                raise ValueError(too_long(name, max_duration_s))
            wav.write(block)
    file.seek(0)
    file.name = name
    return file
