"""Look at recordings before a set is built of them: how long and loud each is, which excerpt is taken, what is odd."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from stimuli.music.clips import Clip
from stimuli.music.oddities import oddities, same_as
from stimuli.rendering import loudness

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
    return Recording(
        clip,
        length_s,
        rate_hz,
        sound.shape[0],
        excerpt.start_s,
        excerpt.duration_s,
        loudness.integrated_lufs(excerpt.audio, rate_hz),
        _peaks(sound),
        excerpt.content,
        oddities([(sound.T, rate_hz)], duration_s),
    )


def inspect_each(clips: Sequence[Clip], duration_s: float) -> Iterator[Recording]:
    """Look at one clip after another, and say of those that hold the same excerpt as an earlier one."""
    first: dict[str, Recording] = {}
    for clip in clips:
        recording = inspect(clip, duration_s)
        same = first.setdefault(recording.content or clip.name, recording)
        if same is not recording:
            recording = replace(recording, warnings=(*recording.warnings, same_as(same.clip.name)))
        yield recording


def _peaks(sound: np.ndarray) -> tuple[float, ...]:
    parts = np.array_split(np.abs(sound).max(axis=0), min(N_PEAKS, sound.shape[1]))
    return tuple(round(float(part.max()), 3) for part in parts)
