"""Where training audio comes from: excerpts, float32 [2, samples], drawn from noise, folders and music collections.

An excerpt is a function of its seed and index alone, so that a run can be repeated, resumed and shared between workers.
"""

from model.training.sources.augmented import Augmented
from model.training.sources.base import FileSource, Source
from model.training.sources.fma import FMA
from model.training.sources.folder import Folder, audio_files, is_for_validation, is_held_out
from model.training.sources.mixture import (
    Collections,
    Mixture,
    Ratios,
    default_pink_ratio,
    training_mixture,
    training_mixtures,
)
from model.training.sources.musdb import MUSDB
from model.training.sources.pink import PinkNoise

__all__ = [
    "FMA",
    "MUSDB",
    "Augmented",
    "Collections",
    "FileSource",
    "Folder",
    "Mixture",
    "PinkNoise",
    "Ratios",
    "Source",
    "audio_files",
    "default_pink_ratio",
    "is_for_validation",
    "is_held_out",
    "training_mixture",
    "training_mixtures",
]
