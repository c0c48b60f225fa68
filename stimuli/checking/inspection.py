"""Look at recordings before a set is built of them: how long and loud each is, which excerpt is taken, what is odd.

An oddity is a warning, not a refusal: the experimenter may want the recording as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.signal import welch

from stimuli.music.clips import Clip
from stimuli.rendering import loudness

FULL_SCALE = 0.9995
CLIPPED_SAMPLES, MOST_CLIPPED_RUNS = 3, 10  # so many samples in a row at full scale; so often
ONE_SIDED_DB = 20.0
NARROW_BAND_HZ = 10_000.0
BAND_FLOOR_DB = -90.0  # below the spectrum's maximum, where a band counts as empty
N_PEAKS = 600


@dataclass(frozen=True)
class Recording:
    """What is known of a clip's source.

    Attributes
    ----------
    clip
        The clip; its ``start_s`` is where its excerpt begins once it was moved by hand.
    length_s, sample_rate_hz, channels
        Of the whole recording.
    start_s, duration_s
        The excerpt's place in it.
    lufs
        The excerpt's loudness, before it is matched; minus infinity for what is too quiet to have one.
    peaks
        Highest absolute samples of `N_PEAKS` equal parts, to be drawn.
    content
        A hash of the excerpt's samples.
    warnings
        Sentences about what is odd.
    refused
        Why it cannot be used; None where it can.
    """

    clip: Clip
    length_s: float = 0.0
    sample_rate_hz: int = 0
    channels: int = 0
    start_s: float = 0.0
    duration_s: float = 0.0
    lufs: float = -np.inf
    peaks: tuple[float, ...] = ()
    content: str = ""
    warnings: tuple[str, ...] = ()
    refused: str | None = None


def inspect(clip: Clip, duration_s: float) -> Recording:
    """Look at one clip, of which an excerpt of ``duration_s`` is to be taken."""
    try:
        sound, rate_hz = clip.read()
        excerpt = clip.excerpt(rate_hz, duration_s)
    except (ValueError, OSError) as error:
        return Recording(clip, refused=str(error))
    length_s = sound.shape[1] / rate_hz
    found = [oddity(sound, rate_hz) for oddity in (_clipped, _one_sided, _narrow)]
    return Recording(
        clip,
        length_s,
        rate_hz,
        sound.shape[0],
        excerpt.start_s,
        excerpt.duration_s,
        loudness.integrated_lufs(excerpt.audio, rate_hz),
        _peaks(sound),
        hashlib.sha256(excerpt.audio.tobytes()).hexdigest(),
        tuple(text for text in (_short(length_s, duration_s), *found) if text),
    )


def inspect_each(clips: Sequence[Clip], duration_s: float) -> Iterator[Recording]:
    """Look at one clip after another, and say of those that hold the same excerpt as an earlier one."""
    first: dict[str, Recording] = {}
    for clip in clips:
        recording = inspect(clip, duration_s)
        same = first.setdefault(recording.content or clip.name, recording)
        if same is not recording:
            warning = f"It holds the same sound as {same.clip.name}."
            recording = replace(recording, warnings=(*recording.warnings, warning))
        yield recording


def _short(length_s: float, duration_s: float) -> str | None:
    if round(length_s, 2) >= round(duration_s, 2):
        return None
    return f"It lasts {length_s:.1f} s, less than the excerpt of {duration_s:g} s, and is taken whole."


def _clipped(sound: np.ndarray, rate_hz: int) -> str | None:
    full = np.abs(sound) >= FULL_SCALE  # clipped samples stay together, whatever their sign
    runs = np.lib.stride_tricks.sliding_window_view(full, CLIPPED_SAMPLES, axis=1).all(axis=2)
    n_runs = int((np.diff(runs.astype(np.int8), axis=1, prepend=0) == 1).sum())
    return None if n_runs < MOST_CLIPPED_RUNS else f"It is clipped in {n_runs} places."


def _one_sided(sound: np.ndarray, rate_hz: int) -> str | None:
    if sound.shape[0] != 2:
        return None
    left, right = 10 * np.log10((sound.astype(np.float64) ** 2).mean(axis=1) + 1e-12)
    if round(abs(left - right), 2) < ONE_SIDED_DB:
        return None
    return f"Its {'right' if left > right else 'left'} side is {abs(left - right):.0f} dB quieter than the other."


def _narrow(sound: np.ndarray, rate_hz: int) -> str | None:
    band_hz = bandwidth_hz(sound, rate_hz)
    return None if band_hz >= NARROW_BAND_HZ else f"It has nothing above {band_hz / 1000:.1f} kHz."


def bandwidth_hz(sound: np.ndarray, rate_hz: int) -> float:
    """The highest frequency that is within 90 dB of the spectrum's maximum."""
    n_fft = min(2048, sound.shape[1])
    frequencies_hz, power = welch(sound.mean(axis=0), rate_hz, window="blackmanharris", nperseg=n_fft)
    level_db = 10 * np.log10(power + 1e-30)
    return float(frequencies_hz[np.flatnonzero(level_db > level_db.max() + BAND_FLOOR_DB)[-1]])


def _peaks(sound: np.ndarray) -> tuple[float, ...]:
    parts = np.array_split(np.abs(sound).max(axis=0), min(N_PEAKS, sound.shape[1]))
    return tuple(round(float(part.max()), 3) for part in parts)
