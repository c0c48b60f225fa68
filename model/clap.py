"""The optional extra `clap`: a pretrained CLAP in place of the audio encoder, and any English word as a target.

CLAP (Wu et al., ICASSP 2023; in `transformers` as `ClapModel`) puts sounds and texts into one space of 512 dimensions.
It stays frozen; a projection 512 -> 128 -> 32, trained on clips with known EQs, takes its audio embedding to the
latent space of the EQ autoencoder. A word that SAFE-DB does not know goes the same way by its text embedding. Texts and
sounds lie in separate parts of the space (Liang et al., NeurIPS 2022), so that each is centred on its own mean first;
and since a text says where to go but not how far, its curve gets the mean strength of SAFE-DB's descriptors.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import torch
from torch import nn

from model import checkpoint
from model.encoder import LATENT
from model.eq import EQParams
from model.request import heard, presence
from model.semantic import SemanticEQ, SemanticNetwork

NAME = "clap"
EXAMPLE = "laion/clap-htsat-unfused"
EMBEDDING, HIDDEN = 512, 128
RATE_HZ, WINDOW_S = 48_000, 10.0
PROMPT = "a sound that is {}"
# Their centroid stands for "any timbre at all".
COMMON_WORDS = [
    *("warm", "bright", "dark", "dull", "soft", "hard", "thin", "full", "rough", "smooth", "clear", "muddy"),
    *("sharp", "heavy", "light", "deep", "shrill", "rich", "hollow", "crisp", "boomy", "airy", "harsh", "mellow"),
]
# A word whose target the projection does not distinguish from no EQ at all has no direction to go.
_LEAST_STRENGTH_DB = 1e-3


class Clap:
    """A frozen CLAP with its feature extractor and tokenizer."""

    def __init__(self, model: Any, processor: Any, source: str):
        self.model, self.processor, self.source = model.eval().requires_grad_(False), processor, source

    @classmethod
    def load(cls, source: str | Path) -> Clap:
        """Load weights by hub name (like "laion/clap-htsat-unfused") or folder, with `transformers`.

        Raises
        ------
        ValueError
            If the extra is not installed, or nothing usable is found under that name.
        """
        try:
            from transformers import AutoConfig, AutoProcessor, ClapModel
        except ImportError:
            raise ValueError("CLAP needs the extra clap: pip install 'semantic-eq[clap]'.") from None
        place = _folder_or_name(source)
        try:
            config = AutoConfig.from_pretrained(place)
            if config.model_type != "clap":
                raise ValueError(f"it is a model of type {config.model_type}")
            loaded: Any = ClapModel.from_pretrained(place, output_loading_info=True)
            model, loading = loaded
            # transformers would go on with random numbers in their place.
            if missing := set(loading["missing_keys"]) & dict(model.named_parameters()).keys():
                raise ValueError(f"{len(missing)} of its weights are missing, like {min(missing)}")
            processor = AutoProcessor.from_pretrained(place)
        except (OSError, ValueError) as error:
            reason = str(error).split("\n")[0].rstrip(".")
            raise ValueError(f"No CLAP could be loaded from {place!r} ({reason}).") from None
        if config.projection_dim != EMBEDDING:
            raise ValueError(f"{place} embeds in {config.projection_dim} dimensions, expected {EMBEDDING}.")
        return cls(model, processor, place)

    def embed_audio(self, audio: np.ndarray, sample_rate: float) -> torch.Tensor:
        """Return the embedding [512] of ``audio`` [channels, samples]: mean over windows of 10 s, length 1."""
        mono = _mono(heard(audio, sample_rate))
        mono = soxr.resample(mono / np.abs(mono).max(), sample_rate, RATE_HZ).astype(np.float32)
        inputs = self.processor.feature_extractor(_windows(mono), sampling_rate=RATE_HZ, return_tensors="pt")
        return nn.functional.normalize(self._pooled(self.model.get_audio_features, inputs).mean(dim=0), dim=0)

    def embed_text(self, words: list[str]) -> torch.Tensor:
        """Return the embeddings [words, 512] of words or phrases, each of length 1."""
        prompts = [PROMPT.format(word) for word in words]
        inputs = self.processor.tokenizer(prompts, padding=True, truncation=True, return_tensors="pt")
        return nn.functional.normalize(self._pooled(self.model.get_text_features, inputs), dim=1)

    def _pooled(self, embed: Callable[..., Any], inputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
        with torch.no_grad():
            output = embed(**inputs)
        # transformers before 5 returns the embeddings themselves.
        return getattr(output, "pooler_output", output)


def _folder_or_name(source: str | Path) -> str:
    """Return a folder's whole path or a name on the hub; ValueError for what is neither."""
    folder = Path(source).expanduser()
    if folder.is_dir():
        return str(folder.resolve())
    if folder.exists() or not re.fullmatch(r"\w[\w.-]*/[\w.-]+", str(source)):
        found = "is a file" if folder.exists() else "is neither a folder here nor a name on the hub"
        raise ValueError(f"{source} {found}: give the folder of a ClapModel, or a name like {EXAMPLE}.")
    return str(source)


def _mono(audio: np.ndarray) -> np.ndarray:
    """Return the channels' mean [samples], or the loudest channel where they cancel."""
    mono, power = audio.mean(axis=0), np.mean(audio**2, axis=1)
    return mono if np.mean(mono**2) > 0.1 * power.mean() else audio[np.argmax(power)]


def _windows(mono: np.ndarray) -> list[np.ndarray]:
    """Cut into windows of 10 s; a last one under a second counts only if it is the only one."""
    size = int(WINDOW_S * RATE_HZ)
    windows = [mono[start : start + size] for start in range(0, len(mono), size)]
    return windows[:-1] if len(windows) > 1 and len(windows[-1]) < RATE_HZ else windows


class ClapProjection(nn.Module):
    """512 -> 128 -> 32, on embeddings centred on the mean of their kind."""

    audio_mean: torch.Tensor
    text_mean: torch.Tensor
    z_flat: torch.Tensor
    z_clips: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(EMBEDDING, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, LATENT))
        self.register_buffer("audio_mean", torch.zeros(EMBEDDING))
        self.register_buffer("text_mean", torch.zeros(EMBEDDING))
        # Where the autoencoder has its flat EQ, and z_audio of untouched training clips.
        self.register_buffer("z_flat", torch.zeros(1, LATENT))
        self.register_buffer("z_clips", torch.zeros(0, LATENT))

    def of_audio(self, embeddings: torch.Tensor) -> torch.Tensor:
        """Return z_audio [batch, 32] of audio embeddings [batch, 512]."""
        return self.z_flat + self.layers(embeddings - self.audio_mean)

    def of_text(self, embeddings: torch.Tensor) -> torch.Tensor:
        """Return latent targets [batch, 32] of text embeddings [batch, 512], of no certain strength."""
        return self.z_flat + self.layers(embeddings - self.text_mean) - self.layers(torch.zeros(1, EMBEDDING))


@dataclass(frozen=True)
class ClapEQ(SemanticEQ):
    """A semantic equaliser that hears through CLAP; `propose` takes any English word or phrase.

    It is called as `SemanticEQ`; in a blend ("warm:0.5,like rain:0.5") every part may be a phrase.

    Attributes
    ----------
    clap : Clap
    projection : ClapProjection
    """

    clap: Clap
    projection: ClapProjection

    @classmethod
    def load(cls, path: str | Path | None = None, clap: str | Path | None = None) -> ClapEQ:
        """Load what `model.training.clap.train_clap` made and was saved to ``path``; none is shipped.

        Parameters
        ----------
        path : path
        clap : str or path, optional
            The CLAP's folder or hub name; by default the one it was trained with.
        """
        if path is None:
            raise ValueError("No weights for CLAP are shipped: give the file that training them wrote.")
        tensors, about, digest = checkpoint.read(path, NAME)
        with checkpoint.of_this_version(path):
            network, projection = SemanticNetwork(len(about["descriptors"])), ClapProjection()
            projection.z_clips = torch.zeros_like(tensors["projection.z_clips"])
            nn.ModuleDict({"network": network, "projection": projection}).load_state_dict(tensors)
        loaded = Clap.load(clap or about["clap"])
        return cls(network.eval(), about["descriptors"], digest, about, loaded, projection.eval())

    def save(self, folder: str | Path) -> Path:
        """Write network and projection, without CLAP itself, to ``folder``; return the file's path."""
        both = nn.ModuleDict({"network": self.network, "projection": self.projection})
        about = {**self.about, "descriptors": self.descriptors, "clap": self.clap.source}
        return checkpoint.write(Path(folder), NAME, both.state_dict(), about)

    def embed(self, audio: np.ndarray, sample_rate: float) -> torch.Tensor:
        """Return z_audio [1, 32] of ``audio`` [channels, samples] or [samples]."""
        embedding = self.clap.embed_audio(audio, sample_rate)
        with torch.no_grad():
            return self.projection.of_audio(embedding[None])

    def _heard(self, audio: np.ndarray, sample_rate: float) -> tuple[torch.Tensor, float]:
        return self.embed(audio, sample_rate), presence(np.asarray(audio))

    def propose(
        self, audio: np.ndarray, sample_rate: float, descriptor: str, intensity: float = 1.0, origin: str = "flat"
    ) -> EQParams:
        """Propose the EQ that takes ``audio`` towards any word or phrase; see `SemanticEQ.propose`."""
        knowing = self.with_words([part.partition(":")[0] for part in descriptor.split(",")])
        return super(ClapEQ, knowing).propose(audio, sample_rate, descriptor, intensity, origin)

    def describe(self, audio: np.ndarray, sample_rate: float) -> dict[str, float]:
        """Return how many doses of each descriptor ``audio`` has beyond the median training clip."""
        z_audio = self.embed(audio, sample_rate)
        with torch.no_grad():
            beyond = z_audio - self.projection.z_clips.median(dim=0, keepdim=True).values
            return {name: float(self.network.along(beyond, index)) for index, name in enumerate(self.descriptors)}

    def with_words(self, words: list[str]) -> ClapEQ:
        """Return an equaliser that also has ``words`` among its descriptors, their targets from their texts."""
        known = set(self.descriptors)
        new = [word for word in dict.fromkeys(word.strip().lower() for word in words) if word and word not in known]
        if not new:
            return self
        targets = self._targets(new)
        network = copy.deepcopy(self.network)
        network.targets = torch.cat([network.targets, targets])
        for name in ("law_centre", "law_slope", "floors", "ceilings"):
            buffer = getattr(network, name)
            setattr(network, name, torch.cat([buffer, buffer.mean().repeat(len(new))]))
        set_gain_law(network, self.projection.z_clips, range(len(self.descriptors), len(network.targets)))
        return ClapEQ(network, [*self.descriptors, *new], self.model_hash, self.about, self.clap, self.projection)

    def _targets(self, words: list[str]) -> torch.Tensor:
        with torch.no_grad():
            read = self.network.autoencoder.read_curve
            usual = read(self.network.directions()).norm(dim=1).mean()
            directions = self.projection.of_text(self.clap.embed_text(words)) - self.projection.z_flat
            strength = read(directions).norm(dim=1, keepdim=True)
            for word, value in zip(words, strength[:, 0], strict=True):
                if not value > _LEAST_STRENGTH_DB:
                    raise ValueError(
                        f"CLAP does not distinguish {word!r} from other timbres: try a word for how things sound."
                    )
            return self.projection.z_flat + directions * usual / strength


def set_gain_law(network: SemanticNetwork, z_clips: torch.Tensor, indices: Iterable[int]) -> None:
    """Set the gain laws so that the median of untouched clips gets dose 1, and less steeply where clips differ more.

    Parameters
    ----------
    network : SemanticNetwork, changed in place
    z_clips : tensor [clips, 32]
        z_audio of untouched clips, by the encoder in use.
    indices : iterable of int
        Of the descriptors concerned.
    """
    with torch.no_grad():
        for index in indices:
            missing = network.along(network.targets[index] - z_clips, index)
            slope = 1 / missing.std().clamp_min(1.0)
            middle = network.dose(network.law_centre[index], index)
            network.law_slope[index] = slope
            network.law_centre[index] = missing.median() + (middle - 1) / slope
