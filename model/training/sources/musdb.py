"""MUSDB18 (Rafii et al., 2017): ``train`` and ``test`` folders of songs with four stems.

MUSDB18 has one ``.stem.mp4`` per song, five AAC streams: mixture, drums, bass, other, vocals; they are read with PyAV,
which brings its own decoder. MUSDB18-HQ has one folder per song with a WAV file for each.
"""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import soundfile
from av import AudioFrame, AudioStream
from av.container import InputContainer

from model.training.sources.base import FileSource, choose_start_s, read_excerpt, require_folder

STEMS = ("drums", "bass", "other", "vocals")
SPLITS = ("train", "test")
STEM_GAIN_DB = (-9.0, 3.0)
STEM_PROBABILITY = 0.8
ACROSS_PROBABILITY = 0.3
# Seeking lands on packets of 1024 samples, and an AAC decoder needs a few of them to settle.
_LEAD_IN_S = 0.15


class MUSDB(FileSource):
    """Excerpts of songs, mixed anew from their stems: each stem takes part with probability 0.8 and its own gain.

    Three excerpts in ten are mixed across songs: each stem is drawn from any of them.

    Parameters
    ----------
    path : path
        The folder of ``train`` and ``test``, or one that holds songs itself.
    sample_rate : int, Hz
    duration_s : float
    split : "train" or "test", optional
        Both by default.
    remix : bool
        False gives the songs as their makers mixed them.
    """

    def __init__(
        self, path: str | Path, sample_rate: int, duration_s: float, split: str | None = None, remix: bool = True
    ):
        path = require_folder(path, "MUSDB18's train and test")
        if split not in (None, *SPLITS):
            raise ValueError(f"The MUSDB18 split is {split!r}, not train or test.")
        songs = [song for song in find_songs(path) if split is None or song.parent.name == split]
        if not songs:
            raise ValueError(
                f"{path} holds no .stem.mp4 file and no folder with {', '.join(STEMS)} as WAV"
                f"{f' under {split}' if split else ''}: is it MUSDB18 or MUSDB18-HQ?"
            )
        super().__init__(songs, str(path), sample_rate, duration_s)
        self.remix = remix
        self._alone = [_Stem(songs, str(path), sample_rate, duration_s, index) for index in range(len(STEMS))]

    @property
    def skipped(self) -> dict[str, str]:
        of_stems = {path: reason for source in self._alone for path, reason in source.skipped.items()}
        return {**of_stems, **super().skipped}

    def excerpt(self, rng: np.random.Generator) -> np.ndarray:
        if not self.remix or rng.uniform() >= ACROSS_PROBABILITY:
            return super().excerpt(rng)
        gains = stem_gains(rng)
        playing = [gain * source.excerpt(rng) for gain, source in zip(gains, self._alone, strict=True) if gain]
        return np.stack(playing).sum(axis=0).astype(np.float32)

    def read(self, item: Path, rng: np.random.Generator) -> np.ndarray:
        gains = stem_gains(rng) if self.remix else np.ones(len(STEMS))
        return self.fit(*mixed(item, gains, rng, self.duration_s))


class _Stem(FileSource):
    """Excerpts of one stem of songs; of those that are silent another one is drawn."""

    def __init__(self, songs: list[Path], place: str, sample_rate: int, duration_s: float, index: int):
        super().__init__(songs, place, sample_rate, duration_s)
        self._gains = np.eye(len(STEMS))[index]

    def read(self, item: Path, rng: np.random.Generator) -> np.ndarray:
        return self.fit(*mixed(item, self._gains, rng, self.duration_s))


def mixed(song: Path, gains: np.ndarray, rng: np.random.Generator, duration_s: float) -> tuple[np.ndarray, int]:
    """Return an excerpt of a song's stems in these gains, float32 [samples, channels], and its rate."""
    available_s = song_duration_s(song)
    start_s = choose_start_s(rng, available_s, duration_s)
    stems, file_rate = read_stems(song, start_s, min(duration_s, available_s))
    return np.einsum("s,snc->nc", gains, stems).astype(np.float32), file_rate


def find_songs(path: Path) -> list[Path]:
    """Return MUSDB18's stem files and MUSDB18-HQ's song folders under ``path``."""
    folders = {file.parent for file in path.rglob("drums.wav")}
    whole = {folder for folder in folders if all((folder / f"{stem}.wav").is_file() for stem in STEMS)}
    return sorted({*path.rglob("*.stem.mp4"), *whole}, key=lambda song: song.relative_to(path).as_posix())


def song_duration_s(song: Path) -> float:
    """Return how long a song lasts."""
    if song.is_dir():
        return min(soundfile.info(song / f"{stem}.wav").duration for stem in STEMS)
    with av.open(str(song)) as container:
        return min(float((stream.duration or 0) * (stream.time_base or 0)) for stream in _streams(container))


def stem_gains(rng: np.random.Generator) -> np.ndarray:
    """Draw a gain for each stem, 0 for one that is left out; at least one plays."""
    playing = rng.uniform(size=len(STEMS)) < STEM_PROBABILITY
    playing[rng.integers(len(STEMS))] = True
    return playing * 10 ** (rng.uniform(*STEM_GAIN_DB, size=len(STEMS)) / 20)


def read_stems(song: Path, start_s: float, duration_s: float) -> tuple[np.ndarray, int]:
    """Return drums, bass, other and vocals, float32 [4, samples, channels], and their rate."""
    if song.is_dir():
        stems = [read_excerpt(song / f"{stem}.wav", start_s, duration_s) for stem in STEMS]
    else:
        stems = _decode(song, start_s, duration_s)
    rates, n = {rate for _, rate in stems}, min(len(audio) for audio, _ in stems)
    if len(rates) > 1 or len({audio.shape[1] for audio, _ in stems}) > 1:
        raise ValueError("its stems differ in sample rate or number of channels")
    rate = rates.pop()
    if n < round((duration_s - _LEAD_IN_S) * rate):
        raise ValueError(f"it breaks off: {n / rate:.2f} of {duration_s:.2f} s could be read from {start_s:.1f} s on")
    return np.stack([audio[:n] for audio, _ in stems]), rate


def _decode(song: Path, start_s: float, duration_s: float) -> list[tuple[np.ndarray, int]]:
    with av.open(str(song)) as container:
        streams = _streams(container)
        container.seek(int(max(start_s - _LEAD_IN_S, 0) * av.time_base))
        return [
            _collect(decoded, start_s, duration_s) for decoded in _frames(container, streams[1:], start_s + duration_s)
        ]


def _streams(container: InputContainer) -> list[AudioStream]:
    streams = list(container.streams.audio)
    if len(streams) != 1 + len(STEMS):
        raise ValueError(f"it has {len(streams)} audio streams, expected the mixture and {len(STEMS)} stems")
    return streams


def _frames(container: InputContainer, streams: list[AudioStream], end_s: float) -> list[list[AudioFrame]]:
    """Return each stream's decoded frames as far as ``end_s``."""
    frames: dict[int, list[AudioFrame]] = {stream.index: [] for stream in streams}
    unfinished = set(frames)
    for packet in container.demux(streams):
        for frame in packet.decode():
            if not isinstance(frame, AudioFrame):
                continue
            frames[packet.stream.index].append(frame)
            if frame.time is not None and frame.time > end_s:
                unfinished.discard(packet.stream.index)
        if not unfinished:
            break
    return list(frames.values())


def _collect(frames: list[AudioFrame], start_s: float, duration_s: float) -> tuple[np.ndarray, int]:
    if not frames or frames[0].time is None:
        raise ValueError(f"nothing could be decoded from {start_s:.1f} s on")
    rate = frames[0].sample_rate
    audio = np.concatenate([frame.to_ndarray() for frame in frames], axis=1).T
    first = max(round((start_s - frames[0].time) * rate), 0)
    wanted = round(duration_s * rate)
    return audio[first : first + wanted].astype(np.float32), rate
