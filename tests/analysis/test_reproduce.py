"""The script beside the results computes their numbers in R: it agrees with all of them, and finds a wrong one."""

import re
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

from analysis.analyse import Settings, analyse
from analysis.data.ratings import from_table
from analysis.data.reading import read_csv
from analysis.data.screening import Rules
from tests.analysis.example import example
from tests.analysis.test_adaptive import stimuli

pytestmark = [pytest.mark.r, pytest.mark.slow]


def with_repeats(table):
    """Add repeats, attention checks and times, labels that R and LaTeX read as their own, and one straight-liner."""
    rng = np.random.default_rng(1)
    again = table.sample(60, random_state=1).assign(kind="repeat")
    again["rating"] = np.clip(again["rating"] + rng.integers(-1, 2, len(again)), 1, 7)
    checks = (
        table.groupby("participant")
        .head(2)
        .assign(kind="attention", rating=6, expected=[6, 6, 6, 6, 5, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6])
    )
    table = pd.concat([table.assign(kind="rating"), again, checks])
    table["rt_ms"] = rng.integers(300, 3000, len(table))
    table.loc[table["participant"] == "p05", "rating"] = 4
    return table


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    table = with_repeats(
        example(participants=8, clips=5)
        .query("condition != 'original'")
        .replace({"flow": 'f"$l\\ow%', "clip1": "曲 1"})
    )
    folder = tmp_path_factory.mktemp("results") / "out of R"
    analyse(from_table(table), folder, Settings(stimuli=stimuli(5), rules=Rules()))
    return folder


def in_r(folder, *tables):
    return subprocess.run(
        ["Rscript", folder / "reproduce.R", *tables], capture_output=True, text=True, encoding="utf-8", check=False
    )


def test_r_agrees_with_every_figure(folder):
    done = in_r(folder)
    agreeing, figures = map(int, re.search(r"(\d+) of (\d+) figures agree", done.stdout).groups())
    assert agreeing == figures > 1500 and done.returncode == 0, done.stdout + done.stderr
    found, numbers = map(int, re.search(r"results.md: (\d+) of (\d+) numbers", done.stdout).groups())
    assert found == numbers > 50, done.stdout
    assert "could not compute" not in done.stdout


def test_a_figure_that_was_changed_is_found(folder, tmp_path):
    changed = tmp_path / "changed"
    shutil.copytree(folder, changed)
    table = pd.read_csv(changed / "posthoc.csv")
    table.loc[0, "dav"] += 1e-4
    table.to_csv(changed / "posthoc.csv", index=False)
    done = in_r(changed, "posthoc")
    assert done.returncode == 1 and "65 of 66 figures agree" in done.stdout, done.stdout
    assert re.search(r"posthoc +warm .* dav", done.stdout)


def test_the_ratings_beside_the_results_give_the_results(folder, tmp_path):
    again = from_table(read_csv(folder / "ratings.csv"))
    analyse(again, tmp_path / "again", Settings(stimuli=stimuli(5), rules=Rules()))
    for name in ("posthoc.csv", "screening.csv", "reliability.csv", "main_model_contrasts.csv", "ratings.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes(), name
