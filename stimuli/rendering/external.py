"""A condition made elsewhere: one file per clip and descriptor, by a plug-in, another system or a human engineer.

`semantic-eq stimuli export --sources` gives the excerpts to start from. A file belongs to a clip and a descriptor by
its name: ``piano_warm.wav``, ``piano-warm.flac``, ``warm_piano.wav``, ``piano/warm.wav`` or ``warm/piano.wav``. It
must have the excerpt's length and rate and lie on it in time, or else the condition could be recognised by what is no
EQ.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.signal import coherence

from stimuli.music import audio
from stimuli.rendering.likeness import check_only_equalised
from stimuli.rendering.named_files import NamedFiles

_LENGTH_TOLERANCE_S = 0.001
_LAG_TOLERANCE_S = 0.001
_LONGEST_LAG_S = 0.5
_LEAST_COHERENCE = 0.3
_SILENCE_DBFS = -60


class External:
    """The files of a folder as a condition."""

    model_hash = None

    def __init__(self, folder: str | Path):
        self.folder = Path(folder).expanduser()
        if not self.folder.is_dir():
            raise ValueError(f"There is no folder {self.folder}; external:FOLDER names one with the rendered files.")
        self._files = NamedFiles(self.folder)

    @property
    def fingerprint(self) -> str:
        """A hash of all files, so that a file rendered anew is noticed."""
        return self._files.fingerprint

    def find(self, clip: str, descriptor: str) -> Path:
        """The file for a clip and a descriptor."""
        if path := self._files.find(f"{clip} {descriptor}", f"{descriptor} {clip}"):
            return path
        raise ValueError(f"{self.folder} has no file for {clip} and {descriptor}, such as {clip}_{descriptor}.wav.")

    def render(self, excerpt: np.ndarray, sample_rate_hz: int, clip: str, descriptor: str) -> tuple[np.ndarray, None]:
        """The file's audio, once it is sure that it is this excerpt: float32 of the excerpt's shape."""
        path = self.find(clip, descriptor)
        sound, rate_hz = audio.read(path)
        if rate_hz != sample_rate_hz:
            raise ValueError(f"{path.name} has {rate_hz} Hz, but the set {sample_rate_hz} Hz; render it at that rate.")
        missing = excerpt.shape[1] - sound.shape[1]
        if abs(missing) > _LENGTH_TOLERANCE_S * rate_hz:
            raise ValueError(
                f"{path.name} lasts {sound.shape[1] / rate_hz:.3f} s, but the excerpt of {clip} "
                f"{excerpt.shape[1] / rate_hz:.3f} s; render the whole excerpt and nothing more."
            )
        if sound.shape[0] > 2:
            raise ValueError(f"{path.name} has {sound.shape[0]} channels; render it in mono or stereo.")
        sound = np.pad(sound, ((0, 0), (0, max(0, missing))))[:, : excerpt.shape[1]]
        sound = np.repeat(sound, 2, axis=0) if sound.shape[0] == 1 else sound
        check_aligned(sound, excerpt, rate_hz, path.name, clip)
        check_only_equalised(sound, excerpt, rate_hz, path.name, clip)
        return sound, None


def check_aligned(sound: np.ndarray, excerpt: np.ndarray, rate_hz: int, name: str, clip: str) -> None:
    """Raise a ValueError unless a sound is the excerpt, at the same time.

    The lag is where the whitened cross-correlation (GCC-PHAT) of both peaks; an EQ moves it by less than a millisecond.
    """
    if round(20 * np.log10(np.abs(sound).max() + 1e-12), 3) < _SILENCE_DBFS:
        raise ValueError(f"{name} is silent: its highest sample is below {_SILENCE_DBFS} dBFS; was it rendered empty?")
    other = excerpt.mean(axis=0)
    # Where one channel is inverted, which is another fault than this, the mean is in the difference.
    ways = [sound.mean(axis=0), (sound[0] - sound[1]) / 2]
    likeness, lag = max(
        (_coherence(*_aligned(way, other, lag), rate_hz), lag) for way in ways for lag in _lags(way, other, rate_hz)
    )
    if likeness < _LEAST_COHERENCE:
        raise ValueError(f"{name} does not sound like the excerpt of {clip}; was it rendered from another one?")
    if abs(lag) > _LAG_TOLERANCE_S * rate_hz:
        when = "later" if lag > 0 else "earlier"
        raise ValueError(
            f"{name} comes {abs(lag) / rate_hz * 1000:.1f} ms ({abs(lag)} samples) {when} than the excerpt of {clip}; "
            "render it with the plug-in's delay compensated."
        )


def _lags(one: np.ndarray, other: np.ndarray, rate_hz: int) -> set[int]:
    """Samples by which ``one`` may come later: none, and where the whitened cross-correlation peaks."""
    n_fft = 1 << (2 * one.size - 1).bit_length()
    cross = np.fft.rfft(one, n_fft) * np.conj(np.fft.rfft(other, n_fft))
    correlation = np.fft.irfft(cross / (np.abs(cross) + 1e-6 * np.abs(cross).max() + 1e-30))
    n_lags = round(_LONGEST_LAG_S * rate_hz)
    lags = np.concatenate([correlation[-n_lags:], correlation[: n_lags + 1]])
    return {0, int(np.abs(lags).argmax()) - n_lags}


def _aligned(one: np.ndarray, other: np.ndarray, lag: int) -> tuple[np.ndarray, np.ndarray]:
    """What the two have in common where ``one`` comes ``lag`` samples later."""
    size = one.size - abs(lag)
    return one[max(lag, 0) :][:size], other[max(-lag, 0) :][:size]


def _coherence(one: np.ndarray, other: np.ndarray, rate_hz: int) -> float:
    with np.errstate(invalid="ignore", divide="ignore"):  # silence is like nothing
        frequency_hz, likeness = coherence(one, other, rate_hz, nperseg=4096)
    return float(np.nan_to_num(likeness[(frequency_hz > 100) & (frequency_hz < 8000)]).mean())
