"""Speed of the model room: `python -m benchmarks.model`; --write puts the table into docs/benchmarks.md."""

from __future__ import annotations

import argparse
import importlib.util
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import dasp_pytorch.functional
import numpy as np
import torch
from scipy.signal import sosfilt
from torchaudio.transforms import MelSpectrogram

from benchmarks.timing import Timing, machine, ratio, side_by_side, write_section
from model import EQParams, FlowEQ, SemanticEQ
from model.differentiable import to_dasp
from model.encoder import HIGH_HZ, LOW_HZ, N_MELS, features, log_mel, window_samples
from model.safe_db import Settings
from model.semantic import SemanticNetwork
from model.training.bank import Banks, fill, varied_excerpt
from model.training.loop import Plan
from model.training.running import Stage
from model.training.settings import SettingsSampler
from model.training.sources import Mixture, PinkNoise
from model.training.stages import AutoencoderStage, EndToEndStage, ListeningStage, MatchingStage

RATE_HZ, SECONDS = 44_100, 10.0
STAGES = (AutoencoderStage, MatchingStage, EndToEndStage, ListeningStage)
SETTING = (6, 100, -5, 300, 2, 4, 1200, 0.5, -3, 5000, 4, 7, 9000)
PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"


@dataclass(frozen=True)
class Row:
    """One comparison of the table."""

    what: str
    ours: Timing
    against: str
    theirs: Timing
    ratio: float
    goal: str

    def markdown(self) -> str:
        times = f"{1000 * self.ours.median_s:.1f} ms | {self.against} | {1000 * self.theirs.median_s:.1f} ms"
        return f"| {self.what} | {times} | {self.ratio:.2f} | {self.goal} |"


def clip() -> np.ndarray:
    """Return 10 s of stereo pink noise; no time here depends on what is heard."""
    return PinkNoise(RATE_HZ, SECONDS).excerpt(np.random.default_rng(0))


def listening() -> list[Row]:
    """Compare `propose` with its own log-mel front end, and with torchaudio's of the same window, hop and bands."""
    equaliser, audio = SemanticEQ.load(), clip()
    tensor, size = torch.from_numpy(audio)[None], window_samples(RATE_HZ)
    mel = MelSpectrogram(RATE_HZ, size, hop_length=size // 2, f_min=LOW_HZ, f_max=HIGH_HZ, n_mels=N_MELS, center=False)

    def front_end() -> None:
        with torch.no_grad():
            _, bands = log_mel(tensor, RATE_HZ)
            torch.log10(bands + 1e-12)

    def torchaudio_front_end() -> None:
        with torch.no_grad():
            torch.log10(mel(tensor) + 1e-12)

    calls = {"ours": lambda: equaliser.propose(audio, RATE_HZ, "warm"), "front": front_end, "mel": torchaudio_front_end}
    timings = side_by_side(calls)
    return [
        _row("propose, 10 s stereo", timings, "front", "its log-mel front end", "1.5 or less"),
        _row("propose, 10 s stereo", timings, "mel", "torchaudio's MelSpectrogram", "1.5 or less"),
    ]


def rendering() -> list[Row]:
    """Compare `EQParams.apply` with scipy, dasp-pytorch and, where it is installed, pedalboard."""
    params, audio = EQParams.from_safe(SETTING), clip()
    sos, tensor = params.sos(RATE_HZ), torch.from_numpy(audio)[None]
    controls = to_dasp(torch.tensor([params.values], dtype=torch.float32))

    def dasp() -> None:
        with torch.no_grad():
            dasp_pytorch.functional.parametric_eq(tensor, RATE_HZ, **controls)

    others: dict[str, tuple[Callable[[], object], str]] = {
        "scipy.signal.sosfilt": (lambda: sosfilt(sos, audio, axis=-1), "1.2 or less"),
        "dasp-pytorch": (dasp, "0.2 or less"),
    }
    if importlib.util.find_spec("pedalboard"):
        others["pedalboard"] = (_pedalboard(params, audio), "none")
    calls = {name: call for name, (call, _) in others.items()}
    timings = side_by_side({"ours": lambda: params.apply(audio, RATE_HZ), **calls})
    return [_row("apply, 10 s stereo", timings, name, name, goal) for name, (_, goal) in others.items()]


def _pedalboard(params: EQParams, audio: np.ndarray) -> Callable[[], object]:
    from pedalboard import HighShelfFilter, LowShelfFilter, PeakFilter, Pedalboard

    v = params.values
    peaks = [PeakFilter(v[at + 1], v[at], v[at + 2]) for at in (2, 5, 8)]
    board = Pedalboard([LowShelfFilter(v[1], v[0], 0.71), *peaks, HighShelfFilter(v[12], v[11], 0.71)])
    return lambda: board(audio, RATE_HZ)


def training() -> list[str]:
    """Return a table of how many equalised sounds a second each stage trains on, and all of an epoch together."""
    plan, sampler = Plan(), SettingsSampler(_settings())
    network = SemanticNetwork(len(sampler.names))
    mixture = Mixture([PinkNoise(RATE_HZ, SECONDS)], [1.0])
    with tempfile.TemporaryDirectory() as folder:
        bank = fill(mixture, 16, 0, Path(folder), "noise")
        stages = [kind(network, sampler, Banks(bank, bank, bank)) for kind in STAGES]
        steps = {stage.name: _training_step(stage) for stage in stages}
        calls = {"hearing": lambda: _hear(mixture), **steps}
        seconds = {name: timing.median_s for name, timing in side_by_side(calls, rounds=8).items()}
    batch = {kind.name: kind.batch for kind in (MatchingStage, EndToEndStage, ListeningStage)}
    count = {"hearing": plan.excerpts, "autoencoder": plan.autoencoder_steps}
    count |= {"matching": plan.matching_steps, "end to end": plan.end_to_end_steps, "listening": plan.listening_steps}
    epoch_s = sum(count[name] * seconds[name] for name in seconds)
    examples = sum(count[name] * batch[name] for name in batch)
    rows = [
        f"| {name} | {count[name]} | {1000 * seconds[name]:.0f} ms | {_rate(batch, seconds, name)} |"
        for name in seconds
    ]
    return [
        "| training | steps an epoch | a step | examples a second |",
        "| --- | ---: | ---: | ---: |",
        *rows,
        f"| all, an epoch | | {epoch_s:.0f} s | {examples / epoch_s:.0f} (goal: 20 or more) |",
        "",
        "An example is a sound equalised in its own way; hearing makes 10 s of noise and analyses it.",
    ]


def _hear(mixture: Mixture) -> None:
    features(torch.from_numpy(varied_excerpt(mixture, np.random.default_rng(0)))[None], RATE_HZ)


def _rate(batch: dict[str, int], seconds: dict[str, float], name: str) -> str:
    return f"{batch[name] / seconds[name]:.0f}" if name in batch else ""


def _settings() -> Settings:
    """Return settings to train on that need no file: random codes decoded by `flow`."""
    flow, rng = FlowEQ.load(), np.random.default_rng(0)
    parameters = flow.decode(rng.normal(0, 1, (400, flow.dimensions)))
    return Settings(np.arange(400), np.resize(flow.descriptors, 400), parameters)


def _training_step(stage: Stage) -> Callable[[], None]:
    stage.begin()
    stage.network.train()
    optimiser = torch.optim.AdamW(list(stage.trained()), lr=0.0)

    def step() -> None:
        optimiser.zero_grad()
        torch.stack(list(stage.losses(0.5).values())).sum().backward()
        optimiser.step()

    return step


def _row(what: str, timings: dict[str, Timing], theirs: str, name: str, goal: str) -> Row:
    return Row(what, timings["ours"], name, timings[theirs], ratio(timings, "ours", theirs), goal)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the results into docs/benchmarks.md")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows = [*listening(), *rendering()]
    lines = [
        "`python -m benchmarks.model --write`: one thread, 15 rounds in turns. Times are medians; the ratio is the",
        "median over rounds of our time by the other's.",
        "",
        f"Measured on {machine()}.",
        "",
        "| what | ours | against | theirs | ratio | goal |",
        "| --- | ---: | --- | ---: | ---: | ---: |",
        *(row.markdown() for row in rows),
        "",
        *training(),
    ]
    print("\n".join(lines))
    if arguments.write:
        write_section(PAGE, "Model", "\n".join(lines))


if __name__ == "__main__":
    main()
