"""What a system makes of a word on clips that already have more or less of it; see `model.evaluation`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyloudnorm
import torch
from scipy.signal import welch
from scipy.stats import spearmanr

from model.encoder import mel_centres_hz
from model.eq import GAINS, GRID_HZ, EQParams
from model.evaluation.clips import Clip, filtered
from model.request import analysed
from model.safe_db import Settings
from model.training.gain_law import perceptual_spread

STEPS = np.linspace(-1, 1, 5)
BEYOND_DB = 11.5
N_BANDS = 32
INAUDIBLE_DB = 1.0
_RESAMPLES = 200
_FINE_HZ = np.geomspace(10, 22_000, 512)

Propose = Callable[[np.ndarray, float, str], EQParams]


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
    one row each: system, descriptor, clip, k, baseline_score, dose, beyond, loudness_lu (k = 0 only), curve [96],
    spectrum [80] (the clip's own) and change [80] (the curve) in mel bands
    """
    fine, means = settings.mean_response_db(_FINE_HZ), settings.mean_response_db(GRID_HZ)
    rows = []
    for clip in clips:
        spectrum, before_lu = _spectrum(clip), _loudness_lu(clip.audio, clip.sample_rate)
        for descriptor in descriptors:
            for k in STEPS:
                gains_db = k * fine[descriptor]
                audio = filtered(clip.audio, clip.sample_rate, _FINE_HZ, gains_db) if k else clip.audio
                score = baseline_score(audio, clip.sample_rate, means[descriptor])
                for system, propose in systems.items():
                    params = propose(audio, clip.sample_rate, descriptor)
                    measured = _measured(params, means[descriptor])
                    if k == 0:
                        after_lu = _loudness_lu(params.apply(audio, clip.sample_rate), clip.sample_rate)
                        measured["loudness_lu"] = after_lu - before_lu
                    rows.append({"system": system, "descriptor": descriptor, "clip": clip.name, "k": k})
                    rows[-1] |= {"baseline_score": score, "spectrum": spectrum, **measured}
    return pd.DataFrame(rows)


def _spectrum(clip: Clip) -> np.ndarray:
    return analysed(clip.audio, clip.sample_rate)[0][0].numpy()


def _loudness_lu(audio: np.ndarray, sample_rate: float) -> float:
    return float(pyloudnorm.Meter(sample_rate).integrated_loudness(audio.T.astype(np.float64)[:, :2]))


def _measured(params: EQParams, mean_curve_db: np.ndarray) -> dict[str, Any]:
    curve = params.response(GRID_HZ, 44_100)
    beyond = float(np.mean(np.abs(np.array(params.values)[GAINS]) > BEYOND_DB))
    return {
        "dose": dose(curve, mean_curve_db),
        "beyond": beyond,
        "loudness_lu": np.nan,
        "curve": curve,
        "change": params.response(mel_centres_hz(), 44_100),
    }


def summarise(rows: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Return the measures that `model.evaluation` lists of what `responses` gave, a row per system and descriptor."""
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
    rank = 0.0 if constant else float(spearmanr(group.baseline_score, group.dose).statistic)
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
