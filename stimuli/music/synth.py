"""Play a score with the sampled instruments of a General MIDI SoundFont.

On real instruments a quieter note is also a darker one, and the upper harmonics fade first; samples alone know
neither, so the part of each note above its first few harmonics has a gain and a decay of its own. Audio is float64
[2, samples] at 44.1 kHz.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.signal import butter, fftconvolve, lfilter, sosfilt

from stimuli.music.score import Note, Part, Score
from stimuli.music.soundfont import DRUM_BANK, SAMPLE_RATE_HZ, decibels, general_midi, play

_FADE_OUT_S = 0.6
_DRUM_S = 1.5
_BANDS_HZ = (500.0, 5000.0)


@dataclass(frozen=True)
class Instrument:
    """A General MIDI program; with a ``key`` it is one piece of a drum kit. ``bright_db`` tilts its upper harmonics."""

    program: int
    key: int | None = None
    bright_db: float = 0.0
    fading_db_s: float = 4.0


INSTRUMENTS = {
    "piano": Instrument(0, bright_db=4),
    "electric piano": Instrument(4),
    "nylon guitar": Instrument(24),
    "steel guitar": Instrument(25, bright_db=7),
    "clean guitar": Instrument(27),
    "overdrive guitar": Instrument(29, fading_db_s=0),
    "distortion guitar": Instrument(30, fading_db_s=0),
    "acoustic bass": Instrument(32),
    "fingered bass": Instrument(33, bright_db=6),
    "picked bass": Instrument(34, bright_db=4),
    "slap bass": Instrument(36),
    "synth bass": Instrument(38, fading_db_s=12),
    "violin": Instrument(40, fading_db_s=0),
    "cello": Instrument(42, bright_db=4, fading_db_s=0),
    "strings": Instrument(48, bright_db=6, fading_db_s=0),
    "slow strings": Instrument(49, fading_db_s=0),
    "synth strings": Instrument(50, fading_db_s=0),
    "choir": Instrument(52, bright_db=5, fading_db_s=0),
    "voices": Instrument(53, bright_db=5, fading_db_s=0),
    "trumpet": Instrument(56, bright_db=3, fading_db_s=0),
    "trombone": Instrument(57, fading_db_s=0),
    "tuba": Instrument(58, fading_db_s=0),
    "horns": Instrument(60, fading_db_s=0),
    "saw": Instrument(81, fading_db_s=18),
    "kick": Instrument(0, 36),
    "side stick": Instrument(0, 37),
    "snare": Instrument(0, 38),
    "hi-hat": Instrument(0, 42),
    "pedal hi-hat": Instrument(0, 44),
    "open hi-hat": Instrument(0, 46),
    "crash": Instrument(0, 49),
    "ride": Instrument(0, 51),
    "high tom": Instrument(0, 48),
    "mid tom": Instrument(0, 45),
    "floor tom": Instrument(0, 41),
    "shaker": Instrument(0, 70),
    "electronic kick": Instrument(25, 36),
    "electronic clap": Instrument(25, 39),
    "electronic hi-hat": Instrument(25, 42),
    "brush": Instrument(40, 38),
    "brush slap": Instrument(40, 39),
}


def render(score: Score) -> np.ndarray:
    """Play a score: float32 [2, samples] at 44.1 kHz, the tail faded, the same samples each time."""
    n_samples = round(score.duration_s * SAMPLE_RATE_HZ)
    dry, send = (np.zeros((2, n_samples), np.float32) for _ in range(2))
    for part in score.parts:
        sound = play_part(part, n_samples)
        dry += sound
        send += sound * _amplitude(part.reverb_db)
    mix = dry + _reverb(send, score.reverb_s)
    n_fade = round(_FADE_OUT_S * SAMPLE_RATE_HZ)
    mix[:, -n_fade:] *= np.cos(np.linspace(0, np.pi / 2, n_fade)) ** 2
    return mix / np.abs(mix).max() * 0.5


def play_part(part: Part, n_samples: int) -> np.ndarray:
    """One part of a score, panned and at its level: float32 [2, samples]."""
    if part.instrument not in INSTRUMENTS:
        raise ValueError(f"Unknown instrument {part.instrument!r} (known: {', '.join(INSTRUMENTS)}).")
    instrument = INSTRUMENTS[part.instrument]
    track = np.zeros((2, n_samples), np.float32)
    for note in part.notes:
        start = round(note.start_s * SAMPLE_RATE_HZ)
        sound = _play(note, instrument)[:, : n_samples - start]
        track[:, start : start + sound.shape[1]] += sound
    return _pan(track, part.pan) * _amplitude(part.gain_db)


def _play(note: Note, instrument: Instrument) -> np.ndarray:
    held_s = _DRUM_S if instrument.key is not None else round(note.duration_s, 2)
    low, high = _bands(instrument.program, instrument.key, note.pitch, held_s)
    strength = note.velocity / 127
    time_s = np.arange(low.shape[1], dtype=np.float32) / SAMPLE_RATE_HZ
    bright_db = 14 * (strength - 0.75) + instrument.bright_db - instrument.fading_db_s * time_s
    return (low + high * decibels(bright_db)) * np.float32(strength**2)


@cache
def _bands(program: int, drum_key: int | None, pitch: int, held_s: float) -> tuple[np.ndarray, np.ndarray]:
    """A note at full velocity, as its lower harmonics and the rest."""
    key, bank = (pitch, 0) if drum_key is None else (drum_key, DRUM_BANK)
    notes = [play(zone, key, held_s) for zone in general_midi().zones(bank, program, key, 100)]
    sound = np.zeros((2, max(note.shape[1] for note in notes)), np.float32)
    for note in notes:
        sound[:, : note.shape[1]] += note
    cutoff_hz = 2500.0 if drum_key is not None else np.clip(4 * 440 * 2 ** ((key - 69) / 12), *_BANDS_HZ)
    pole = np.exp(-2 * np.pi * cutoff_hz / SAMPLE_RATE_HZ)
    low = lfilter(np.array([1 - pole], np.float32), np.array([1, -pole], np.float32), sound)
    return low, sound - low


def _amplitude(level_db: float) -> float:
    return 10 ** (level_db / 20)


def _pan(sound: np.ndarray, pan: float) -> np.ndarray:
    """Balance of a stereo sound with constant power; the centre leaves it as it is."""
    angle = (pan + 1) * np.pi / 4
    return sound * np.array([[np.cos(angle)], [np.sin(angle)]], np.float32) * np.float32(np.sqrt(2))


def _reverb(send: np.ndarray, decay_s: float) -> np.ndarray:
    """A small room: decorrelated noise that falls by 60 dB in ``decay_s``, its treble sooner, after 12 ms."""
    time_s = np.arange(round(decay_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    noise = np.random.default_rng(7).standard_normal((2, time_s.size))
    dark = sosfilt(butter(1, 1800, "low", fs=SAMPLE_RATE_HZ, output="sos"), noise)
    tail = dark * 10 ** (-3 * time_s / decay_s) + (noise - dark) * 10 ** (-6 * time_s / decay_s)
    tail = sosfilt(butter(2, 180, "high", fs=SAMPLE_RATE_HZ, output="sos"), tail)
    tail *= 1 - np.exp(-time_s / 0.01)
    tail = np.pad(tail / np.sqrt((tail**2).sum(axis=1, keepdims=True)), ((0, 0), (round(0.012 * SAMPLE_RATE_HZ), 0)))
    return fftconvolve(send, tail.astype(np.float32), axes=1)[:, : send.shape[1]]
