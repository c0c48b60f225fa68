"""Running stages of training one after the other: the best checkpoint of each, a log, and resuming a killed run."""

from __future__ import annotations

import csv
import json
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

Report = Callable[[str, int, int, dict[str, float]], None]
_STATE, _LOG = "state.pt", "log.csv"


class Pace(Protocol):
    """What a plan says of running: the seed, and every how many steps is checked (validation) and logged."""

    @property
    def seed(self) -> int: ...

    @property
    def check_every(self) -> int: ...

    @property
    def log_every(self) -> int: ...


class Stage(ABC):
    """A stage of training ``network``: ``name``, which parameters it trains and its losses."""

    name: str
    learning_rate: float
    weight_decay = 1e-4
    network: nn.Module

    @abstractmethod
    def begin(self) -> None:
        """Set what follows from the data in closed form."""

    @abstractmethod
    def trained(self) -> Iterable[nn.Parameter]:
        """Return the parameters that this stage trains."""

    @abstractmethod
    def losses(self, progress: float, validation: bool = False) -> dict[str, torch.Tensor]:
        """Return weighted losses on a random batch; ``progress`` runs from 0 to 1."""


def run_stages(
    stages: Sequence[tuple[Stage, int]],
    pace: Pace,
    folder: Path,
    facts: dict[str, Any],
    state: dict[str, Any],
    report: Report,
) -> None:
    """Run stages for so many steps each, from where ``state`` (of `read_state`) says that a killed run was."""
    for index, (stage, n_steps) in enumerate(stages):
        if index >= state.get("stage", 0):
            resumed = state if index == state.get("stage", 0) and "step" in state else {}
            _run(stage, index, n_steps, pace, folder, facts, resumed, report)


def forget_state(folder: Path) -> None:
    """Remove what resuming needs: the run is over."""
    (folder / _STATE).unlink(missing_ok=True)


def _run(
    stage: Stage,
    index: int,
    n_steps: int,
    pace: Pace,
    folder: Path,
    facts: dict[str, Any],
    resumed: dict[str, Any],
    report: Report,
) -> None:
    network = stage.network
    torch.manual_seed(pace.seed * 10 + index)
    stage.begin()
    if n_steps == 0:
        return _save_state(folder, facts, {"stage": index + 1, "network": _copy(network)})
    parameters = list(stage.trained())
    optimizer = torch.optim.AdamW(parameters, lr=stage.learning_rate, weight_decay=stage.weight_decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _pace(step / n_steps))
    start, best_loss = 0, float("inf")
    best: dict[str, torch.Tensor] | None = None
    if resumed:
        network.load_state_dict(resumed["network"])
        optimizer.load_state_dict(resumed["optimizer"])
        schedule.load_state_dict(resumed["schedule"])
        start, best_loss, best = resumed["step"], resumed["best_loss"], resumed["best"]
    for step in range(start, n_steps):
        # Every step has its own seed, so that a resumed run draws what an uninterrupted one would have drawn.
        torch.manual_seed((pace.seed * 10 + index) * 1_000_000 + step)
        network.train()
        losses = stage.losses(step / n_steps)
        optimizer.zero_grad()
        reduce(torch.add, losses.values()).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        values = {name: float(loss.detach()) for name, loss in losses.items()}
        report(stage.name, step + 1, n_steps, values)
        is_checked = (step + 1) % pace.check_every == 0 or step + 1 == n_steps
        if is_checked:
            validation_loss = _validate(stage)
            values["validation"] = validation_loss
        if is_checked or (step + 1) % pace.log_every == 0:
            _log(folder, stage.name, step + 1, values)
        if is_checked:
            if validation_loss < best_loss:
                best_loss, best = validation_loss, _copy(network)
            state = {"network": _copy(network), "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict()}
            _save_state(
                folder, facts, {**state, "stage": index, "step": step + 1, "best_loss": best_loss, "best": best}
            )
    if best is None:
        raise ValueError(f"The loss of stage {stage.name!r} was never a number: train with a lower learning rate.")
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


def _copy(network: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}


def _save_state(folder: Path, facts: dict[str, Any], state: dict[str, Any]) -> None:
    partial = folder / f"{_STATE}.partial"
    torch.save({**state, "facts": json.dumps(facts)}, partial)
    partial.replace(folder / _STATE)


def read_state(folder: Path, facts: dict[str, Any]) -> dict[str, Any]:
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
