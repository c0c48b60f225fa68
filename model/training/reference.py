"""Train the equaliser by reference: two halves of a recording, one of them equalised, and the EQ is known.

0. In closed form: what EQs do, and how two halves of a recording differ (see `set_statistics`).
1. Curves: an EQ's response is added to the spectrum of one half; the network is asked for the way back (if the clip had
   it) or there (if the reference had it). A third of the references are other recordings: what is asked for then is
   that the spectra come together, and, of every pair, whether it is one recording.
2. Through the equaliser: a snippet is equalised, the network's setting is applied to it through dasp-pytorch, and what
   comes out is to be the snippet as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from model import differentiable
from model.encoder import OCTAVES, mel_centres_hz
from model.reference import (
    LARGEST_DB,
    ReferenceEQ,
    ReferenceNetwork,
    Sound,
    audible,
    centred,
    settings_of,
    wander_of,
)
from model.safe_db import Settings
from model.semantic import SemanticEQ, SemanticNetwork
from model.training import losses
from model.training.pairs import PairBank, fill_pairs
from model.training.running import Report, Stage, forget_state, read_state, run_stages
from model.training.settings import SettingsSampler
from model.training.sources import audio_files, is_for_validation, is_held_out

SAMPLE_RATE = 44_100
OTHER_SHARE = 0.35
# How much a spectrum distance as large as before counts, in dB of an EQ that is missed.
_OTHER_WEIGHT_DB = 3.0
# How much a nat of doubt counts whether the two are one recording.
_STRANGER_WEIGHT_DB = 0.5


@dataclass(frozen=True)
class Amount:
    """How much is trained; the shipped weights are the defaults."""

    pairs: int = 1500
    validation_pairs: int = 250
    curve_steps: int = 2000
    audio_steps: int = 20
    seed: int = 0
    check_every: int = 100
    log_every: int = 20


class CurveStage(Stage):
    """Stage 1 (see the module)."""

    name, learning_rate, weight_decay = "curves", 2e-3, 0.05
    batch = 64
    network: ReferenceNetwork

    def __init__(
        self,
        network: ReferenceNetwork,
        semantic: SemanticNetwork,
        sampler: SettingsSampler,
        banks: tuple[PairBank, PairBank],
    ) -> None:
        self.network, self.semantic, self.sampler, self.banks = network, semantic, sampler, banks

    def begin(self) -> None:
        """Set what the Wiener filter knows."""
        set_statistics(self.network, self.sampler, self.banks[0])

    def trained(self) -> Iterable[nn.Parameter]:
        """Return the parameters that this stage trains."""
        return self.network.parameters()

    def losses(self, progress: float, validation: bool = False) -> dict[str, torch.Tensor]:
        """Return weighted losses on a random batch."""
        own, reference, other, wanted = self._asked(self.banks[validation])
        curve, stranger = self.network.judged(own, reference, self.semantic)
        common = audible(own.spectrum) * audible(reference.spectrum) * OCTAVES
        apart = centred(reference.spectrum - own.spectrum, common)
        together = _rms(apart - curve, common) / _rms(apart, common)
        missed = _rms(curve - wanted, OCTAVES.expand_as(curve))
        return {
            "same": (missed * ~other).sum() / len(other),
            "other": _OTHER_WEIGHT_DB * (together * other).sum() / len(other),
            "stranger": _STRANGER_WEIGHT_DB
            * nn.functional.binary_cross_entropy_with_logits(stranger, other.to(stranger)),
        }

    def _asked(self, bank: PairBank) -> tuple[Sound, Sound, torch.Tensor, torch.Tensor]:
        """Return clips, references, which of these are other recordings, and the responses wanted [batch, 80]."""
        chosen, strangers = torch.randint(len(bank), (2, self.batch))
        halves = [bank.sounds(chosen, 0), bank.sounds(chosen, 1)]
        turned = torch.rand(self.batch) < 0.5
        own, reference = _either(turned, halves[1], halves[0]), _either(turned, halves[0], halves[1])
        other = torch.rand(self.batch) < OTHER_SHARE
        reference = _either(other, bank.sounds(strangers, 0), reference)
        known, made = self.sampler.balanced(self.batch)[0], self.sampler.varied(self.batch)
        settings = torch.where(torch.rand(self.batch, 1) < 0.6, known, made)
        responses = differentiable.response_db(settings, mel_centres_hz())
        on_reference = (torch.rand(self.batch) < 0.5)[:, None]
        own = _equalised(own, torch.where(on_reference, 0.0, responses))
        reference = _equalised(reference, torch.where(on_reference, responses, 0.0))
        return own, reference, other, torch.where(on_reference, responses, -responses)


class AudioStage(CurveStage):
    """Stage 2 (see the module)."""

    name, learning_rate = "audio", 1e-4
    batch = 4

    def begin(self) -> None:
        """Nothing more follows from the data in closed form."""

    def losses(self, progress: float, validation: bool = False) -> dict[str, torch.Tensor]:
        """Return weighted losses on a random batch."""
        bank = self.banks[validation]
        chosen = torch.randint(len(bank), (self.batch,))
        snippets, settings = bank.audio(chosen), self.sampler.balanced(self.batch)[0]
        responses = differentiable.response_db(settings, mel_centres_hz())
        curve = self.network(_equalised(bank.sounds(chosen, 0), responses), bank.sounds(chosen, 1), self.semantic)
        equalised = differentiable.parametric_eq(snippets, SAMPLE_RATE, settings)
        output = differentiable.parametric_eq(equalised, SAMPLE_RATE, settings_of(curve, self.semantic))
        return {
            "same": _rms(curve + responses, OCTAVES.expand_as(curve)).mean(),
            "audio": losses.audio_quality(output, snippets),
        }


def train_reference(
    semantic: SemanticEQ,
    settings: Settings,
    music: Sequence[Path],
    folder: Path,
    amount: Amount | None = None,
    report: Report = lambda stage, step, total, losses: None,
) -> tuple[ReferenceEQ, Path]:
    """Train an equaliser by reference beside ``semantic`` and write its weights to ``folder``.

    Parameters
    ----------
    semantic : SemanticEQ
        Its encoder and decoder are shared and stay as they are.
    settings : Settings
        Those for training.
    music : sequence of paths
        Folders of recordings; those held out are left out, and those for validation choose the checkpoint (where no
        folder has one, training's own do).
    folder : path
        Keeps pairs, log and state; a run that was killed goes on from there.
    amount : Amount, optional
    report : callable
        Called with stage, step, number of steps and losses.

    Returns
    -------
    the equaliser, the path of its weights
    """
    amount = amount or Amount()
    facts = {"music": [place.name for place in music], "settings": len(settings), **vars(amount)}

    def pairs(kind: str, keep: Callable[[Path], bool], size: int, seed: int) -> PairBank:
        stage = f"listening ({kind})"
        place = folder / f"{kind}-pairs"
        return fill_pairs(music, keep, size, seed, place, lambda done: report(stage, done, size, {}))

    def is_for_training(file: Path) -> bool:
        return not (is_held_out(file) or is_for_validation(file))

    has_some = any(is_for_validation(file) for place in music for file in audio_files(place))
    judges = is_for_validation if has_some else is_for_training
    banks = (
        pairs("training", is_for_training, amount.pairs, amount.seed),
        pairs("validation", judges, amount.validation_pairs, amount.seed + 1),
    )
    torch.manual_seed(amount.seed)
    network, sampler = ReferenceNetwork(), SettingsSampler(settings)
    semantic.network.requires_grad_(False)
    state = read_state(folder, facts)
    if state:
        network.load_state_dict(state["network"])
    kinds = ((CurveStage, amount.curve_steps), (AudioStage, amount.audio_steps))
    stages = [(kind(network, semantic.network, sampler, banks), n_steps) for kind, n_steps in kinds]
    run_stages(stages, amount, folder, facts, state, report)
    equaliser = ReferenceEQ(network.eval(), semantic, "", facts)
    path = equaliser.save(folder)
    forget_state(folder)
    return ReferenceEQ.load(path, semantic), path


def set_statistics(network: ReferenceNetwork, sampler: SettingsSampler, bank: PairBank) -> None:
    """Set the covariance of settings' responses, and how the difference of two halves goes with their wander."""
    settings = torch.cat([sampler.balanced(3000)[0], sampler.varied(2000)])
    responses = differentiable.response_db(settings, mel_centres_hz())
    responses = centred(responses, OCTAVES.expand_as(responses))
    network.eq_covariance.copy_(responses.T @ responses / len(responses))
    halves = [bank.sounds(torch.arange(len(bank)), half) for half in (0, 1)]
    common = audible(halves[0].spectrum) * audible(halves[1].spectrum)
    apart = centred(halves[1].spectrum - halves[0].spectrum, common * OCTAVES).clamp(-LARGEST_DB, LARGEST_DB) * common
    heard = common > 0
    wandering = torch.log1p(wander_of(*halves))
    rows = torch.stack([torch.ones_like(wandering), wandering], dim=-1)[heard]
    network.music_scale.copy_(torch.linalg.lstsq(rows, (apart.abs() + 0.1).log()[heard][:, None]).solution[:, 0])
    units = apart / torch.exp(network.music_scale[0] + network.music_scale[1] * wandering)
    network.music_correlation.copy_(units.T @ units / (common.T @ common).clamp_min(min(50, len(bank))))


def _either(chosen: torch.Tensor, first: Sound, second: Sound) -> Sound:
    """Return the sounds of ``first`` where ``chosen`` [n], else those of ``second``."""
    return Sound(
        *(torch.where(chosen.view(-1, *[1] * (a.dim() - 1)), a, b) for a, b in zip(first, second, strict=True))
    )


def _equalised(sound: Sound, responses: torch.Tensor) -> Sound:
    """Return sounds with responses [n, 80] in dB added, which leaves all but their spectra as it is."""
    held = (sound.spectrum != 0).to(responses)
    changed = centred(sound.spectrum + responses, held) * held
    return sound._replace(spectrum=torch.where((changed == 0) & (held > 0), 1e-4, changed))


def _rms(curves: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Return the root mean square [n] of curves [n, 80] without their means."""
    squares = (centred(curves, weights).square() * weights).sum(dim=1)
    return (squares / weights.sum(dim=1).clamp_min(1e-6) + 1e-3).sqrt()
