"""Read recordings within bounds and take the excerpt that stands for each.

Audio is float32 [channels, samples]. A recording is decoded block by block and given up as soon as it proves longer
or larger than the limits, whatever its header claims, so that no file can fill the memory.

The excerpt is a window that is energetic (about the loudness of the recording's louder parts, so neither its fade-in
nor its one climax), sounds like the whole (its spectrum in octaves is near the recording's), has no gap, and begins
at an onset.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile as sf
import soxr

from stimuli.music import containers

_BLOCK = 1 << 16
_HOP_S = 0.25
_EDGES_HZ = 31.25 * 2.0 ** np.arange(10)
_FADE_IN_S, _FADE_OUT_S = 0.02, 0.3
_FRAME_S = 0.01
_LOUD_SHARE = 0.75
_SILENT_PEAK = 1e-3


@dataclass(frozen=True)
class Limits:
    """What a recording may be; beyond it, it is refused with a sentence."""

    max_bytes: int = 1 << 30
    max_duration_s: float = 30 * 60
    max_channels: int = 8
    rate_hz: tuple[int, int] = (8000, 192000)


@dataclass(frozen=True)
class Excerpt:
    """A part of a recording: float32 [2, samples], its rate and where in the recording it begins."""

    audio: np.ndarray
    sample_rate_hz: int
    start_s: float

    @property
    def duration_s(self) -> float:
        return self.audio.shape[1] / self.sample_rate_hz

    @property
    def content(self) -> str:
        """A hash of the samples."""
        return hashlib.sha256(self.audio.tobytes()).hexdigest()


def read(file: str | Path | BinaryIO, limits: Limits | None = None) -> tuple[np.ndarray, int]:
    """Decode a whole recording.

    Parameters
    ----------
    file
        A path, or an open binary file such as an upload.
    limits
        Bounds on size, duration, channels and rate.

    Returns
    -------
    tuple
        float32 [channels, samples] and the sample rate in Hz.

    Raises
    ------
    ValueError
        When it is not audio, broken, empty, silent in its samples (not a number) or beyond the limits; in one sentence.
    """
    limits = limits or Limits()
    with _opened(file, limits) as sound:
        blocks = list(_blocks(sound, limits, _name(file)))
        rate_hz = sound.samplerate
    audio = np.concatenate(blocks).T if blocks else np.zeros((1, 0), np.float32)
    if audio.shape[1] == 0:
        raise ValueError(f"{_name(file)} holds no sound at all; it was probably cut off while being written.")
    return np.ascontiguousarray(audio), rate_hz


def excerpt(
    file: str | Path | BinaryIO,
    sample_rate_hz: int,
    duration_s: float,
    limits: Limits | None = None,
    start_s: float | None = None,
) -> Excerpt:
    """The stretch of a recording that stands for it, stereo, resampled, faded at both ends; the same one every time.

    It begins at ``start_s`` where that is given.

    Raises
    ------
    ValueError
        As `read`, and when the recording is silent, shorter than two seconds, or has no such stretch.
    """
    limits = limits or Limits()
    name = _name(file)
    with _opened(file, limits) as sound:
        rate_hz = sound.samplerate
        features, n_samples = _features(sound, limits, name)
        start = _choose(features, n_samples, rate_hz, duration_s, name)
        n_wanted = round(duration_s * rate_hz)
        latest = max(0, n_samples - n_wanted)
        if start_s is None:
            start = _at_onset(sound, start, latest, name)
        else:
            start = _checked_start(start_s, latest / rate_hz, rate_hz, name)
        part = _segment(sound, start, n_wanted, name)
    part = resample(_stereo(part), rate_hz, sample_rate_hz)[:, : round(duration_s * sample_rate_hz)]
    return Excerpt(fade(part, sample_rate_hz), sample_rate_hz, round(start / rate_hz, 3))


def blocks(file: str | Path | BinaryIO, limits: Limits | None = None) -> Iterator[tuple[np.ndarray, int]]:
    """A recording block by block, float32 [samples, channels], each with the sample rate in Hz; errors as `read`."""
    limits = limits or Limits()
    with _opened(file, limits) as sound:
        for block in _blocks(sound, limits, _name(file)):
            yield block, sound.samplerate


def resample(audio: np.ndarray, from_hz: int, to_hz: int) -> np.ndarray:
    """Change the sample rate of float32 [channels, samples] (soxr, very high quality)."""
    if from_hz == to_hz:
        return audio
    return np.ascontiguousarray(soxr.resample(audio.T, from_hz, to_hz, quality="VHQ").T)


def fade(audio: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """Raised-cosine fades at both ends, short enough to be heard as an edit and not as a part of the music."""
    audio = audio.copy()
    for seconds, part in ((_FADE_IN_S, np.s_[:, :]), (_FADE_OUT_S, np.s_[:, ::-1])):
        n = min(round(seconds * sample_rate_hz), audio.shape[1])
        audio[part][:, :n] *= np.sin(np.linspace(0, np.pi / 2, n, dtype=np.float32)) ** 2
    return audio


@contextmanager
def _opened(file: str | Path | BinaryIO, limits: Limits) -> Iterator[sf.SoundFile]:
    """Open a recording and check what its header says."""
    name = _name(file)
    if isinstance(file, str | Path):
        _check_file(Path(file), limits)
        if Path(file).suffix.lower() in containers.SUFFIXES:
            file = containers.decode(Path(file), 0, limits.max_duration_s)
    try:
        with sf.SoundFile(file) as sound:
            _check_header(sound, limits, name)
            yield sound
    except (sf.LibsndfileError, TypeError) as error:
        reason = str(getattr(error, "error_string", "") or error).strip().rstrip(".")
        raise ValueError(
            f"{name} cannot be read as WAV, FLAC, OGG, OPUS, MP3 or AIFF ({reason}); "
            "it is damaged or another kind of file."
        ) from None


def _check_file(path: Path, limits: Limits) -> None:
    if path.is_symlink() and not path.exists():
        raise ValueError(f"{path.name} is a link to {path.readlink()}, which is not there.")
    size = path.stat().st_size
    if size == 0:
        raise ValueError(f"{path.name} is empty (0 bytes).")
    if size > limits.max_bytes:
        raise ValueError(f"{path.name} has {size / 1e6:.0f} MB, more than the {limits.max_bytes / 1e6:.0f} MB allowed.")


def _check_header(sound: sf.SoundFile, limits: Limits, name: str) -> None:
    low, high = limits.rate_hz
    if not low <= sound.samplerate <= high:
        raise ValueError(f"{name} has a sample rate of {sound.samplerate} Hz; {low} to {high} Hz can be used.")
    if sound.channels > limits.max_channels:
        raise ValueError(f"{name} has {sound.channels} channels; at most {limits.max_channels} can be used.")
    # Streams of unknown length claim the largest number there is: those are measured while they are read.
    if 0 < sound.frames < 2**62 and sound.frames / sound.samplerate > limits.max_duration_s:
        raise ValueError(containers.too_long(name, limits.max_duration_s))


def _blocks(sound: sf.SoundFile, limits: Limits, name: str) -> Iterator[np.ndarray]:
    """The recording in blocks of float32 [samples, channels], stopping with an error at the limits."""
    n_left = int(limits.max_duration_s * sound.samplerate)
    while True:
        block = sound.read(_BLOCK, dtype="float32", always_2d=True)
        if not len(block):
            return
        n_left -= len(block)
        if n_left < 0:
            raise ValueError(containers.too_long(name, limits.max_duration_s))
        if not np.isfinite(block).all():
            raise ValueError(f"{name} holds samples that are not numbers; it was written by a faulty program.")
        yield block


def _features(sound: sf.SoundFile, limits: Limits, name: str) -> tuple[np.ndarray, int]:
    """The energy in each octave of each quarter of a second, [hops, bands], and the true number of samples."""
    hop = round(_HOP_S * sound.samplerate)
    window = np.hanning(hop).astype(np.float32)
    bands = np.searchsorted(_EDGES_HZ, np.fft.rfftfreq(hop, 1 / sound.samplerate))
    rows, rest, n_samples, peak = [], np.zeros(0, np.float32), 0, 0.0
    for block in _blocks(sound, limits, name):
        n_samples += len(block)
        peak = max(peak, float(np.abs(block).max()))
        rest = np.concatenate([rest, block.mean(axis=1)])
        n_hops = len(rest) // hop
        power = np.abs(np.fft.rfft(rest[: n_hops * hop].reshape(n_hops, hop) * window, axis=1)) ** 2
        rows.append(np.stack([power[:, bands == band].sum(axis=1) for band in range(1, len(_EDGES_HZ) + 1)], axis=1))
        rest = rest[n_hops * hop :]
    if n_samples < 2 * sound.samplerate:
        raise ValueError(f"{name} lasts {n_samples / sound.samplerate:.2g} s; a clip needs at least 2 s.")
    features = np.concatenate(rows) / hop**2
    if not _sounds(features) and peak > _SILENT_PEAK:
        raise ValueError(f"{name} is out of phase: its channels cancel each other; invert the polarity of one.")
    return features, n_samples


def _sounds(features: np.ndarray) -> bool:
    return bool(features[:, 1:9].sum(axis=1).max() >= 1e-12)


def _choose(features: np.ndarray, n_samples: int, rate_hz: int, duration_s: float, name: str) -> int:
    """The first sample of the best window (see the module's description)."""
    # Bands below 60 Hz and above 8 kHz say little about loudness; octave weights stand in for the K curve.
    energy = features[:, 1:9].sum(axis=1)
    if not _sounds(features):
        raise ValueError(f"{name} is silent; a clip needs sound.")
    level_db = 10 * np.log10(energy + 1e-12)
    n_hops = round(duration_s / _HOP_S)
    if len(level_db) <= n_hops:
        return 0
    windows = np.lib.stride_tricks.sliding_window_view
    mean_db = 10 * np.log10(windows(energy, n_hops).mean(axis=1) + 1e-12)
    target_db = np.quantile(mean_db, _LOUD_SHARE)
    off_level = np.abs(mean_db - target_db) + np.maximum(0, target_db - mean_db)
    gap = np.maximum(0, mean_db - windows(level_db, n_hops).min(axis=1) - 20)
    shape_db = _centred_db(windows(features, n_hops, axis=0).mean(axis=2))
    whole_db = _centred_db(features[level_db > target_db - 12].mean(axis=0))
    unlike = np.abs(shape_db - whole_db).mean(axis=-1)
    # A beginning at an onset: the hop that starts the window is louder than the one before it.
    rise = np.diff(level_db, prepend=level_db[0])[: len(mean_db)]
    cost = off_level + 0.2 * gap + 0.5 * unlike - 0.3 * np.clip(rise, 0, 6)
    return min(int(cost.argmin()) * round(_HOP_S * rate_hz), n_samples - round(duration_s * rate_hz))


def _centred_db(power: np.ndarray) -> np.ndarray:
    level_db = 10 * np.log10(power + 1e-12)
    return level_db - level_db.mean(axis=-1, keepdims=True)


def _at_onset(sound: sf.SoundFile, start: int, latest: int, name: str) -> int:
    """Move a start to just before the clearest attack within half a second, so that no note is cut in two."""
    frame = round(_FRAME_S * sound.samplerate)
    part = _segment(sound, start, round(2 * _HOP_S * sound.samplerate), name).mean(axis=0)
    power = (part[: len(part) // frame * frame].reshape(-1, frame) ** 2).mean(axis=1)
    if len(power) < 3:
        return start
    rise_db = np.diff(10 * np.log10(power + 1e-8))
    return min(start + max(0, int(rise_db.argmax()) - 1) * frame, latest)


def _checked_start(start_s: float, latest_s: float, rate_hz: int, name: str) -> int:
    if not 0 <= round(start_s, 3) <= round(latest_s, 3):
        raise ValueError(f"The excerpt of {name} is to begin at {start_s:g} s; 0 to {latest_s:.2f} s leave it whole.")
    return min(round(start_s * rate_hz), int(latest_s * rate_hz))


def _segment(sound: sf.SoundFile, start: int, n_samples: int, name: str) -> np.ndarray:
    try:
        sound.seek(start)
        return np.ascontiguousarray(sound.read(n_samples, dtype="float32", always_2d=True).T)
    except sf.LibsndfileError as error:
        raise ValueError(f"{name} cannot be played from {start / sound.samplerate:.1f} s on ({error}).") from None


def _stereo(audio: np.ndarray) -> np.ndarray:
    """Mono on both sides; of more than two channels, the first two."""
    return np.repeat(audio, 2, axis=0) if audio.shape[0] == 1 else audio[:2]


def _name(file: str | Path | BinaryIO) -> str:
    return Path(file).name if isinstance(file, str | Path) else str(getattr(file, "name", "The recording"))
