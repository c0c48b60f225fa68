"""ABX: the table's checks, tests, d' and power against R, and what is said of them."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from analysis.data.abx import from_table
from analysis.data.reading import read_csv
from analysis.statistics import abx
from analysis.writing.abx import analyse_abx
from tests.analysis.reference import FOLDER, expected

ORDER = {"condition": ["original", "semantic", "static"]}


@cache
def trials():
    return from_table(read_csv(FOLDER / "abx.csv"), order=ORDER)


@pytest.mark.parametrize("row", range(6))
def test_tests_intervals_and_sensitivities_agree_with_r(row):
    found = abx.abx(trials()).iloc[row]
    r = expected("abx")["tests"][found["descriptor"]][f"{found['a']} {found['b']}"]
    for name in ("trials", "correct", "p", "p_holm", "ci_low", "ci_high", "discriminators"):
        assert found[name] == pytest.approx(r[name], rel=1e-9), name
    for rule in ("difference", "independent"):
        columns = [f"dprime_{rule}{end}" for end in ("", "_low", "_high")]
        assert found[columns].tolist() == pytest.approx(r[rule], abs=2e-4)  # psyphy searches to 1e-4


def test_power_agrees_with_r():
    r = expected("abx")
    for row in r["power"]:
        assert abx.power(row["trials"], 0.7) == pytest.approx(row["power"], abs=1e-9)
    for row in r["needed"]:
        proportion = 0.5 + row["discriminators"] / 2
        assert abx.trials_needed(proportion, 0.8) == row["trials_80"]
        assert abx.trials_needed(proportion, 0.9) == row["trials_90"]
    assert [abx.detectable(n) for n in (16, 40, 100)] == pytest.approx(r["detectable"], abs=1e-9)


def test_a_guessing_listener_is_right_in_half_and_a_perfect_one_in_all():
    for rule in (abx.correct_by_difference, abx.correct_by_independent):
        assert rule(0) == pytest.approx(0.5) and rule(20) == pytest.approx(1)
        assert abx.dprime(float(rule(1.3)), rule) == pytest.approx(1.3)
        assert [abx.dprime(p, rule) for p in (0.5, 0.4, 1)] == [0, 0, np.inf]


@pytest.mark.parametrize(("trials", "enough"), [(4, False), (5, True)])
def test_fewer_than_five_trials_can_show_nothing(trials, enough):
    assert np.isfinite(abx.detectable(trials)) == enough  # five right of five: p = .031


def table(correct, listeners=6, each=5, **columns):
    rows = [[f"p{p}", "A", "B", correct(p, i)] for p in range(listeners) for i in range(each)]
    return pd.DataFrame(rows, columns=["participant", "a", "b", "correct"]).assign(**columns)


@pytest.mark.parametrize(
    ("right", "verdict"),
    [(19, "were not shown to be told apart"), (20, "were told apart")],
)
def test_the_verdict_turns_where_the_exact_p_falls_below_five_per_cent(tmp_path, right, verdict):
    found = from_table(table(lambda p, i: p * 5 + i < right))  # of 30: P(X >= 20) = .0494
    tables = analyse_abx(found, tmp_path)
    assert (tables["abx"]["p_holm"][0] < 0.05) == (right == 20)
    text = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert f"The conditions A and B {verdict}: {right} of 30 trials of 6 listeners" in text
    assert "(63%" in text or "(67%" in text


def test_a_pair_is_one_whichever_sound_was_a(tmp_path):
    rows = table(lambda p, i: True)
    rows.loc[::2, ["a", "b"]] = ["B", "A"]
    found = abx.abx(from_table(rows, order={"condition": ["B", "A"]}))
    assert found[["a", "b", "trials"]].to_numpy().tolist() == [["B", "A", 30]]
    assert found["dprime_difference"][0] == np.inf and found["new_listeners_low"][0] == 1


def test_the_folder_says_simulated_and_holds_every_listener(tmp_path):
    tables = analyse_abx(from_table(read_csv(FOLDER / "abx.csv").assign(simulated=1), order=ORDER), tmp_path)
    assert len(tables["abx_listeners"]) == 9 * 3 * 2
    assert {path.suffix for path in tmp_path.glob("abx.*")} == {".csv", ".md", ".tex", ".pdf", ".svg", ".png"}
    for name in ("report.html", "methods.md", "results.md", "abx.tex", "SIMULATED.txt"):
        assert "SIMULATED" in (tmp_path / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"correct": "perhaps"}, "column 'correct': 'perhaps' is neither true nor false"),
        ({"b": "A"}, "both are 'A'"),
        ({"a": None}, "column 'a': empty"),
    ],
)
def test_what_cannot_be_right_is_refused(change, message):
    rows = table(lambda p, i: True).astype(object)
    for column, value in change.items():
        rows.loc[3, column] = value
    with pytest.raises(ValueError, match=message):
        from_table(rows)


def test_missing_answers_and_practice_are_left_out_and_counted():
    rows = table(lambda p, i: True, kind="abx").astype(object)
    rows.loc[0, "correct"], rows.loc[1, "kind"] = None, "practice"
    found = from_table(rows)
    assert len(found.main) == 28 and found.notes == ("1 trial without an answer.",)
    with pytest.raises(ValueError, match="No row has an answer in 'correct'"):
        from_table(rows.assign(correct=None))
