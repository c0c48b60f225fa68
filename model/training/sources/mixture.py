"""Several sources in stated shares."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np

from model.training.sources.base import Source
from model.training.sources.fma import FMA
from model.training.sources.folder import Folder, audio_files, is_for_validation, is_held_out
from model.training.sources.musdb import MUSDB
from model.training.sources.pink import PinkNoise

_TOLERANCE = 1e-6
SAMPLE_RATE, EXCERPT_S, PINK_RATIO = 44_100, 10.0, 0.1


class Ratios(TypedDict):
    """Shares of pink noise, FMA and MUSDB18; the rest is of the folders of music."""

    pink_ratio: float
    fma_ratio: float
    musdb_ratio: float


class Collections(TypedDict, total=False):
    """Where FMA and MUSDB18 are, and which of FMA's tracks take part; see `training_mixture`."""

    fma: str | Path | None
    musdb: str | Path | None
    fma_subset: str | None
    fma_genres: Sequence[str] | None


class Mixture(Source):
    """Draws each excerpt from one of several sources.

    Parameters
    ----------
    sources : sequence of Source, all of the same rate and duration
    ratios : sequence of float
        Each source's share, 0 or more; together 1.
    """

    def __init__(self, sources: Sequence[Source], ratios: Sequence[float]):
        if len(sources) != len(ratios) or not sources:
            raise ValueError(f"{len(sources)} sources came with {len(ratios)} ratios: each source needs one.")
        if not all(ratio >= 0 for ratio in ratios) or not math.isclose(sum(ratios), 1, abs_tol=_TOLERANCE):
            raise ValueError(
                f"The ratios are {', '.join(f'{ratio:g}' for ratio in ratios)}: each is 0 or more, all add up to 1."
            )
        if len({(source.sample_rate, source.n_samples) for source in sources}) > 1:
            raise ValueError("The sources differ in sample rate or duration: make them alike.")
        super().__init__(sources[0].sample_rate, sources[0].duration_s)
        self.sources, self.ratios = list(sources), np.array(ratios) / sum(ratios)

    @property
    def skipped(self) -> dict[str, str]:
        return {path: reason for source in self.sources for path, reason in source.skipped.items()}

    def excerpt(self, rng: np.random.Generator) -> np.ndarray:
        return self.sources[rng.choice(len(self.sources), p=self.ratios)].excerpt(rng)

    def excerpts(self, seed: int, start: int = 0) -> Iterator[np.ndarray]:
        """Yield excerpts without end, from number ``start`` on; the same seed and number give the same excerpt."""
        index = start
        while True:
            yield self.excerpt(np.random.default_rng([seed, index]))
            index += 1


def training_mixture(
    sample_rate: int,
    duration_s: float,
    pink_ratio: float = 0.0,
    fma_ratio: float = 0.0,
    musdb_ratio: float = 0.0,
    fma: str | Path | None = None,
    musdb: str | Path | None = None,
    music: Sequence[str | Path] = (),
    fma_subset: str | None = None,
    fma_genres: Sequence[str] | None = None,
    keep: Callable[[Path], bool] | None = None,
) -> Mixture:
    """Make the mixture that the options of `semantic-eq train` describe; folders of music share what the ratios leave.

    Parameters
    ----------
    sample_rate : int, Hz
    duration_s : float
    pink_ratio, fma_ratio, musdb_ratio : float, 0 to 1
    fma, musdb : path
        Needed where their ratio is above 0; of MUSDB18, the songs in ``train`` where there is such a folder.
    music : sequence of paths
        Needed where the ratios add up to less than 1. Each folder's share grows with the square root of its files.
    fma_subset : str, optional
    fma_genres : sequence of str, optional
        Which of FMA's tracks take part, by its tracks.csv; see `FMA`.
    keep : callable, optional
        Says of a music file's path whether it takes part.

    Raises
    ------
    ValueError
        For a ratio outside 0 to 1, ratios of more than 1 together, a path that is missing, wrong or of no use.
    """
    ratios = {"pink": pink_ratio, "FMA": fma_ratio, "MUSDB18": musdb_ratio}
    for name, ratio in ratios.items():
        if not 0 <= ratio <= 1:
            raise ValueError(f"The {name} ratio is {ratio:g}, outside 0 to 1: was it given in percent?")
    rest = 1 - sum(ratios.values())
    if rest < -_TOLERANCE:
        raise ValueError(f"The ratios add up to {1 - rest:g}, more than 1: {_listed(ratios)}.")
    parts: list[tuple[Source, float]] = []
    if rest > _TOLERANCE:
        if not music:
            raise ValueError(
                f"The ratios add up to {1 - rest:g} ({_listed(ratios)}): give a folder of music for the rest."
            )
        folders = [Folder(path, sample_rate, duration_s, keep) for path in music]
        weights = np.sqrt([len(folder) for folder in folders])
        parts += list(zip(folders, rest * weights / weights.sum(), strict=True))
    if pink_ratio > 0:
        parts.append((PinkNoise(sample_rate, duration_s), pink_ratio))
    if not fma_ratio > 0 and (fma_subset or fma_genres):
        raise ValueError("A subset or genre of FMA was given, but the FMA ratio is 0.")
    for name, path in (("FMA", fma), ("MUSDB18", musdb)):
        if ratios[name] > 0 and path is None:
            raise ValueError(f"The {name} ratio is {ratios[name]:g}, but no folder of {name} was given.")
        if not ratios[name] > 0 and path is not None:
            raise ValueError(f"A folder of {name} was given, but the {name} ratio is 0: say what share it is to have.")
    if fma is not None and fma_ratio > 0:
        parts.append((FMA(fma, sample_rate, duration_s, subset=fma_subset, genres=fma_genres), fma_ratio))
    if musdb is not None and musdb_ratio > 0:
        # Its test songs are kept for tests, where they lie apart.
        split = "train" if (Path(musdb).expanduser() / "train").is_dir() else None
        parts.append((MUSDB(musdb, sample_rate, duration_s, split=split), musdb_ratio))
    sources, shares = zip(*parts, strict=True)
    return Mixture(sources, shares)


def default_pink_ratio(has_music: bool, ratios: Mapping[str, float]) -> float:
    """Return the share of pink noise where none is asked for: a tenth beside folders of music, else what is left."""
    return PINK_RATIO if has_music else 1 - sum(ratios.values())


def training_mixtures(
    music: Sequence[Path], ratios: Ratios, collections: Collections
) -> tuple[Mixture, Mixture, Mixture]:
    """Return what is trained on, what chooses the best checkpoint, and music without noise, which says what is usual.

    The recordings of no two of training, validation and evaluation are the same: see `is_held_out` and
    `is_for_validation`. Where no folder has a recording for validation, training's own choose.

    Parameters
    ----------
    music : sequence of paths
    ratios : Ratios
    collections : Collections
    """

    def mixture(folders: Sequence[Path], keep: Callable[[Path], bool], shares: Ratios) -> Mixture:
        return training_mixture(SAMPLE_RATE, EXCERPT_S, music=folders, keep=keep, **shares, **collections)

    def is_for_training(file: Path) -> bool:
        return not (is_held_out(file) or is_for_validation(file))

    training = mixture(music, is_for_training, ratios)
    apart = [folder for folder in music if any(map(is_for_validation, audio_files(folder)))]
    validation = mixture(apart, is_for_validation, ratios) if apart else training
    music_share = 1 - ratios["pink_ratio"]
    if music_share <= 0:
        return training, validation, training
    shares = Ratios(
        pink_ratio=0.0, fma_ratio=ratios["fma_ratio"] / music_share, musdb_ratio=ratios["musdb_ratio"] / music_share
    )
    return training, validation, mixture(music, is_for_training, shares)


def _listed(ratios: dict[str, float]) -> str:
    return ", ".join(f"{name} {ratio:g}" for name, ratio in ratios.items())
