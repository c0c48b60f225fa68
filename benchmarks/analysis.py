"""Time and memory of the analysis beside R: python -m benchmarks.analysis [participants ...]

Each row is a process of its own, so that start-up and reading the file count and the peak memory is its own: that of
the larger one where it starts another, as `analyse` does for the figures. Processor time is that of both. R is
run where `Rscript` with afex and lme4 is installed.
"""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
MAKE = """
import sys
from benchmarks.analysis import ratings
ratings(int(sys.argv[1])).to_csv(sys.argv[2], index=False)
"""
ANOVA_AND_MIXED = """
import sys
from analysis.statistics.anova import anova
from analysis.data.cells import cells
from analysis.statistics.design import design
from analysis.statistics.mixed import fit
from analysis.data.ratings import from_table
from analysis.data.reading import read_csv
study = from_table(read_csv(sys.argv[1]))
print(anova(cells(study))["F"][0], fit(design(study)).deviance)
"""


def ratings(participants: int, clips: int = 10) -> pd.DataFrame:
    """Make up participants x 120 ratings with crossed effects of participant and clip."""
    rng = np.random.default_rng(0)
    conditions, descriptors = ["original", "semantic", "flow", "static"], ["warm", "bright", "airy"]
    p, d, c, k = (x.ravel() for x in np.indices((participants, 3, clips, 4)))
    latent = 4 + rng.normal(0, 0.7, participants)[p] + rng.normal(0, 0.5, clips)[c] + np.array([-0.6, 0.6, 0.1, 0.3])[k]
    rating = np.clip(np.rint(latent + rng.normal(0, 1, p.size)), 1, 7).astype(int)
    labels = {"descriptor": np.array(descriptors)[d], "clip": c + 1, "condition": np.array(conditions)[k]}
    return pd.DataFrame({"participant": p + 1, **labels, "rating": rating})


def run(command: list[str]) -> tuple[float, float, float]:
    """Run a command; its wall-clock and its processor time in s, its peak memory in MB. RuntimeError where it fails."""
    start = time.perf_counter()
    quiet = os.open(os.devnull, os.O_WRONLY)
    outputs = [(os.POSIX_SPAWN_DUP2, quiet, 1), (os.POSIX_SPAWN_DUP2, quiet, 2)]
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    pid = os.posix_spawnp(command[0], command, os.environ | one_thread, file_actions=outputs)
    _, status, usage = os.wait4(pid, 0)
    os.close(quiet)
    if status:
        raise RuntimeError(f"{' '.join(command[:3])} failed with status {status}.")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main(sizes: list[int]) -> None:
    """Print one row per program and size."""
    print("| participants x 120 | program | s | processor s | MB |\n| ---: | --- | ---: | ---: | ---: |", flush=True)
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/ratings.csv"
            run(
                [sys.executable, "-c", MAKE, str(size), path]
            )  # a small parent: a child's peak begins with its parent's
            programs = {
                "ANOVA and mixed model, here": [sys.executable, "-c", ANOVA_AND_MIXED, path],
                "`semantic-eq analyse`, everything": [
                    sys.executable,
                    "-m",
                    "app",
                    "analyse",
                    "--ratings",
                    path,
                    "--out",
                    folder,
                ],
            }
            if shutil.which("Rscript"):
                programs["ANOVA and mixed model, R (afex, lme4)"] = ["Rscript", str(HERE / "analysis.R"), path]
            for name, command in programs.items():
                seconds, processor, megabytes = run(command)
                print(f"| {size:,} | {name} | {seconds:.1f} | {processor:.1f} | {megabytes:.0f} |", flush=True)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [15, 1000, 10_000])
