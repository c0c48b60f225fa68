"""How well a system equalises for a word: the measures of the model card.

A clip is first equalised by k times the descriptor's mean curve (SAFE-DB, dB), k from -1 to 1; then the system is asked
for an EQ of what results.

dose        projection of the proposed response on the mean curve (96 log-spaced frequencies, 40 Hz to 16 kHz)
slope       of dose over k, per clip, mean over clips: -1 is full compensation, 0 a fixed curve
spread      sd(k + dose) / sd(k), per clip, mean over clips: 0 if all versions of a clip come out the same
spearman    rank correlation, over all clips and k, of what the clip already is with the dose; what it is: its long-term
            spectrum's projection on the mean curve, both centred, in units of the mean curve
wrong_way   share of clips with k <= 0 whose dose is negative
mean_dose   of untouched clips (k = 0), as the next five:
beyond      share of band gains beyond +-11.5 dB
curve_r     correlation of the mean proposed curve with the mean curve
variety_db  how much the curves of two clips differ (root mean square, mean over pairs)
inaudible   share of clips whose proposed curve swings by less than 1 dB from its lowest to its highest point
swing_db    the median swing
perceptual  how much clips still differ after equalising, relative to the mean curve in the same mean dose: the mean of
            three ratios, of sharpness, tilt and band loudness (`model.training.gain_law`); perceptual_low and _high are
            the ends of its 95 % interval (bootstrap over clips)
loudness_lu change of loudness by the EQ (ITU-R BS.1770), mean
blind       root mean square error in dB of the EQ that a system takes a clip to have had, over held-out settings
auc         of describe(): bright minus warm, on clips equalised with held-out bright and warm settings; "within"
            compares versions of the same clip, "across" those of any two clips
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyloudnorm
import soundfile
import torch
from scipy.signal import welch
from scipy.stats import rankdata, spearmanr

from model.encoder import features, mel_centres_hz
from model.eq import GAINS, GRID_HZ, EQParams
from model.request import heard
from model.safe_db import Settings
from model.training.gain_law import perceptual_spread
from model.training.sources import audio_files, is_held_out
from model.training.sources.base import read_excerpt, require_folder

STEPS = np.linspace(-1, 1, 5)
BEYOND_DB = 11.5
N_BANDS = 32
CLIP_S = 10.0
INAUDIBLE_DB = 1.0
_RESAMPLES = 200
_FINE_HZ = np.geomspace(10, 22_000, 512)

Propose = Callable[[np.ndarray, float, str], EQParams]
Describe = Callable[[np.ndarray, float], Mapping[str, float]]
Estimate = Callable[[np.ndarray, float], np.ndarray]


@dataclass(frozen=True)
class Clip:
    """A named excerpt: ``audio`` float32 [channels, samples]."""

    name: str
    audio: np.ndarray
    sample_rate: float


def read_clips(
    folder: Path, at_most: int = 40, held_out_only: bool = False, track: Callable[[list], Iterable] = iter
) -> list[Clip]:
    """Read 10 s from the middle of recordings under ``folder``, evenly spread over it; silent ones are left out.

    Raises ValueError if there are no recordings, or none that training's rule holds out where only those are wanted.
    """
    files = audio_files(require_folder(folder, "clips"))
    wanted = [file for file in files if is_held_out(file)] if held_out_only else files
    if not wanted or at_most < 1:
        reason = "none of them is held out from training" if files else "are they elsewhere?"
        raise ValueError(f"{folder} holds {len(files)} WAV, FLAC, OGG, OPUS, MP3 or AIFF files: {reason}")
    picks = np.unique(np.linspace(0, len(wanted) - 1, min(at_most, len(wanted))).round().astype(int))
    clips = [_read_clip(wanted[index], folder) for index in track(list(picks))]
    usable = [clip for clip in clips if clip is not None]
    if not usable:
        raise ValueError(f"None of the {len(clips)} recordings tried in {folder} could be read, or all are silent.")
    return usable


def read_pairs(clips: Iterable[Clip], folder: Path) -> list[tuple[Clip, Clip]]:
    """Read two excerpts, from the middle of either half, of those among ``clips`` that last twice as long."""
    pairs = []
    for clip in clips:
        file = folder / clip.name
        if soundfile.info(file).duration >= 2 * CLIP_S:
            first, second = (_read_clip(file, folder, place) for place in (0.25, 0.75))
            if first is not None and second is not None:
                pairs.append((first, second))
    return pairs


def _read_clip(file: Path, folder: Path, place: float = 0.5) -> Clip | None:
    try:
        duration_s = soundfile.info(file).duration
        audio, rate = read_excerpt(file, max(0.0, duration_s * place - CLIP_S / 2), CLIP_S)
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


def dose(curve_db: np.ndarray, mean_curve_db: np.ndarray) -> float:
    """Return the projection of ``curve_db`` on ``mean_curve_db`` (both at `GRID_HZ`): 1 for the mean curve itself."""
    return float(curve_db @ mean_curve_db / (mean_curve_db @ mean_curve_db))


def baseline_score(audio: np.ndarray, sample_rate: float, mean_curve_db: np.ndarray) -> float:
    """Return the projection of the long-term spectrum on ``mean_curve_db`` (at `GRID_HZ`), both centred."""
    edges = np.geomspace(GRID_HZ[0], min(GRID_HZ[-1], 0.45 * sample_rate), N_BANDS + 1)
    frequencies, power = welch(audio, sample_rate, nperseg=min(8192, audio.shape[1]), axis=-1)
    cumulative = np.concatenate([[0], np.cumsum(power.mean(axis=0))])
    at_edges = np.interp(edges, np.concatenate([[0], frequencies + frequencies[1] / 2]), cumulative)
    spectrum_db = 10 * np.log10(np.diff(at_edges) / np.diff(edges) + 1e-20)
    centres = np.sqrt(edges[1:] * edges[:-1])
    curve = np.interp(np.log(centres), np.log(GRID_HZ), mean_curve_db)
    curve = curve - curve.mean()
    return float((spectrum_db - spectrum_db.mean()) @ curve / (curve @ curve))


def responses(
    systems: Mapping[str, Propose], clips: Iterable[Clip], settings: Settings, descriptors: Iterable[str]
) -> pd.DataFrame:
    """Ask every system for every clip, descriptor and k.

    Returns
    -------
    one row each: system, descriptor, clip, k, already, dose, beyond, loudness_lu (k = 0 only), curve [96],
    spectrum [80] (the clip's own) and change [80] (the curve) in mel bands
    """
    fine, means = settings.mean_response_db(_FINE_HZ), settings.mean_response_db(GRID_HZ)
    rows = []
    for clip in clips:
        spectrum = _spectrum(clip)
        for descriptor in descriptors:
            for k in STEPS:
                audio = filtered(clip.audio, clip.sample_rate, _FINE_HZ, k * fine[descriptor])
                already = baseline_score(audio, clip.sample_rate, means[descriptor])
                for system, propose in systems.items():
                    params = propose(audio, clip.sample_rate, descriptor)
                    measured = _measured(params, means[descriptor], audio if k == 0 else None, clip.sample_rate)
                    rows.append({"system": system, "descriptor": descriptor, "clip": clip.name, "k": k})
                    rows[-1] |= {"already": already, "spectrum": spectrum, **measured}
    return pd.DataFrame(rows)


def _spectrum(clip: Clip) -> np.ndarray:
    with torch.no_grad():
        audio = torch.from_numpy(heard(clip.audio, clip.sample_rate))[None]
        return features(audio, clip.sample_rate)[0][0].numpy()


def _measured(params: EQParams, mean_curve_db: np.ndarray, audio: np.ndarray | None, sample_rate: float) -> dict:
    curve = params.response(GRID_HZ, 44_100)
    change = np.nan
    if audio is not None:
        meter = pyloudnorm.Meter(sample_rate)
        block = audio.T.astype(np.float64)[:, :2]
        change = meter.integrated_loudness(
            params.apply(block.T, sample_rate).T.astype(float)
        ) - meter.integrated_loudness(block)
    beyond = float(np.mean(np.abs(np.array(params.values)[GAINS]) > BEYOND_DB))
    return {
        "dose": dose(curve, mean_curve_db),
        "beyond": beyond,
        "loudness_lu": change,
        "curve": curve,
        "change": params.response(mel_centres_hz(), 44_100),
    }


def summarise(rows: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Return the measures of the module's list, one row per system and descriptor, from what `responses` gave."""
    means = settings.mean_response_db(GRID_HZ)
    table = []
    for (system, descriptor), group in rows.groupby(["system", "descriptor"], sort=False):
        untouched = group[group.k == 0]
        curves = np.stack(untouched.curve)
        table.append(
            {
                "system": system,
                "descriptor": descriptor,
                "clips": len(untouched),
                "wrong_way": float(np.mean(group.dose[group.k <= 0] < 0)),
                **_adaptivity(group),
                "mean_dose": untouched.dose.mean(),
                "beyond": untouched.beyond.mean(),
                "curve_r": float(np.corrcoef(curves.mean(axis=0), means[descriptor])[0, 1]),
                "variety_db": _variety_db(curves),
                "inaudible": float(np.mean(np.ptp(curves, axis=1) < INAUDIBLE_DB)),
                "swing_db": float(np.median(np.ptp(curves, axis=1))),
                **_perceptual(untouched, settings.mean_response_db(mel_centres_hz())[descriptor]),
                "loudness_lu": untouched.loudness_lu.mean(),
            }
        )
    return pd.DataFrame(table)


def _adaptivity(group: pd.DataFrame) -> dict[str, float]:
    doses = group.pivot(index="clip", columns="k", values="dose")
    k = doses.columns.to_numpy(dtype=float)
    slopes = np.polyfit(k, doses.to_numpy().T, 1)[0]
    spreads = (doses.to_numpy() + k).std(axis=1) / k.std()
    constant = group.dose.std() < 1e-9
    rank = 0.0 if constant else float(spearmanr(group.already, group.dose).statistic)
    return {"slope": float(slopes.mean()), "spread": float(spreads.mean()), "spearman": rank}


def _perceptual(untouched: pd.DataFrame, mean_curve: np.ndarray) -> dict[str, float]:
    """Return the perceptual spread between clips and its bootstrap interval; NaN for fewer than 3 clips."""
    spectra, changes = (torch.as_tensor(np.stack(untouched[name])).float() for name in ("spectrum", "change"))
    doses, fixed = torch.tensor(untouched.dose.tolist()), torch.as_tensor(mean_curve).float()
    names = ("perceptual", "perceptual_low", "perceptual_high")
    if len(spectra) < 3:
        return dict.fromkeys(names, np.nan)
    rng = np.random.default_rng(0)
    picks = [np.arange(len(spectra)), *rng.integers(len(spectra), size=(_RESAMPLES, len(spectra)))]
    values = [perceptual_spread(spectra[pick], changes[pick], doses[pick].mean() * fixed) for pick in picks]
    return dict(zip(names, (values[0], *np.nanquantile(values[1:], [0.025, 0.975])), strict=True))


def _variety_db(curves: np.ndarray) -> float:
    if len(curves) < 2:
        return 0.0
    differences = np.sqrt(((curves[:, None] - curves[None]) ** 2).mean(axis=2))
    return float(differences[np.triu_indices(len(curves), 1)].mean())


def shuffled(propose: Propose, clips: Iterable[Clip], seed: int = 0) -> Propose:
    """Return a system that proposes for a clip drawn at random in place of the one that it is given: an ablation."""
    rng, others = np.random.default_rng(seed), list(clips)

    def propose_for_another(audio: np.ndarray, sample_rate: float, descriptor: str) -> EQParams:
        other = others[rng.integers(len(others))]
        return propose(other.audio, other.sample_rate, descriptor)

    return propose_for_another


def ruled(dose_of: Callable[[np.ndarray, float, str], float], fixed: Propose) -> Propose:
    """Return a system without a network's curves: the fixed curve in the dose that ``dose_of`` gives."""

    def propose(audio: np.ndarray, sample_rate: float, descriptor: str) -> EQParams:
        return fixed(audio, sample_rate, descriptor).scaled(dose_of(audio, sample_rate, descriptor))

    return propose


def separation(
    describe: Describe, clips: Iterable[Clip], settings: Settings, n_settings: int = 12, seed: int = 0
) -> dict[str, float]:
    """Return ``auc_within`` and ``auc_across`` of ``describe`` (see the module).

    Parameters
    ----------
    describe : callable
        (audio [channels, samples], Hz) -> score per descriptor
    settings : Settings
        Settings that training did not use; of each of warm and bright, ``n_settings`` are drawn per clip.
    """
    rng = np.random.default_rng(seed)
    pool = {word: settings.of(word).parameters for word in ("warm", "bright")}
    scores: dict[str, list] = {word: [] for word in pool}
    for clip in clips:
        for word, parameters in pool.items():
            chosen = parameters[rng.choice(len(parameters), min(n_settings, len(parameters)), replace=False)]
            scored = [
                describe(EQParams.from_safe(row).apply(clip.audio, clip.sample_rate), clip.sample_rate)
                for row in chosen
            ]
            scores[word].append([score["bright"] - score["warm"] for score in scored])
    within = [area_under_curve(bright, warm) for bright, warm in zip(scores["bright"], scores["warm"], strict=True)]
    across = area_under_curve(np.ravel(scores["bright"]), np.ravel(scores["warm"]))
    return {"auc_within": float(np.mean(within)), "auc_across": across}


def blind_error(
    estimates: Mapping[str, Estimate], clips: Iterable[Clip], settings: Settings, n_settings: int = 12, seed: int = 0
) -> pd.DataFrame:
    """Equalise clips with settings that training did not use, and compare each estimate of the response with the true.

    Responses are compared at `GRID_HZ` without their means, which nobody can hear.

    Returns
    -------
    one row per system, ``flat`` (none assumed) first: rms_db over all, median_db over clips and settings
    """
    rng = np.random.default_rng(seed)
    errors: dict[str, list[float]] = {"flat": [], **{name: [] for name in estimates}}
    for clip in clips:
        for index in rng.choice(len(settings), min(n_settings, len(settings)), replace=False):
            params = EQParams.from_safe(settings.parameters[index])
            audio, wanted = params.apply(clip.audio, clip.sample_rate), params.response(GRID_HZ, 44_100)
            wanted = wanted - wanted.mean()
            errors["flat"].append(np.sqrt(np.mean(wanted**2)))
            for name, estimate in estimates.items():
                errors[name].append(np.sqrt(np.mean((estimate(audio, clip.sample_rate) - wanted) ** 2)))
    rows = [
        {"system": name, "rms_db": float(np.sqrt(np.mean(np.square(e)))), "median_db": float(np.median(e))}
        for name, e in errors.items()
    ]
    return pd.DataFrame(rows)


def area_under_curve(positive, negative) -> float:
    """Return the probability that a positive score exceeds a negative one (Mann-Whitney), ties counting half."""
    ranks = rankdata(np.concatenate([positive, negative]))
    n, m = len(positive), len(negative)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))
