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
loudness_lu change of loudness by the EQ (ITU-R BS.1770), mean
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
from scipy.signal import welch
from scipy.stats import rankdata, spearmanr

from model.eq import GAINS, GRID_HZ, EQParams
from model.safe_db import Settings
from model.training.sources import audio_files, is_held_out
from model.training.sources.base import read_excerpt, require_folder

STEPS = np.linspace(-1, 1, 5)
BEYOND_DB = 11.5
N_BANDS = 32
CLIP_S = 10.0
_FINE_HZ = np.geomspace(10, 22_000, 512)

Propose = Callable[[np.ndarray, float, str], EQParams]
Describe = Callable[[np.ndarray, float], Mapping[str, float]]


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
    heard = [clip for clip in clips if clip is not None]
    if not heard:
        raise ValueError(f"None of the {len(clips)} recordings tried in {folder} could be read, or all are silent.")
    return heard


def _read_clip(file: Path, folder: Path) -> Clip | None:
    try:
        duration_s = soundfile.info(file).duration
        audio, rate = read_excerpt(file, max(0.0, (duration_s - CLIP_S) / 2), CLIP_S)
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


def already_so(audio: np.ndarray, sample_rate: float, mean_curve_db: np.ndarray) -> float:
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
    one row each: system, descriptor, clip, k, already, dose, beyond, loudness_lu (k = 0 only), curve [96]
    """
    fine, means = settings.mean_response_db(_FINE_HZ), settings.mean_response_db(GRID_HZ)
    rows = []
    for clip in clips:
        for descriptor in descriptors:
            for k in STEPS:
                audio = filtered(clip.audio, clip.sample_rate, _FINE_HZ, k * fine[descriptor])
                already = already_so(audio, clip.sample_rate, means[descriptor])
                for system, propose in systems.items():
                    params = propose(audio, clip.sample_rate, descriptor)
                    measured = _measured(params, means[descriptor], audio if k == 0 else None, clip.sample_rate)
                    rows.append({"system": system, "descriptor": descriptor, "clip": clip.name, "k": k})
                    rows[-1] |= {"already": already, **measured}
    return pd.DataFrame(rows)


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
    return {"dose": dose(curve, mean_curve_db), "beyond": beyond, "loudness_lu": change, "curve": curve}


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


def _variety_db(curves: np.ndarray) -> float:
    if len(curves) < 2:
        return 0.0
    differences = np.sqrt(((curves[:, None] - curves[None]) ** 2).mean(axis=2))
    return float(differences[np.triu_indices(len(curves), 1)].mean())


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
            heard = [
                describe(EQParams.from_safe(row).apply(clip.audio, clip.sample_rate), clip.sample_rate)
                for row in chosen
            ]
            scores[word].append([score["bright"] - score["warm"] for score in heard])
    within = [area_under_curve(bright, warm) for bright, warm in zip(scores["bright"], scores["warm"], strict=True)]
    across = area_under_curve(np.ravel(scores["bright"]), np.ravel(scores["warm"]))
    return {"auc_within": float(np.mean(within)), "auc_across": across}


def area_under_curve(positive, negative) -> float:
    """Return the probability that a positive score exceeds a negative one (Mann-Whitney), ties counting half."""
    ranks = rankdata(np.concatenate([positive, negative]))
    n, m = len(positive), len(negative)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))
