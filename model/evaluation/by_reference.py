"""How well a system makes a clip sound like a reference.

One half of a recording is equalised with a setting that training did not use, the other half is the reference: what is
wanted is the way back. Another recording as reference has no right answer, only a spectrum that is to come nearer.

same_db      error of the proposed response (root mean square over `model.eq.GRID_HZ`, without the means), median over
             recordings; same_p90_db its 90th percentile, same_rms_db the root mean square over all
other        distance of the long-term spectra after equalising by that before, median; both in mel bands by octaves
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from model.encoder import mel_centres_hz
from model.eq import GRID_HZ, EQParams
from model.evaluation.clips import Clip, read_pairs
from model.fitting import fit_curve
from model.match import difference, spectrum
from model.safe_db import Settings
from model.semantic import SemanticEQ

LENGTHS_S = (30.0, 10.0)
Propose = Callable[[np.ndarray, float, np.ndarray, float], EQParams]


def flat(audio: np.ndarray, sample_rate: float, reference: np.ndarray, reference_rate: float) -> EQParams:
    """Return the EQ that changes nothing: what any system has to beat."""
    return EQParams.flat()


def by_hand(eq: SemanticEQ) -> Propose:
    """Return what ``eq`` gives without training for it: the difference of the EQs that both sounds seem to have had."""

    def propose(audio: np.ndarray, sample_rate: float, reference: np.ndarray, reference_rate: float) -> EQParams:
        wanted_db = eq.applied_eq(reference, reference_rate) - eq.applied_eq(audio, sample_rate)
        return EQParams.from_safe(fit_curve(wanted_db, 2, np.random.default_rng(0)))

    return propose


def distances(
    systems: Mapping[str, Propose],
    clips: Iterable[Clip],
    folder: Path,
    settings: Settings,
    seed: int = 0,
    track: Callable[[list[Any]], Iterable[Any]] = iter,
) -> pd.DataFrame:
    """Ask every system about every recording under ``folder`` among ``clips`` that is long enough.

    Returns
    -------
    one row each: system, seconds, clip, same_db, other
    """
    rng = np.random.default_rng(seed)
    rows = []
    for seconds in LENGTHS_S:
        pairs = read_pairs(clips, folder, seconds)
        for index, (first, second) in enumerate(track(pairs)):
            stranger = pairs[(index + 1) % len(pairs)][1]
            setting = EQParams.from_safe(settings.parameters[rng.integers(len(settings))])
            equalised = Clip(first.name, setting.apply(first.audio, first.sample_rate), first.sample_rate)
            for system, propose in systems.items():
                asked = {"same_db": _missed_db(propose, equalised, second, setting)}
                asked["other"] = _left(propose, first, stranger) if seconds == LENGTHS_S[0] else np.nan
                rows.append({"system": system, "seconds": seconds, "clip": first.name, **asked})
    return pd.DataFrame(rows)


def summarise(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the measures of the module's list, one row per length and system, from what `distances` gave."""
    groups = rows.groupby(["seconds", "system"], sort=False)
    table = groups.agg(
        recordings=("clip", "size"),
        same_db=("same_db", "median"),
        same_p90_db=("same_db", lambda values: values.quantile(0.9)),
        same_rms_db=("same_db", lambda values: np.sqrt(np.mean(values**2))),
        other=("other", "median"),
    )
    return table.reset_index()


def _missed_db(propose: Propose, clip: Clip, reference: Clip, setting: EQParams) -> float:
    proposed = propose(clip.audio, clip.sample_rate, reference.audio, reference.sample_rate)
    return float(np.std(proposed.response(GRID_HZ, 44_100) + setting.response(GRID_HZ, 44_100)))


def _left(propose: Propose, clip: Clip, reference: Clip) -> float:
    """Return the share of the distance between two sounds' spectra that is left after equalising."""
    apart_db, weights = difference(*(spectrum(sound.audio, sound.sample_rate) for sound in (clip, reference)))
    proposed = propose(clip.audio, clip.sample_rate, reference.audio, reference.sample_rate)
    left_db = apart_db - proposed.response(mel_centres_hz(), 44_100)
    left_db = left_db - np.average(left_db, weights=weights)
    before, after = (np.average(curve**2, weights=weights) for curve in (apart_db, left_db))
    return float(np.sqrt(after / before))
