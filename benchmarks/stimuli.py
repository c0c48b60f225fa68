"""Building stimuli against the library calls it consists of, and on two workers against one.

`python -m benchmarks.stimuli`; --write puts the table into docs/benchmarks.md. The library calls are, for every
stimulus, the proposal, `sosfilt`, the loudness, the resampling for the true peak and the encoder, and once for every
clip its audio. CPU time is compared, so that other work on the machine counts less; the scaling needs the clock, and
a quiet machine.
"""

from __future__ import annotations

import io
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import pyloudnorm
import soundfile as sf
import soxr
from scipy.signal import sosfilt

from benchmarks.timing import machine, options, write_section
from model import FlowEQ, SemanticEQ, StaticEQ
from stimuli.build import build
from stimuli.music import audio, clips
from stimuli.rendering.conditions import DEFAULT_DESCRIPTORS, one_thread

RATE_HZ = 44_100
N_BEEPS, N_TRIALS = 7, 12  # the checks that a set comes with
PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"


def library_calls_s(recorded: list[Path], models: list[SemanticEQ | FlowEQ | StaticEQ]) -> float:
    """CPU seconds of the library calls alone, for the default conditions and descriptors of some recordings."""
    meter = pyloudnorm.Meter(RATE_HZ)
    start = time.process_time()
    for path in recorded:
        sound = audio.read(path)[0]
        for descriptor in DEFAULT_DESCRIPTORS:
            for model in (None, *models):
                treated = sound
                if model:
                    treated = sosfilt(model.propose(sound, RATE_HZ, descriptor).sos(RATE_HZ), sound)
                meter.integrated_loudness(treated.T)
                soxr.resample(treated.T, RATE_HZ, 4 * RATE_HZ, quality="HQ")
                sf.write(io.BytesIO(), np.float32(0.1) * treated.T, RATE_HZ, format="FLAC", subtype="PCM_16")
    for number in range(N_BEEPS + N_TRIALS):
        sound = audio.read(recorded[number % len(recorded)])[0]
        sound = sound if number < N_BEEPS else sound[:, : 4 * RATE_HZ]
        meter.integrated_loudness(sound.T)
        soxr.resample(sound.T, RATE_HZ, 4 * RATE_HZ, quality="HQ")
        sf.write(io.BytesIO(), sound.T, RATE_HZ, format="FLAC", subtype="PCM_16")
    return time.process_time() - start


def build_s(chosen: list[clips.Clip], workers: int) -> tuple[float, float]:
    """Clock and CPU seconds (of this process) to build a set of some recordings, its checks included."""
    folder = Path(tempfile.mkdtemp())
    try:
        wall, cpu = time.perf_counter(), time.process_time()
        build(folder / "set", chosen, workers=workers)
        return time.perf_counter() - wall, time.process_time() - cpu
    finally:
        shutil.rmtree(folder)


def recordings(folder: Path, n_clips: int) -> list[clips.Clip]:
    """Write the built-in clips as FLAC files, so that there is something to decode."""
    for clip in clips.spread(clips.built_in_clips(), n_clips):
        sf.write(folder / f"{clip.name}.flac", clips.built_in(clip.name).T, RATE_HZ)
    return clips.folder_clips(folder)


def measure(chosen: list[clips.Clip], rounds: int) -> dict[str, float]:
    """The fastest of some rounds of each, in turns."""
    recorded = [clip.path for clip in chosen if clip.path]
    models: list[SemanticEQ | FlowEQ | StaticEQ] = [SemanticEQ.load(), FlowEQ.load(), StaticEQ.load()]
    build_s(chosen[:2], 2)  # starts the workers, which joblib keeps
    calls, one, two = [], [], []
    for _ in range(rounds):
        with one_thread():
            calls.append(library_calls_s(recorded, models))
        one.append(build_s(chosen, 1))
        two.append(build_s(chosen, 2))
    return {
        "calls": min(calls),
        "build": min(cpu for _, cpu in one),
        "one": min(wall for wall, _ in one),
        "two": min(wall for wall, _ in two),
    }


def main() -> None:
    arguments = options(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(recordings(Path(folder), arguments.clips), arguments.rounds)
    calls, build_cpu, one, two = (found[name] for name in ("calls", "build", "one", "two"))
    body = f"""
`python -m benchmarks.stimuli --write`, on {machine()}: {12 * arguments.clips} stimuli of {arguments.clips} clips, and
20 checks; the fastest of {arguments.rounds} rounds.

| what | ours | against | theirs | ratio | goal |
| --- | --- | --- | --- | --- | --- |
| build, CPU | {build_cpu:.2f} s | its library calls | {calls:.2f} s | {build_cpu / calls:.2f} | at most 1.3 |
| build on two workers, clock | {two:.2f} s | on one | {one:.2f} s | {one / two:.2f} | at least 1.8 |
"""
    print(body)
    if arguments.write:
        write_section(PAGE, "Stimuli", body)


if __name__ == "__main__":
    main()
