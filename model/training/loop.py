"""Training the semantic equaliser: its banks of sounds, its stages and its weights."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from model.safe_db import Settings
from model.semantic import ORIGINS, SemanticEQ, SemanticNetwork
from model.training.bank import Bank, Banks, fill
from model.training.published import PublishedStage
from model.training.running import Report, Stage, forget_state, read_state, run_stages
from model.training.settings import SettingsSampler
from model.training.sources import Mixture
from model.training.stages import (
    AutoencoderStage,
    EndToEndStage,
    ListeningStage,
    MatchingStage,
    SemanticStage,
    calibrate,
)


@dataclass(frozen=True)
class Plan:
    """How much is trained; the shipped weights are 20 epochs.

    An epoch is ``autoencoder_steps`` batches of 256 settings, ``excerpts`` new excerpts in the bank, ``matching_steps``
    batches of 64 sounds, ``end_to_end_steps`` batches of 4 snippets and ``listening_steps`` batches of 256 equalised
    sounds; all epochs of one stage come before the next stage. Without ``nature`` every clip is taken to have the mean
    spectrum of music by nature, an ablation. Origin "audio" trains by the published recipe (`model.training.published`)
    in place of matching, end to end and gain laws.
    """

    epochs: int = 20
    seed: int = 0
    device: str = "cpu"
    end_to_end: bool = True
    nature: bool = True
    origin: str = "flat"
    autoencoder_steps: int = 150
    excerpts: int = 200
    matching_steps: int = 40
    end_to_end_steps: int = 15
    listening_steps: int = 40
    validation_excerpts: int = 200
    untouched_excerpts: int = 400
    check_every: int = 100
    log_every: int = 20

    def __post_init__(self) -> None:
        if not 1 <= self.epochs <= 10_000:
            raise ValueError(f"The number of epochs is {self.epochs}, outside 1 to 10000.")
        if self.origin not in ORIGINS:
            raise ValueError(f"The origin is {self.origin!r}, expected one of {', '.join(ORIGINS)}.")
        try:
            torch.empty(1, device=self.device)
        except (RuntimeError, AssertionError) as error:
            reason = str(error).splitlines()[0]
            raise ValueError(f"The device {self.device!r} cannot be used ({reason}): try 'cpu'.") from None


def train(
    settings: Settings,
    mixture: Mixture,
    validation: Mixture,
    untouched: Mixture,
    folder: Path,
    plan: Plan,
    about: dict[str, Any] | None = None,
    pretrained: SemanticEQ | None = None,
    report: Report = lambda stage, step, total, losses: None,
) -> tuple[SemanticEQ, Path]:
    """Train a semantic equaliser and write its weights to ``folder``.

    Parameters
    ----------
    settings : Settings
        Those for training; held-out ones are the caller's to keep away.
    mixture, validation : Mixture
        Audio to train on, and to choose the best checkpoint by.
    untouched : Mixture
        Music alone, taken as it is: what it gets on average fits the gain laws.
    folder : path
        Keeps bank, log and state; a run that was killed goes on from there when started again in the same way.
    plan : Plan
    about : dict, optional
        What is to be known of the weights later; kept in the file.
    pretrained : SemanticEQ, optional
        Start from these weights instead of random ones, without the first stage.
    report : callable
        Called with stage, step, number of steps and losses.

    Returns
    -------
    the equaliser, the path of its weights
    """
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(plan.seed)
    sampler = SettingsSampler(settings)
    network = _network(sampler, pretrained)
    if not plan.nature:
        network.encoder.expect_usual()
    facts = {**(about or {}), "plan": asdict(plan), "settings": len(settings)}
    state = read_state(folder, facts)

    key = json.dumps({name: value for name, value in (about or {}).items() if name != "pretrained"})

    def listen(kind: str, source: Mixture, size: int, seed: int, vary: bool = True) -> Bank:
        size = min(size, plan.epochs * plan.excerpts)
        place = folder / f"{kind}-bank"
        return fill(source, size, seed, place, key, vary, lambda done: report(f"listening ({kind})", done, size, {}))

    banks = Banks(
        listen("training", mixture, plan.epochs * plan.excerpts, plan.seed),
        listen("validation", validation, plan.validation_excerpts, plan.seed + 1),
        listen("untouched", untouched, plan.untouched_excerpts, plan.seed + 2, vary=False),
    )
    if state:
        network.load_state_dict(state["network"])
    # What the stages make, they make where the network is. PyTorch looks at a device's context in each of its calls, a
    # fifth of a step's time: none is needed where tensors are made anyway.
    with nullcontext() if plan.device == "cpu" else torch.device(plan.device):
        there = SettingsSampler(settings)
        stages = _stages(plan, network.to(plan.device), there, banks, pretrained)
        run_stages(stages, plan, folder, facts, state, report)
    network.to("cpu").eval()
    calibrate(network, sampler, banks.untouched)
    skipped = {**mixture.skipped, **validation.skipped, **untouched.skipped}
    equaliser = SemanticEQ(network, sampler.names, "", {**facts, "skipped_files": len(skipped)})
    path = equaliser.save(folder)
    forget_state(folder)
    return SemanticEQ.load(path), path


def _network(sampler: SettingsSampler, pretrained: SemanticEQ | None) -> SemanticNetwork:
    network = SemanticNetwork(len(sampler.names))
    if pretrained is None:
        return network
    if pretrained.descriptors != sampler.names:
        raise ValueError(
            f"The pretrained weights know {', '.join(pretrained.descriptors)}, SAFE-DB's file gives "
            f"{', '.join(sampler.names)}: train from the start (leave --pretrained out)."
        )
    network.load_state_dict(pretrained.network.state_dict())
    return network


def _stages(
    plan: Plan,
    network: SemanticNetwork,
    sampler: SettingsSampler,
    banks: Banks,
    pretrained: SemanticEQ | None,
) -> list[tuple[Stage, int]]:
    kinds: list[tuple[type[SemanticStage], int]] = []
    if pretrained is None:
        kinds.append((AutoencoderStage, plan.epochs * plan.autoencoder_steps))
    if plan.origin == "audio":
        kinds.append((PublishedStage, plan.epochs * plan.end_to_end_steps))
    else:
        kinds.append((MatchingStage, plan.epochs * plan.matching_steps * plan.nature))
        if plan.end_to_end:
            kinds.append((EndToEndStage, plan.epochs * plan.end_to_end_steps))
    kinds.append((ListeningStage, plan.epochs * plan.listening_steps))
    return [(kind(network, sampler, banks), n_steps) for kind, n_steps in kinds]
