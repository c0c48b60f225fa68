"""Read the instruments of a SoundFont 2 file and play single notes with them.

Only what a General MIDI instrument needs: key and velocity zones, root keys and tuning, sample loops, attenuation,
pan and the volume envelope. Envelope times are in seconds, attenuations in dB.

`python -m benchmarks.soundfonts` measures the wheels that play SoundFonts beside this, note by note.

References
----------
SoundFont Technical Specification 2.04 (1996), sections 7 (file), 8.1 (generators) and 9.1 (synthesis).
"""

from __future__ import annotations

import importlib.util
import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

SAMPLE_RATE_HZ = 44100
DRUM_BANK = 128
# Generator numbers of section 8.1.2, and the defaults of those read here.
_PAN, _ATTACK, _HOLD, _DECAY, _SUSTAIN, _RELEASE, _DECAY_PER_KEY = 17, 34, 35, 36, 37, 38, 40
_INSTRUMENT, _KEY_RANGE, _VELOCITY_RANGE, _ATTENUATION = 41, 43, 44, 48
_COARSE_TUNE, _FINE_TUNE, _SAMPLE, _LOOPS, _SCALE_TUNING, _ROOT_KEY = 51, 52, 53, 54, 56, 58
_DEFAULTS = {_ATTACK: -12000, _HOLD: -12000, _DECAY: -12000, _RELEASE: -12000, _SCALE_TUNING: 100, _ROOT_KEY: -1}
_EMU_ATTENUATION = 0.4  # as the hardware that defined the format does, and every player since
_QUIETEST_DB = -100.0
_LONGEST_RELEASE_S = 1.5


@dataclass(frozen=True)
class _Kind:
    """Where the file keeps presets or instruments, their zones and the zones' generators."""

    table: bytes
    row_size: int
    first_zone_at: int
    zones: bytes
    generators: bytes


_PRESETS = _Kind(b"phdr", 38, 24, b"pbag", b"pgen")
_INSTRUMENTS = _Kind(b"inst", 22, 20, b"ibag", b"igen")


@dataclass(frozen=True)
class Sample:
    """One recording: float32 samples, its loop (start, end), rate and the key at which it sounds as recorded."""

    data: np.ndarray
    loop: tuple[int, int]
    rate_hz: int
    key: float


@dataclass(frozen=True)
class Zone:
    """A sample and the generators with which a range of keys and velocities plays it."""

    sample: Sample
    generators: dict[int, int]

    def value(self, generator: int) -> int:
        return self.generators.get(generator, _DEFAULTS.get(generator, 0))

    def seconds(self, generator: int) -> float:
        return 2 ** (self.value(generator) / 1200)


class SoundFont:
    """A SoundFont's presets, read when they are first asked for."""

    def __init__(self, path: Path):
        chunks = dict(_chunks(path.read_bytes()))
        self._chunks = chunks
        self._audio = np.frombuffer(chunks[b"smpl"], dtype="<i2")
        self._presets = {
            struct.unpack_from("<HH", row, 20)[::-1]: index for index, row in enumerate(_rows(chunks[b"phdr"], 38)[:-1])
        }

    def zones(self, bank: int, program: int, key: int, velocity: int) -> list[Zone]:
        """The zones that sound for this key; a preset's own generators add to those of its instruments."""
        preset = self._presets.get((bank, program))
        if preset is None:
            raise ValueError(f"The SoundFont has no preset {program} in bank {bank}.")
        found = []
        for outer in self._zones(_PRESETS, preset, _INSTRUMENT, key, velocity):
            instrument = outer.pop(_INSTRUMENT)
            added = {g: v for g, v in outer.items() if g not in (_KEY_RANGE, _VELOCITY_RANGE)}
            for inner in self._zones(_INSTRUMENTS, instrument, _SAMPLE, key, velocity):
                sample = self._sample(inner.pop(_SAMPLE), inner.get(_ROOT_KEY, -1))
                total = {g: inner.get(g, _DEFAULTS.get(g, 0)) + added.get(g, 0) for g in inner.keys() | added.keys()}
                found.append(Zone(sample, total))
        return found

    def _zones(self, kind: _Kind, index: int, link: int, key: int, velocity: int) -> list[dict[int, int]]:
        """The generators of each zone of one preset or instrument that covers a key, over those of its global zone."""
        rows = _rows(self._chunks[kind.table], kind.row_size)
        first, last = (struct.unpack_from("<H", rows[index + i], kind.first_zone_at)[0] for i in (0, 1))
        starts = np.frombuffer(self._chunks[kind.zones], "<u2")[::2].astype(int)
        shared: dict[int, int] = {}
        zones = []
        for bag in range(first, last):
            zone = _generators(self._chunks[kind.generators][4 * starts[bag] : 4 * starts[bag + 1]])
            if link not in zone:
                shared = zone if bag == first else shared
                continue
            zone = shared | zone
            if _covers(zone.get(_KEY_RANGE), key) and _covers(zone.get(_VELOCITY_RANGE), velocity):
                zones.append(zone)
        return zones

    def _sample(self, index: int, root_key: int) -> Sample:
        row = _rows(self._chunks[b"shdr"], 46)[index]
        start, end, loop_start, loop_end, rate_hz, key, correction = struct.unpack_from("<5IBb", row, 20)
        data = self._audio[start:end].astype(np.float32) / 32768
        key = root_key if root_key >= 0 else key
        return Sample(data, (loop_start - start, loop_end - start), rate_hz, key - correction / 100)


def play(zone: Zone, key: int, held_s: float) -> np.ndarray:
    """One note of one zone: float32 [2, samples], its envelope and release included, velocity not."""
    n_samples = round((held_s + min(zone.seconds(_RELEASE), _LONGEST_RELEASE_S)) * SAMPLE_RATE_HZ)
    tune = zone.value(_COARSE_TUNE) + zone.value(_FINE_TUNE) / 100
    semitones = (key - zone.sample.key) * zone.value(_SCALE_TUNING) / 100 + tune
    step = 2 ** (semitones / 12) * zone.sample.rate_hz / SAMPLE_RATE_HZ
    sound = _read(zone.sample, np.arange(n_samples) * step, looped=zone.value(_LOOPS) in (1, 3))
    level_db = _envelope_db(zone, key, held_s, sound.size) - _EMU_ATTENUATION * zone.value(_ATTENUATION) / 10
    sound *= decibels(level_db)
    n_attack = min(round(zone.seconds(_ATTACK) * SAMPLE_RATE_HZ), sound.size)
    sound[:n_attack] *= np.linspace(0, 1, n_attack, dtype=np.float32)
    angle = (np.clip(zone.value(_PAN) / 500, -1, 1) + 1) * np.pi / 4
    return np.stack([sound * np.float32(np.cos(angle)), sound * np.float32(np.sin(angle))])


def decibels(level_db: np.ndarray) -> np.ndarray:
    """The amplitudes of levels in dB, as float32."""
    return np.exp(np.float32(np.log(10) / 20) * np.asarray(level_db, dtype=np.float32))


def _read(sample: Sample, position: np.ndarray, looped: bool) -> np.ndarray:
    """The sample at fractional positions, by cubic (Catmull-Rom) interpolation, round its loop if it has one."""
    start, end = sample.loop
    if looped and end > start:
        data = np.concatenate([sample.data[:1], sample.data[:end], np.resize(sample.data[start:end], 4)])
        n_first = np.searchsorted(position, end)
        position[n_first:] = start + (position[n_first:] - start) % (end - start)
    else:
        data = np.concatenate([sample.data[:1], sample.data, np.zeros(4, np.float32)])
        position = position[: np.searchsorted(position, sample.data.size)]
    whole = position.astype(np.int32)
    x = (position - whole).astype(np.float32)
    before, here, after, later = (data.take(whole + i) for i in (0, 1, 2, 3))
    slope, bend = after - before, 2 * before - 5 * here + 4 * after - later
    return here + 0.5 * x * (slope + x * (bend + x * (3 * (here - after) + later - before)))


def _envelope_db(zone: Zone, key: int, held_s: float, n_samples: int) -> np.ndarray:
    """Hold, linear decay in dB to the sustain level, and from the release on down to silence."""
    time_s = np.arange(n_samples, dtype=np.float32) / np.float32(SAMPLE_RATE_HZ)
    decay_s = zone.seconds(_DECAY) * 2 ** (zone.value(_DECAY_PER_KEY) * (60 - key) / 1200)
    sustain_db = -min(zone.value(_SUSTAIN) / 10, -_QUIETEST_DB)
    since_hold_s = np.maximum(0, time_s - (zone.seconds(_ATTACK) + zone.seconds(_HOLD)))
    level_db = np.maximum(sustain_db, since_hold_s * (_QUIETEST_DB / decay_s))
    n_held = round(held_s * SAMPLE_RATE_HZ)
    level_db[n_held:] += (time_s[n_held:] - held_s) * (_QUIETEST_DB / max(zone.seconds(_RELEASE), 0.02))
    return level_db


@cache
def general_midi() -> SoundFont:
    """The General MIDI SoundFont that comes with the package pretty_midi, of which nothing else is used."""
    package = importlib.util.find_spec("pretty_midi")
    path = Path(package.origin).parent / "TimGM6mb.sf2" if package and package.origin else None
    if path is None or not path.is_file():
        raise ValueError("The built-in clips need the SoundFont of the package pretty_midi; `pip install pretty_midi`.")
    return SoundFont(path)


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """The RIFF chunks of a file, those inside LIST chunks included."""
    found, at = [], 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if name == b"LIST":
            at += 12
            continue
        found.append((name, data[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    return found


def _rows(table: bytes, size: int) -> list[bytes]:
    return [table[i : i + size] for i in range(0, len(table), size)]


def _generators(table: bytes) -> dict[int, int]:
    unsigned = (_INSTRUMENT, _SAMPLE, _KEY_RANGE, _VELOCITY_RANGE)
    pairs = ((struct.unpack("<Hh", row), struct.unpack("<HH", row)) for row in _rows(table, 4))
    return {number: raw if number in unsigned else value for (number, value), (_, raw) in pairs}


def _covers(bounds: int | None, value: int) -> bool:
    return bounds is None or bounds & 0xFF <= value <= bounds >> 8
