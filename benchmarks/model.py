"""Speed of the model room: `python -m benchmarks.model`; --write puts the table into docs/benchmarks.md."""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import dasp_pytorch.functional
import numpy as np
import torch
from scipy.signal import sosfilt

from benchmarks.timing import Timing, machine, ratio, side_by_side, write_section
from model import EQParams, SemanticEQ
from model.differentiable import to_dasp
from model.encoder import log_mel
from model.training.sources import PinkNoise

RATE_HZ, SECONDS = 44_100, 10.0
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
    """Compare `propose` with its own log-mel front end."""
    equaliser, audio = SemanticEQ.load(), clip()
    tensor = torch.from_numpy(audio)[None]

    def front_end() -> None:
        with torch.no_grad():
            _, bands = log_mel(tensor, RATE_HZ)
            torch.log10(bands + 1e-12)

    timings = side_by_side({"ours": lambda: equaliser.propose(audio, RATE_HZ, "warm"), "front": front_end})
    return [_row("propose, 10 s stereo", timings, "front", "its log-mel front end", "2 or less")]


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
    bells = [PeakFilter(v[at + 1], v[at], v[at + 2]) for at in (2, 5, 8)]
    board = Pedalboard([LowShelfFilter(v[1], v[0], 0.71), *bells, HighShelfFilter(v[12], v[11], 0.71)])
    return lambda: board(audio, RATE_HZ)


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
    ]
    print("\n".join(lines))
    if arguments.write:
        write_section(PAGE, "Model", "\n".join(lines))


if __name__ == "__main__":
    main()
