"""The gain law, fitted to music: how much of a descriptor a clip gets for what it lacks.

Per descriptor the law has a slope, a centre, a floor and a ceiling; all share the belief in the natural spectrum.

floor    the least dose that is heard: its curve swings by `AUDIBLE_SWING_DB` from its lowest to its highest point
ceiling  never beyond what people do: 99 in 100 of SAFE-DB's settings of the word have a smaller dose
centre   untouched music gets `MEAN_DOSE` on average, or the middle between floor and ceiling if that is less
slope, belief : those with the least objective, found on a grid (slope per descriptor; belief for all together, the
         descriptors of `COMMON` settings or more counting)

The objective is the mean of two spreads, both 1 for a fixed curve of the same mean dose and 0 if all comes out alike:

between  clips after equalising: the mean over three perceptual measures of the standard deviation between clips.
         Sharpness in acum (DIN 45692, with specific loudness as the 0.23th power of a band's power, without masking),
         spectral tilt in dB per octave, and loudness in 80 bands (dB; the root mean square of their deviations)
within   versions of one clip with a known EQ, -1 to 1 times the mean curve: standard deviation of what is there
         afterwards, in doses
"""

from __future__ import annotations

import numpy as np
import torch

from model.encoder import mel_centres_hz
from model.semantic import SemanticNetwork, gain_law

AUDIBLE_SWING_DB = 1.5
CEILING_SHARE, CEILING_RANGE = 0.99, (0.8, 4.0)
MEAN_DOSE = 1.2
SLOPES = np.round(np.arange(0.4, 1.31, 0.1), 2)
BELIEFS = (0.0, 0.25, 0.5, 0.75, 1.0)
COMMON = 20
_STEPS = (-1.0, -0.5, 0.0, 0.5, 1.0)


def set_limits(network: SemanticNetwork, index: int, codes: torch.Tensor) -> None:
    """Set floor and ceiling of a descriptor from its target and its settings' codes [n, 32] less the flat one's."""
    low, high = CEILING_RANGE
    network.ceilings[index] = network.along(codes, index).quantile(CEILING_SHARE).clamp(low, high)
    curve_db = 12 * network.shape(network.directions()[index])
    network.floors[index] = (AUDIBLE_SWING_DB / (curve_db.max() - curve_db.min())).clamp(0.02, 0.5)


def fit_gain_law(
    network: SemanticNetwork, labels: torch.Tensor, curves: torch.Tensor, spectra: torch.Tensor, nature: torch.Tensor
) -> dict[float, float]:
    """Set belief, slopes and centres (see the module); return the objective of every belief that was tried.

    Parameters
    ----------
    network : SemanticNetwork
        Its targets and limits set.
    labels : int tensor [settings]
        Which descriptor each of SAFE-DB's settings is of.
    curves : tensor [descriptors, 80]
        Mean responses in mel bands, dB, without their means.
    spectra, nature : tensors [clips, 80]
        Of music as it is.
    """
    counts = torch.bincount(labels, minlength=len(curves)).tolist()
    common = [index for index, count in enumerate(counts) if count >= COMMON] or list(range(len(curves)))
    objectives = {}
    with torch.no_grad():
        for belief in BELIEFS:
            network.encoder.belief.fill_(belief)
            objectives[belief] = float(np.mean([_fit_one(network, index, curves, spectra, nature) for index in common]))
        network.encoder.belief.fill_(min(objectives, key=objectives.__getitem__))
        for index in range(len(curves)):
            _fit_one(network, index, curves, spectra, nature)
    return objectives


def _fit_one(
    network: SemanticNetwork, index: int, curves: torch.Tensor, spectra: torch.Tensor, nature: torch.Tensor
) -> float:
    """Set slope and centre of one descriptor; return its objective."""
    missing = torch.stack([_missing(network, index, spectra + k * curves[index], nature) for k in _STEPS])
    # How many doses the encoder takes the mean curve itself for: the law's slope makes up for the difference.
    heard = max(float((missing[0] - missing[-1]).mean()) / (_STEPS[-1] - _STEPS[0]), 0.3)
    slopes = torch.as_tensor(SLOPES / heard, dtype=missing.dtype)
    centres = _centres(network, missing[2], index, slopes)
    found = []
    for slope, centre in zip(slopes, centres, strict=True):
        network.law_slope[index], network.law_centre[index] = slope, centre
        doses = network.dose(missing, index)
        found.append((objective(doses, spectra, curves[index]), float(slope), float(centre)))
    best, network.law_slope[index], network.law_centre[index] = min(found)
    return best


def objective(doses: torch.Tensor, spectra: torch.Tensor, curve: torch.Tensor) -> float:
    """Return the mean of the two spreads (see the module) of doses [5, clips] for k = -1 to 1 times ``curve`` [80]."""
    steps = torch.tensor(_STEPS)[:, None]
    within = float((doses + steps).std(dim=0, correction=0).mean() / steps.std(correction=0))
    untouched = doses[2]
    return (perceptual_spread(spectra, untouched[:, None] * curve, untouched.mean() * curve) + within) / 2


def perceptual_spread(spectra: torch.Tensor, changes: torch.Tensor, fixed: torch.Tensor) -> float:
    """Return how much clips differ after ``changes`` [clips, 80] dB, relative to the ``fixed`` change [80]."""
    ratios = [
        float(measure(spectra + changes) / measure(spectra + fixed))
        for measure in (
            lambda bands: sharpness_acum(bands).std(),
            lambda bands: tilt_db_per_octave(bands).std(),
            lambda bands: bands.var(dim=0).mean().sqrt(),
        )
    ]
    return float(np.mean(ratios))


def sharpness_acum(bands_db: torch.Tensor) -> torch.Tensor:
    """Return the sharpness [n] of spectra [n, 80] in mel bands (see the module for what is left out)."""
    hz = mel_centres_hz()
    bark = 13 * np.arctan(0.00076 * hz) + 3.5 * np.arctan((hz / 7500) ** 2)
    weight = np.where(bark < 15.8, 1.0, 0.15 * np.exp(0.42 * (bark - 15.8)) + 0.85)
    width, weighted = (torch.as_tensor(row).float() for row in (np.gradient(bark), weight * bark))
    loudness = 10 ** (0.23 * bands_db / 10) * width
    return 0.11 * (loudness * weighted).sum(dim=1) / loudness.sum(dim=1)


def tilt_db_per_octave(bands_db: torch.Tensor) -> torch.Tensor:
    """Return the slope [n] of spectra [n, 80] in mel bands over log frequency, bands counting by their width."""
    octaves = np.log2(mel_centres_hz())
    width = np.gradient(octaves)
    centred = octaves - np.average(octaves, weights=width)
    weights = torch.as_tensor(width * centred / np.sum(width * centred**2)).float()
    return bands_db @ weights


def _missing(network: SemanticNetwork, index: int, spectra: torch.Tensor, nature: torch.Tensor) -> torch.Tensor:
    return network.along(network.targets[index] - network.encoder.code(spectra, nature), index)


def _centres(network: SemanticNetwork, missing: torch.Tensor, index: int, slopes: torch.Tensor) -> torch.Tensor:
    """Return the centre [slopes] of each law for which music that lacks ``missing`` [clips] gets the mean dose."""
    floor, ceiling = network.floors[index], network.ceilings[index]
    wanted = min(MEAN_DOSE, float(floor + ceiling) / 2)
    low, high = torch.full_like(slopes, -20.0), torch.full_like(slopes, 20.0)
    for _ in range(40):
        middle = (low + high) / 2
        doses = gain_law(missing, slopes[:, None], middle[:, None], floor, ceiling)
        too_much = doses.mean(dim=1) > wanted
        low, high = torch.where(too_much, middle, low), torch.where(too_much, high, middle)
    return (low + high) / 2
