"""The prior of `model.personal`: what SAFE-DB's people meant by each word, and settings worth asking about."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from model.eq import GRID_HZ, EQParams
from model.fitting import fit_curve
from model.personal import NOISE, PersonalWord, Prior, shapes_of
from model.safe_db import Settings

N_COMPONENTS, N_PROBES = 6, 48
# A word's own covariance counts as much as that of all words together once this many people stand behind it.
POOLED_PEOPLE = 5.0
# Probes are as strong as a setting that most people would call clear: 6 dB, root mean square over the grid.
PROBE_RMS_DB = 6.0


def fit_prior(settings: Settings, seed: int = 0, n_probes: int = N_PROBES, probes: np.ndarray | None = None) -> Prior:
    """Fit the prior to ``settings``; every person of n settings of a word counts as sqrt(n).

    Parameters
    ----------
    settings : Settings
    seed : int
        Of the probes: settings drawn from the prior of all words together, none of them anybody's own.
    n_probes : int
    probes : float array [m, 13], optional
        Ask about these settings instead of drawing any.
    """
    shapes, lengths = shapes_of(settings.parameters)
    kept = np.any(shapes != 0, axis=1)
    settings, shapes, lengths = settings.where(kept), shapes[kept], lengths[kept]
    weights = settings.person_weights()
    components = np.linalg.svd(shapes * np.sqrt(weights)[:, None], full_matrices=False)[2][:N_COMPONENTS]
    codes = shapes @ components.T
    own = {name: settings.descriptors == name for name in settings.names}
    moments = {name: _moments(codes[mask], weights[mask]) for name, mask in own.items()}
    shares = [weights[mask].sum() for mask in own.values()]
    pooled = np.average([moments[name][1] for name in own], axis=0, weights=shares)
    people = {name: len(set(settings.persons[mask])) for name, mask in own.items()}
    covariances = [
        (people[name] * moments[name][1] + POOLED_PEOPLE * pooled) / (people[name] + POOLED_PEOPLE) for name in own
    ]
    misfits = np.mean((shapes - codes @ components) ** 2, axis=1)
    residuals = [np.average(misfits[mask], weights=weights[mask]) for mask in own.values()]
    strengths = [_strength(lengths[mask], weights[mask]) for mask in own.values()]
    if probes is None:
        probes = _probes(codes, weights, components, n_probes, seed)
    means = [moments[name][0] for name in own]
    return Prior(
        settings.names,
        components,
        np.array(means),
        np.array(covariances),
        np.array(residuals),
        np.array(strengths),
        probes,
    )


def _moments(codes: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean = np.average(codes, axis=0, weights=weights)
    return mean, (codes - mean).T @ ((codes - mean) * (weights / weights.sum())[:, None])


def _strength(lengths: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    mean = np.average(np.log(lengths), weights=weights)
    return float(mean), float(np.sqrt(np.average((np.log(lengths) - mean) ** 2, weights=weights)))


def _probes(codes: np.ndarray, weights: np.ndarray, components: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Return settings [n, 13] whose shapes are drawn around 0 as people's are, both ways."""
    rng = np.random.default_rng(seed)
    spread = codes.T @ (codes * (weights / weights.sum())[:, None])
    curves = rng.multivariate_normal(np.zeros(len(spread)), spread, n) @ components
    curves *= PROBE_RMS_DB * np.sqrt(len(GRID_HZ)) / np.linalg.norm(curves, axis=1, keepdims=True)
    return np.array([fit_curve(curve, 1, rng) for curve in curves])


def recovery(
    settings: Settings,
    descriptor: str,
    n_judgements: int = 5,
    noise: float = NOISE,
    n_probes: int = N_PROBES,
    at_most: int = 30,
    seed: int = 0,
    track: Callable[[list[str]], Iterable[str]] = iter,
) -> dict[str, float]:
    """Return how well the word of a person is found whom the prior does not know.

    Each person of the word is left out of the prior in turn; each of the settings that the person made (``at_most``)
    is a listener who judges by the correlation with it, plus normal noise, held within -1 to 1.

    Returns
    -------
    dict of listeners, prior_r and r (median correlation with the listener's own curve before and after), prior_poor
    and poor (shares of listeners below 0.5), coverage (share of the grid where the own curve lies in the 80 % interval)
    """
    rng = np.random.default_rng(seed)
    # What is asked gives nothing away of what a person would answer.
    probes = fit_prior(settings, seed, n_probes).probes
    found: list[tuple[float, float, float]] = []
    for person in track(sorted(set(settings.of(descriptor).persons))):
        prior = fit_prior(settings.where(settings.persons != person), probes=probes)
        own = settings.where((settings.persons == person) & (settings.descriptors == descriptor)).parameters
        for row in rng.permutation(own)[:at_most]:
            if shapes_of(row[None])[0].any():
                found.append(_listener(prior, descriptor, row, n_judgements, noise, rng))
    prior_r, r, coverage = np.array(found).T
    return {
        "listeners": len(found),
        "prior_r": float(np.median(prior_r)),
        "prior_poor": float(np.mean(prior_r < 0.5)),
        "r": float(np.median(r)),
        "poor": float(np.mean(r < 0.5)),
        "coverage": float(coverage.mean()),
    }


def _listener(
    prior: Prior, descriptor: str, row: np.ndarray, n: int, noise: float, rng: np.random.Generator
) -> tuple[float, float, float]:
    word = PersonalWord(prior, descriptor)
    shape, length = shapes_of(row[None])
    before = np.corrcoef(word.response(), shape[0])[0, 1]
    for _ in range(n):
        probe = word.next()
        truth = shapes_of(np.array(probe.values)[None])[0][0] @ shape[0]
        word.rate(EQParams.from_safe(probe.values), float(np.clip(truth + noise * rng.standard_normal(), -1, 1)))
    low, high = word.interval()
    curve_db = shape[0] * length[0]
    covered = np.mean((low <= curve_db) & (curve_db <= high))
    return before, np.corrcoef(word.response(), shape[0])[0, 1], covered
