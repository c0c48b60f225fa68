"""`match`: a match EQ, the difference between the long-term spectra of a reference and a clip, fitted with five bands.

What mastering plug-ins call EQ matching. It has no weights, and takes every difference for one that an EQ made. Bands
that either sound leaves below 60 dB under its strongest, or that its sample rate does not hold, say nothing and are
left out; all others count by their width in octaves. Level does not matter: spectra are compared without it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from model.encoder import AUDIBLE_BAND_DB, N_MELS, held_bands, mel_centres_hz
from model.eq import EQParams, check_audio
from model.fitting import fit_curve
from model.request import analysed, check_intensity, presence

# More of either moves the curve by less than two excerpts of a recording differ.
STARTS, EVALUATIONS = 3, 50
# Fewer bands than this that both sounds have cannot be matched.
FEWEST_BANDS = 8

T = TypeVar("T")
Recording = tuple[np.ndarray, float]
"""Audio [channels, samples] and its sample rate, Hz."""


class MatchEQ:
    """The match EQ; see the module."""

    model_hash = None

    def propose(
        self,
        audio: np.ndarray,
        sample_rate: float,
        reference: np.ndarray,
        reference_rate: float,
        intensity: float = 1.0,
    ) -> EQParams:
        """Return the EQ that gives ``audio`` the long-term spectrum of ``reference``, as nearly as five bands can.

        Parameters
        ----------
        audio, reference : float array [channels, samples] or [samples]
            0.2 s or longer, any level; of more than 2 minutes, twelve excerpts of 10 s are listened to.
        sample_rate, reference_rate : float, Hz
        intensity : float
            0 (flat) to 1; multiplies the gains.

        Raises
        ------
        ValueError
            For silence, DC, integers, NaN or infinity in either sound, an intensity outside 0 to 1, or sounds that have
            fewer than 8 audible bands in common.
        """
        check_intensity(intensity)
        difference_db, weights = difference(*of_reference(spectrum, (audio, sample_rate), (reference, reference_rate)))
        fitted = fit_curve(difference_db, STARTS, np.random.default_rng(0), mel_centres_hz(), weights, EVALUATIONS)
        return EQParams.from_safe(fitted).scaled(intensity)


def of_reference(listen: Callable[..., T], clip: Recording, reference: Recording) -> tuple[T, T]:
    """Return what ``listen`` gives of a clip and of its reference, each (audio, Hz); an error says which was wrong."""
    own = _listened(listen, clip)
    try:
        return own, _listened(listen, reference)
    except ValueError as error:
        raise ValueError(f"The reference cannot be used: {error}") from None


def _listened(listen: Callable[..., T], recording: Recording) -> T:
    found = listen(*recording)
    if presence(recording[0]) == 0:
        raise ValueError("The audio holds nothing but DC or the noise of dither: is it a silent recording?")
    return found


def require_common(n_bands: int) -> None:
    """Raise a ValueError if two sounds have too few audible bands in common to be compared."""
    if n_bands < FEWEST_BANDS:
        raise ValueError(
            f"The clip and its reference have {n_bands} of {N_MELS} bands in common, fewer than {FEWEST_BANDS}: is one "
            "of them a test tone?"
        )


def spectrum(audio: np.ndarray, sample_rate: float) -> np.ndarray:
    """Return the long-term spectrum [80] in mel bands, dB; NaN where a band holds nothing that can be heard."""
    check_audio(audio, sample_rate)
    bands_db = analysed(audio, sample_rate)[0][0].double().numpy()
    held = held_bands(float(sample_rate)).numpy()
    audible = held & (bands_db > bands_db[held].max() + AUDIBLE_BAND_DB)
    return np.where(audible, bands_db, np.nan)


def difference(own_db: np.ndarray, reference_db: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how much more the reference has in each band, dB, without its mean, and how much the band counts.

    Raises ValueError if fewer than 8 bands can be heard in both.
    """
    common = np.isfinite(own_db) & np.isfinite(reference_db)
    require_common(int(common.sum()))
    weights = np.where(common, np.gradient(np.log2(mel_centres_hz())), 0.0)
    apart = np.where(common, reference_db - own_db, 0.0)
    return np.where(common, apart - np.average(apart, weights=weights), 0.0), weights
