"""Paired comparisons: the table's checks, the scale against R, and listeners who never contradict themselves."""

from functools import cache
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from analysis.data.pairs import from_table
from analysis.data.reading import read_csv
from analysis.statistics import preferences, transitivity
from analysis.statistics.bradley_terry import Comparisons, fit
from analysis.writing.pairs import analyse_pairs
from tests.analysis.reference import FOLDER, expected

EXACT, OF_DRAWS = 1e-6, 0.06  # 2,000 draws tell a standard error to 2 %; the sandwich is another estimate of it


@cache
def pairs():
    return from_table(read_csv(FOLDER / "pairs.csv"), order={"condition": ["original", "semantic", "flow", "static"]})


@cache
def scales():
    return {descriptor: preferences.scale(pairs(), descriptor) for descriptor in ("warm", "bright")}


def test_worths_with_ties_and_position_agree_with_the_log_linear_model_in_r():
    r, found = expected("pairs")["warm"]["glm"], scales()["warm"].fits
    assert found.log_worth[0] == pytest.approx(r["log_worth"], abs=EXACT)
    assert found.terms[0] == pytest.approx([r["position"], r["same"]], abs=EXACT)
    se = np.sqrt(np.diag(found.covariance[0]))
    assert se == pytest.approx([*r["se"], r["position_se"], r["same_se"]], abs=EXACT)
    row = preferences.tests(pairs(), scales()).set_index("descriptor").loc["warm"]
    assert row["deviance"] == pytest.approx(r["deviance"], abs=EXACT) and row["deviance_dof"] == r["dof"]


@pytest.mark.parametrize("descriptor", ["warm", "bright"])
def test_worths_without_position_agree_with_psychotools(descriptor):
    r = expected("pairs")[descriptor]["psychotools"]
    table = read_csv(FOLDER / "pairs.csv").drop(columns="first")
    found = fit(preferences.count(from_table(table, order={"condition": r["conditions"]}), descriptor, "participant"))
    assert found.log_worth[0] == pytest.approx(r["log_worth"], abs=EXACT)
    assert np.sqrt(np.diag(found.covariance[0]))[:4] == pytest.approx(r["se"], abs=EXACT)
    if descriptor == "warm":
        assert found.terms[0] == pytest.approx([r["same"]], abs=EXACT)
    else:
        assert found.log_likelihood[0] == pytest.approx(r["log_likelihood"], abs=EXACT)


def test_worths_without_ties_agree_with_bradleyterry2_and_its_errors_by_listener():
    r, found = expected("pairs")["bright"]["btm"], scales()["bright"]
    assert found.fits.log_worth[0] == pytest.approx(r["naive"]["log_worth"], abs=EXACT)
    assert found.fits.terms[0] == pytest.approx([r["position"]], abs=EXACT)
    assert np.sqrt(np.diag(found.fits.covariance[0])) == pytest.approx([*r["naive"]["se"], r["position_se"]], abs=EXACT)
    assert found.fits.log_likelihood[0] == pytest.approx(r["log_likelihood"], abs=EXACT)
    drawn = preferences.preferences(scales()).query("descriptor == 'bright'")["se"].to_numpy()
    assert drawn == pytest.approx(np.array(r["clustered_se"]) * np.sqrt(14 / 13), rel=OF_DRAWS)
    assert (drawn > 1.25 * np.array(r["naive"]["se"])).all()  # a listener's answers belong together


def test_psychotools_sound_quality_gives_its_worths():
    r = expected("pairs")["soundquality"]
    names = r["conditions"]
    first, second = (np.array([names.index(row[key]) for row in r["counts"]]) for key in ("a", "b"))
    counts = np.array([[row["win"], row["same"], row["lose"]] for row in r["counts"]], dtype=float)
    found = fit(Comparisons(tuple(names), first, second, counts[None], ordered=False))
    assert found.log_worth[0] == pytest.approx(r["log_worth"], abs=EXACT)
    assert np.sqrt(np.diag(found.covariance[0])) == pytest.approx(r["se"], abs=EXACT)
    assert found.worth[0] == pytest.approx(r["worth"], abs=EXACT) and found.worth[0].sum() == pytest.approx(1)


def test_the_tables_have_their_columns_and_sums():
    table = preferences.preferences(scales())
    assert list(table.columns) == preferences.PREFERENCES
    sums = table.groupby("descriptor")[["log_worth", "worth"]].sum()
    assert sums["log_worth"].abs().max() < 1e-9 and sums["worth"].to_numpy() == pytest.approx([1, 1])
    tests = preferences.pair_tests(scales())
    assert list(tests.columns) == preferences.PAIRS and len(tests) == 12
    assert tests[["a_chosen", "same", "b_chosen"]].sum(axis=1).eq(56).all()
    assert (tests["p_holm"] >= tests["p"]).all()
    wider = (tests["new_music_high"] - tests["new_music_low"]) / (tests["ci_high"] - tests["ci_low"])
    assert (wider > 1 - 1e-9).all()


def test_circular_triads_agree_with_counting_them_one_by_one():
    r = pd.DataFrame(expected("pairs")["bright"]["triads"]).sort_values(["participant", "clip"])
    found = transitivity.tournaments(pairs(), "bright").sort_values(["participant", "clip"])
    assert found["circular"].tolist() == r["circular"].tolist()
    per_listener = transitivity.consistency(pairs()).query("descriptor == 'bright'").set_index("participant")
    assert per_listener["zeta"].tolist() == pytest.approx(r.groupby("participant")["zeta"].mean().tolist())


def test_agreement_between_listeners_agrees_with_kendalls_formula():
    r = expected("pairs")["bright"]["agreement"]
    row = transitivity.agreement(pairs()).set_index("descriptor").loc["bright"]
    assert row[["u", "chi2", "dof", "p"]].tolist() == pytest.approx([r["u"], r["chi2"], r["dof"], r["p"]], abs=EXACT)
    assert row["u_min"] == pytest.approx(-1 / 13)  # an even number of listeners


def cyclic(k):
    """A tournament in which each is chosen over the next half of the circle: the most circular triads there can be."""
    wins = np.zeros((k, k))
    for i in range(k):
        wins[i, [(i + step) % k for step in range(1, (k - 1) // 2 + 1)]] = 1
    return wins


@pytest.mark.parametrize(("k", "most"), [(3, 1), (5, 5), (7, 14)])
def test_zeta_runs_from_no_circular_triad_to_all_that_can_be(k, most):
    ranked = np.triu(np.ones((k, k)), 1)
    assert transitivity.circular_triads(ranked) == 0 and transitivity.zeta(0, k) == 1
    assert transitivity.circular_triads(cyclic(k)) == most and transitivity.zeta(most, k) == 0


def table(choose, listeners=6, clips=4, names=("A", "B", "C")):
    rows = [
        [f"p{p}", "warm", f"clip{c}", a, b, choose(p, c, a, b)]
        for p in range(listeners)
        for c in range(clips)
        for a, b in combinations(names, 2)
    ]
    return pd.DataFrame(rows, columns=["participant", "descriptor", "clip", "a", "b", "choice"])


def test_listeners_who_all_choose_the_same_agree_and_are_consistent():
    found = from_table(table(lambda p, c, a, b: a))
    assert transitivity.agreement(found)["u"][0] == 1
    of_listener = transitivity.consistency(found)
    assert (of_listener["zeta"] == 1).all() and (of_listener["p"] == (6 / 8) ** 4).all()
    assert transitivity.transitivity(found).loc[0, ["triples", "weak", "strong"]].tolist() == [1, 0, 0]


def test_a_group_that_goes_in_circles_breaks_every_transitivity():
    found = from_table(table(lambda p, c, a, b: b if (a, b) == ("A", "C") else a))
    assert transitivity.transitivity(found).loc[0, ["weak", "moderate", "strong"]].tolist() == [1, 1, 1]
    assert transitivity.consistency(found)["zeta"].eq(0).all()
    tests = preferences.tests(found, {"warm": preferences.scale(found, "warm")})
    assert tests["deviance_p"][0] < 0.001  # one scale does not describe it


def test_a_condition_that_always_wins_has_a_finite_worth_and_is_reported():
    found = preferences.scale(from_table(table(lambda p, c, a, b: a if a == "A" or (p + c) % 2 else b)), "warm")
    assert found.separated and found.fits.log_worth[0].argmax() == 0
    assert np.isfinite(preferences.pair_tests({"warm": found})["se"]).all()


def test_conditions_that_were_never_compared_have_no_common_scale():
    rows = table(lambda p, c, a, b: a, names=("A", "B"))
    with pytest.raises(ValueError, match="A was never compared with C, D"):
        preferences.scale(from_table(pd.concat([rows, rows.replace({"A": "C", "B": "D"})])), "warm")


def test_one_listener_gets_the_models_own_errors_and_nothing_for_new_music():
    one = from_table(table(lambda p, c, a, b: a if (hash_of(a, b) + c) % 4 else b, listeners=1))
    row = preferences.pair_tests({"warm": preferences.scale(one, "warm")}).iloc[0]
    assert np.isfinite(row["p"]) and row["dof"] == np.inf and np.isnan(row["p_new_music"])


def hash_of(a, b):
    return ord(a) + ord(b)


@pytest.mark.parametrize(("clips", "known"), [(2, False), (3, True)])
def test_nothing_is_said_of_new_music_with_fewer_than_three_clips(clips, known):
    found = from_table(table(lambda p, c, a, b: a if (p + c + ord(b)) % 3 else b, clips=clips))
    row = preferences.pair_tests({"warm": preferences.scale(found, "warm")}).iloc[0]
    assert np.isfinite(row["p_new_music"]) == known


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"choice": "C"}, "column 'choice': 'C', and the row's a, its b or same is expected"),
        ({"b": "A", "choice": "A"}, "a sound cannot be compared with itself"),
        ({"a": None}, "column 'a': empty"),
        ({"first": "C"}, "column 'first': 'C'"),
        ({"a": "same", "choice": "same"}, "rename the condition"),
        ({"participant": None}, "column 'participant': empty"),
    ],
)
def test_what_cannot_be_right_is_refused(change, message):
    rows = table(lambda p, c, a, b: a).assign(first="A").query("a == 'A' and b == 'B'").reset_index(drop=True)
    rows = rows.astype(object)
    for column, value in change.items():
        rows.loc[3, column] = value
    with pytest.raises(ValueError, match=message):
        from_table(rows)


def test_missing_answers_practice_and_simulated_rows_are_left_out_and_counted():
    rows = table(lambda p, c, a, b: a).assign(kind="pair", simulated=False)
    rows.loc[0, "choice"], rows.loc[1, "kind"], rows.loc[2, "simulated"] = None, "practice", True
    found = from_table(rows)
    assert len(found.main) == len(rows) - 3
    assert found.notes == ("1 row of simulated participants left out.", "1 comparison without an answer.")


def test_a_table_without_a_column_or_an_answer_is_refused():
    with pytest.raises(ValueError, match="no column 'choice'"):
        from_table(table(lambda p, c, a, b: a).drop(columns="choice"))
    with pytest.raises(ValueError, match="No row has an answer in 'choice'"):
        from_table(table(lambda p, c, a, b: a).assign(choice=None))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The reference comparisons as files, of listeners who are said to be simulated."""
    out = tmp_path_factory.mktemp("pairs")
    table = read_csv(FOLDER / "pairs.csv").assign(simulated=True)
    analyse_pairs(from_table(table), out, compared=("static", "semantic"))
    return out


def test_a_folder_holds_tables_figures_and_paragraphs_that_say_simulated(folder):
    for name in ("preferences", "preference_pairs", "preference_tests", "consistency", "agreement", "transitivity"):
        assert {path.suffix for path in folder.glob(f"{name}.*")} >= {".csv", ".md", ".tex"}
    for name in ("preferences", "choices"):
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert list(pd.read_csv(folder / "preferences.csv").columns) == preferences.PREFERENCES
    for path in [*folder.glob("*.md"), *folder.glob("*.tex"), folder / "report.html", folder / "choices.svg"]:
        assert "SIMULATED" in path.read_text(encoding="utf-8") or path.suffix == ".svg", path.name


def test_the_answer_is_about_the_pair_that_was_asked_for_whichever_way_round(folder):
    text = (folder / "results.md").read_text(encoding="utf-8")
    assert "for bright, static is chosen over semantic in an estimated 28% of decided comparisons" in text
    assert "semantic over static in 72% of decided comparisons, t(13) = " in text
    assert "too few clips to trust the test" in text  # four
    assert "Davidson" in (folder / "methods.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("clips", "reported"), [(4, "too few clips"), (5, "is chosen more often")])
def test_the_answer_trusts_five_clips_and_five_listeners(tmp_path, clips, reported):
    found = from_table(table(lambda p, c, a, b: a if (5 * p + 3 * c + ord(b)) % 7 else b, listeners=8, clips=clips))
    analyse_pairs(found, tmp_path)
    assert reported in (tmp_path / "results.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("listeners", "least"), [(2, -1), (3, -1 / 3), (4, -1 / 3), (5, -1 / 5)])
def test_the_least_agreement_that_can_be_depends_on_the_number_of_listeners(listeners, least):
    found = transitivity.agreement(from_table(table(lambda p, c, a, b: a, listeners=listeners, clips=1)))
    assert found["u_min"].tolist() == pytest.approx([least])
