"""The training loop: stages one after the other, the best checkpoint of each, and resuming after being killed."""

from __future__ import annotations

import csv
import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from model.safe_db import Settings
from model.semantic import SemanticEQ, SemanticNetwork
from model.training.bank import Bank, Banks, fill
from model.training.settings import SettingsSampler
from model.training.sources import Mixture
from model.training.stages import AutoencoderStage, EndToEndStage, ListeningStage, MatchingStage, Stage, calibrate

Report = Callable[[str, int, int, dict[str, float]], None]
_STATE, _LOG = "state.pt", "log.csv"


@dataclass(frozen=True)
class Plan:
    """How much is trained; the shipped weights are 20 epochs.

    An epoch is ``autoencoder_steps`` batches of 256 settings, ``excerpts`` new excerpts in the bank, ``matching_steps``
    batches of 64 sounds, ``end_to_end_steps`` batches of 4 snippets and ``listening_steps`` batches of 256 equalised
    sounds; all epochs of one stage come before the next stage. Without ``nature`` every clip is taken to have the mean
    spectrum of music by nature, an ablation.
    """

    epochs: int = 20
    seed: int = 0
    device: str = "cpu"
    end_to_end: bool = True
    nature: bool = True
    autoencoder_steps: int = 150
    excerpts: int = 200
    matching_steps: int = 20
    end_to_end_steps: int = 15
    listening_steps: int = 40
    validation_excerpts: int = 200
    untouched_excerpts: int = 400
    check_every: int = 100
    log_every: int = 20

    def __post_init__(self) -> None:
        if not 1 <= self.epochs <= 10_000:
            raise ValueError(f"The number of epochs is {self.epochs}, outside 1 to 10000.")
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
    about: dict | None = None,
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
    facts = {**(about or {}), "plan": asdict(plan), "settings": len(settings)}
    state = _state(folder, facts)

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
    # What the stages make, they make where the network is.
    with torch.device(plan.device):
        there = SettingsSampler(settings)
        stages = _stages(plan, network.to(plan.device), there, banks, pretrained)
        for index, (stage, n_steps) in enumerate(stages):
            if index >= state.get("stage", 0):
                resumed = state if index == state.get("stage", 0) and "step" in state else {}
                _run(stage, index, n_steps, plan, folder, facts, resumed, report)
    network.to("cpu").eval()
    calibrate(network, sampler, banks.untouched)
    skipped = {**mixture.skipped, **validation.skipped, **untouched.skipped}
    equaliser = SemanticEQ(network, sampler.names, "", {**facts, "skipped_files": len(skipped)})
    path = equaliser.save(folder)
    (folder / _STATE).unlink(missing_ok=True)
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
    kinds: list[tuple[type[Stage], int]] = [(MatchingStage, plan.epochs * plan.matching_steps * plan.nature)]
    if pretrained is None:
        kinds.insert(0, (AutoencoderStage, plan.epochs * plan.autoencoder_steps))
    if plan.end_to_end:
        kinds.append((EndToEndStage, plan.epochs * plan.end_to_end_steps))
    kinds.append((ListeningStage, plan.epochs * plan.listening_steps))
    return [(kind(network, sampler, banks), n_steps) for kind, n_steps in kinds]


def _run(
    stage: Stage, index: int, n_steps: int, plan: Plan, folder: Path, facts: dict, resumed: dict, report: Report
) -> None:
    network = stage.network
    torch.manual_seed(plan.seed * 10 + index)
    stage.begin()
    if n_steps == 0:
        return _save_state(folder, facts, {"stage": index + 1, "network": _copy(network)})
    parameters = list(stage.trained())
    optimizer = torch.optim.AdamW(parameters, lr=stage.learning_rate, weight_decay=stage.weight_decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _pace(step / n_steps))
    start, best_loss, best = 0, float("inf"), None
    if resumed:
        network.load_state_dict(resumed["network"])
        optimizer.load_state_dict(resumed["optimizer"])
        schedule.load_state_dict(resumed["schedule"])
        start, best_loss, best = resumed["step"], resumed["best_loss"], resumed["best"]
    for step in range(start, n_steps):
        # Every step has its own seed, so that a resumed run draws what an uninterrupted one would have drawn.
        torch.manual_seed((plan.seed * 10 + index) * 1_000_000 + step)
        network.train()
        losses = stage.losses(step / n_steps)
        optimizer.zero_grad()
        sum(losses.values()).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        values = {name: float(loss.detach()) for name, loss in losses.items()}
        report(stage.name, step + 1, n_steps, values)
        is_checked = (step + 1) % plan.check_every == 0 or step + 1 == n_steps
        if is_checked:
            validation_loss = _validate(stage)
            values["validation"] = validation_loss
        if is_checked or (step + 1) % plan.log_every == 0:
            _log(folder, stage.name, step + 1, values)
        if is_checked:
            if validation_loss < best_loss:
                best_loss, best = validation_loss, _copy(network)
            state = {"network": _copy(network), "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict()}
            _save_state(
                folder, facts, {**state, "stage": index, "step": step + 1, "best_loss": best_loss, "best": best}
            )
    network.load_state_dict(best)
    _save_state(folder, facts, {"stage": index + 1, "network": _copy(network)})


def _pace(progress: float) -> float:
    """Return the share of the learning rate: rising over the first tenth, then falling to 0 as a cosine does."""
    return min(1.0, 10 * progress + 0.02) * (1 + math.cos(math.pi * progress)) / 2


def _validate(stage: Stage, batches: int = 4) -> float:
    stage.network.eval()
    torch.manual_seed(0)
    with torch.no_grad():
        return sum(float(sum(stage.losses(1.0, validation=True).values())) for _ in range(batches)) / batches


def _copy(network: SemanticNetwork) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}


def _save_state(folder: Path, facts: dict, state: dict) -> None:
    partial = folder / f"{_STATE}.partial"
    torch.save({**state, "facts": json.dumps(facts)}, partial)
    partial.replace(folder / _STATE)


def _state(folder: Path, facts: dict) -> dict:
    path = folder / _STATE
    if not path.exists():
        return {}
    state = torch.load(path, weights_only=True)
    before, now = json.loads(state["facts"]), json.loads(json.dumps(facts))
    if before != now:
        changed = [name for name in now if before.get(name) != now[name]]
        raise ValueError(
            f"{folder} holds an unfinished run with another {', '.join(changed)}: repeat its options to go on, or give "
            "another folder."
        )
    return state


def _log(folder: Path, stage: str, step: int, values: dict[str, float]) -> None:
    path = folder / _LOG
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if is_new:
            writer.writerow(["time", "stage", "step", "loss", "value"])
        now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
        writer.writerows([now, stage, step, name, f"{value:.6g}"] for name, value in values.items())
