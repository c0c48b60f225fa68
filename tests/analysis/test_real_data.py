"""Other people's data through the whole chain, read from R's packages as the test runs: carrots and ham of lmerTest,
wine of ordinal. What R gives for them is in real.json (tests/reference/real.R)."""

import re
import subprocess

import pandas as pd
import pytest

from tests.analysis.reference import expected
from tests.analysis.test_paradigm_commands import run

pytestmark = [pytest.mark.r, pytest.mark.slow]


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("real")
    subprocess.run(["Rscript", "tests/reference/real.R", folder], check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("name", ["carrots", "ham", "wine"])
def test_real_data_give_what_r_gives(tables, tmp_path, name):
    r, out = expected("real")[name], tmp_path / "out"
    a, b = r["compared"]
    done = run("analyse", "--ratings", tables / f"{name}.csv", "--scale", *r["scale"], "--compare", a, b, "--out", out)
    assert done.exit_code == 0, done.output
    row = pd.read_csv(out / "anova.csv").set_index("effect").loc["condition"]
    assert row["F"] == pytest.approx(r["F"], rel=1e-6) and row["p_gg"] == pytest.approx(r["p_gg"], rel=1e-6)
    first = pd.read_csv(out / "primary.csv").iloc[0]
    assert first["t"] == pytest.approx(r["t"], rel=1e-6) and first["p"] == pytest.approx(r["p"], rel=1e-6)
    variances = pd.read_csv(out / "lmm_variance.csv").set_index("group")["variance"]
    assert variances["participant"] ** 0.5 == pytest.approx(r["sd_participant"], rel=1e-3)
    assert f"{r['ratings']:,} ratings were given" in (out / "methods.md").read_text(encoding="utf-8")


def test_reproduce_names_what_clmm_does_not_take_and_agrees_on_the_rest(tables, tmp_path):
    options = ("--scale", 1, 5, "--compare", "warm", "cold", "--out", tmp_path / "out")
    assert run("analyse", "--ratings", tables / "wine.csv", *options).exit_code == 0
    again = subprocess.run(["Rscript", tmp_path / "out" / "reproduce.R"], capture_output=True, text=True)
    agree, figures = re.findall(r"(\d+) of (\d+) figures agree", again.stdout)[0]
    assert again.returncode == 0 and agree == figures and int(figures) > 600, again.stdout
    assert "Not recomputed: ordinal (clmm needs three of each clip)" in again.stdout
