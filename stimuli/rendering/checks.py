"""Sounds with a right answer: headphone screening and checks that somebody listens.

``headphones`` (Woods et al.): which of three tones is the quietest? One is 6 dB quieter, another has its channels in
opposite phase; over loudspeakers that one fades and is named instead. ``huggins`` (Milne et al.): in which of three
noises is a faint tone? Each ear alone gets plain noise; a band of opposite phase between the ears makes the pitch,
which only headphones keep. ``audible_check``: how many beeps are there? Audio is float32 [2, samples].

References ---------- K. J. P. Woods, M. H. Siegel, J. Traer and J. H. McDermott, "Headphone screening to facilitate
web-based auditory experiments", Attention, Perception & Psychophysics 79, 2017. A. E. Milne et al., "An online
headphone screening test based on dichotic pitch", Behavior Research Methods 53, 2021.
"""

from __future__ import annotations

from itertools import permutations

import numpy as np

from stimuli.rendering import loudness

_INTERVAL_S, _PAUSE_S, _RAMP_S = 1.0, 0.5, 0.1
_TONE_HZ, _QUIETER_DB = 200.0, -6.0
_PITCH_HZ, _PITCH_SHARE = 600.0, 0.06
_BEEP_HZ, _BEEP_S, _BEEP_SPACING_S, _FIRST_BEEP_S = 1000.0, 0.16, 0.6, 1.0
_DUCK_DB = -9.0
N_BEEPS = range(1, 8)


def headphone_trials(sample_rate_hz: int) -> list[tuple[np.ndarray, int]]:
    """The six orders of a plain, a quieter and an antiphase tone, each with the quieter one's place (1 to 3)."""
    time_s = np.arange(round(_INTERVAL_S * sample_rate_hz)) / sample_rate_hz
    tone = _ramped(np.sin(2 * np.pi * _TONE_HZ * time_s), sample_rate_hz)
    plain = np.stack([tone, tone])
    plain = _at_loudness(plain, sample_rate_hz)
    tones = {"plain": plain, "quieter": plain * 10 ** (_QUIETER_DB / 20), "antiphase": plain * [[1], [-1]]}
    return [
        (_in_a_row([tones[name] for name in order], sample_rate_hz), order.index("quieter") + 1)
        for order in permutations(tones)
    ]


def huggins_trials(sample_rate_hz: int, seed: int) -> list[tuple[np.ndarray, int]]:
    """Six trials of three noises, each with the place (1 to 3) of the one in which a pitch is hidden."""
    rng = np.random.default_rng([seed, 1])
    trials = []
    for place in (1, 2, 3, 1, 2, 3):
        noises = [_noise(rng, sample_rate_hz, with_pitch=interval == place) for interval in (1, 2, 3)]
        trials.append((_in_a_row(noises, sample_rate_hz), place))
    return trials


def beeps(music: np.ndarray, sample_rate_hz: int, n_beeps: int) -> np.ndarray:
    """A clip, turned down, with a number of beeps over it that nobody who listens can miss."""
    n_samples = music.shape[1]
    spacing_s = min(_BEEP_SPACING_S, (n_samples / sample_rate_hz - 2 * _BEEP_S) / (max(N_BEEPS) + 1))
    time_s = np.arange(round(_BEEP_S * sample_rate_hz)) / sample_rate_hz
    beep = np.sin(2 * np.pi * _BEEP_HZ * time_s) * np.sin(np.pi * time_s / _BEEP_S) ** 0.5
    level = 2 * np.sqrt(2 * (music**2).mean())
    sound = music * 10 ** (_DUCK_DB / 20)
    for number in range(n_beeps):
        start = round((min(_FIRST_BEEP_S, spacing_s) + number * spacing_s) * sample_rate_hz)
        sound[:, start : start + beep.size] += level * beep
    return sound.astype(np.float32)


def _noise(rng: np.random.Generator, sample_rate_hz: int, with_pitch: bool) -> np.ndarray:
    """White noise on both ears, at the set's loudness, with a band in opposite phase on the right where asked."""
    noise = rng.standard_normal(round(_INTERVAL_S * sample_rate_hz))
    spectrum = np.fft.rfft(noise)
    frequency_hz = np.fft.rfftfreq(noise.size, 1 / sample_rate_hz)
    in_band = np.abs(frequency_hz - _PITCH_HZ) <= _PITCH_SHARE * _PITCH_HZ
    right = np.fft.irfft(np.where(in_band & with_pitch, -spectrum, spectrum), noise.size)
    return _at_loudness(_ramped(np.stack([noise, right]), sample_rate_hz), sample_rate_hz)


def _at_loudness(sound: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    levels_lufs = loudness.blocks_lufs(sound, sample_rate_hz)
    return sound * 10 ** (loudness.gain_to(loudness.TARGET_LUFS, levels_lufs) / 20)


def _ramped(sound: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    n_ramp = round(_RAMP_S * sample_rate_hz)
    ramp = np.sin(np.linspace(0, np.pi / 2, n_ramp)) ** 2
    sound = sound.copy()
    sound[..., :n_ramp] *= ramp
    sound[..., -n_ramp:] *= ramp[::-1]
    return sound


def _in_a_row(intervals: list[np.ndarray], sample_rate_hz: int) -> np.ndarray:
    pause = np.zeros((2, round(_PAUSE_S * sample_rate_hz)))
    return np.concatenate([intervals[0], pause, intervals[1], pause, intervals[2]], axis=1).astype(np.float32)
