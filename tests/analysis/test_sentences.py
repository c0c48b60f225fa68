"""Every sentence is true of the data that it is made from: twenty odd studies, and each claim in their texts."""

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest

from analysis.data.ratings import from_table
from analysis.data.screening import Rules, screen
from analysis.data.webmushra import read_webmushra
from analysis.statistics.results import compute
from analysis.writing.answer import answer, these_clips
from analysis.writing.claims import anova_rows, friedman_rows, pairs_tested
from analysis.writing.findings import results_section
from analysis.writing.limits import limits
from analysis.writing.methods import methods, screening_text
from tests.analysis.example import example

BASE = example(participants=6, clips=3)
LARGE = example(participants=8, clips=5, seed=3)
LOUD = LARGE.assign(
    rating=np.where(LARGE["condition"] == "semantic", LARGE["rating"] // 2 + 4, LARGE["rating"] // 2 + 1)
)


def only(table, **kept):
    for column, labels in kept.items():
        table = table[table[column].isin(labels)]
    return table


def other_way(table, by):
    """Let one descriptor's ratings of semantic be lower by so many points."""
    there = (table["descriptor"] == "bright") & (table["condition"] == "semantic")
    return table.assign(rating=table["rating"] - by * there)


def with_kind(kind, right):
    """Add checks of a kind, of which a share is answered right, or repeats."""
    again = BASE.groupby("participant").head(4).assign(kind=kind, expected=5)
    wrong = np.arange(len(again)) % 4 >= 4 * right
    if kind != "repeat":
        again["rating"] = np.where(wrong, 2, 5)
    return pd.concat([BASE.assign(kind="rating"), again])


def one_condition_each(table):
    conditions = sorted(table["condition"].unique())
    own = table["participant"].str[1:].astype(int).map(lambda i: conditions[i % len(conditions)])
    return table[table["condition"] == own]


def many(n):
    table = only(BASE, condition=["semantic"])
    rng = np.random.default_rng(2)
    parts = [table.assign(condition=f"eq {i}", rating=rng.integers(1, 8, len(table))) for i in range(n)]
    return pd.concat(parts, ignore_index=True)


ONE_OF_TWO = {"descriptor": ["warm"], "condition": ["semantic", "static"]}

STUDIES = {
    "usual": BASE,
    "large": LARGE,
    "clear effect": LOUD,
    "one clip": only(BASE, clip=["clip1"]),
    "one participant": only(BASE, participant=["p01"]),
    "two participants": only(BASE, participant=["p01", "p02"]),
    "one condition": only(BASE, condition=["flow"]),
    "two conditions": only(BASE, condition=["semantic", "static"]),
    "one descriptor": only(BASE, descriptor=["warm"]),
    "one of everything": only(BASE, clip=["clip1"], condition=["flow"], descriptor=["warm"]),
    "not whole": BASE.assign(rating=BASE["rating"] * 0.9 + 0.35),
    "constant": BASE.assign(rating=4),
    "no residual": BASE.assign(rating=np.resize([3, 4, 5, 4], len(BASE))),
    "one descriptor the other way": other_way(LOUD, 4).assign(rating=lambda t: t["rating"].clip(1, 7)),
    "repeats": with_kind("repeat", 1.0),
    "attention checks": with_kind("attention", 0.75),
    "many conditions": many(8),
    "a cell that nobody rated": BASE[(BASE["condition"] != "flow") | (BASE["descriptor"] != "warm")],
    "ratings missing": BASE.assign(rating=BASE["rating"].where(np.arange(len(BASE)) % 9 > 0)),
    "one condition each": one_condition_each(BASE),
    "at the ends": BASE.assign(rating=np.where(BASE["rating"] > 3, 7, 1)),
    "a straight-liner": BASE.assign(rating=BASE["rating"].where(BASE["participant"] != "p03", 4)),
    "clips of one descriptor each": BASE.assign(clip=BASE["clip"] + BASE["descriptor"]),
}


# The odd ones that a careless sentence meets first; `make validate` reads all.
READ_ALWAYS = (
    "usual",
    "one clip",
    "one participant",
    "two conditions",
    "one descriptor",
    "not whole",
    "constant",
    "one descriptor the other way",
    "attention checks",
    "a cell that nobody rated",
    "ratings missing",
    "one condition each",
)


@cache
def computed(name):
    """The results of a study, of which several tests read."""
    return compute(from_table(STUDIES[name]))


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=[] if name in READ_ALWAYS else pytest.mark.slow) for name in STUDIES],
)
def study(request):
    results = computed(request.param)
    screening = screen(results.ratings)
    texts = {
        "answer": " ".join(answer(results)),
        "methods": methods(results, results, screening),
        "results": results_section(results),
        "limits": limits(results, screening),
        "screening": screening_text(screening),
    }
    return request.param, results, screening, texts


def test_no_sentence_holds_what_is_not_a_number(study):
    for text in study[3].values():
        assert not re.search(r"\bnan\b|\binf\b|[\[(,] ?–|∞|\d{9}|  |\.\.|,,| ,| \.(?!\d)", text), text


def test_analyses_are_named_where_they_gave_a_result(study):
    _, results, _, texts = study
    made = {
        "repeated-measures ANOVA": bool(anova_rows(results)),
        "Friedman's test": bool(friedman_rows(results)),
        "paired t-tests": len(pairs_tested(results)) > 0,
        "also analysed by a cumulative logit model": results.ordinal is not None and results.ordinal.converged,
        "come from cumulative logit models": "ordinal_odds" in results.tables
        and results["ordinal_odds"]["converged"].any(),
        "linear mixed model": results.main is not None,
        "Holm (1979)": len(pairs_tested(results)) > 0 and len(results.cells.conditions) > 2,
        "Bayes factors": results.compared is not None and results["primary"]["p"].notna().any(),
    }
    for name, was_made in made.items():
        assert (name in texts["methods"]) == was_made, name
    assert ("paired comparison" in texts["results"]) == (len(pairs_tested(results)) > 0)
    assert ("In the repeated-measures ANOVA" in texts["results"]) == bool(anova_rows(results))


def test_the_random_effects_that_are_named_are_those_of_the_model(study):
    _, results, _, texts = study
    terms = results.main.fit.reml.terms if results.main else []
    slopes = any(len(term.names) > 1 for term in terms)
    assert ("slopes of condition of" in texts["methods"]) == slopes
    assert ("new listeners and new music was answered" in texts["methods"]) == results.of_new_music
    clips = results.ratings.main["clip"].nunique()
    assert ("For new listeners and new music:" in texts["answer"]) <= (clips > 1)
    assert ("Over clips the difference has an SD" in texts["answer"]) <= (clips > 1)
    assert ("averaged over clips" in texts["methods"]) == (clips > 1)


def test_a_descriptor_is_met_only_where_every_one_goes_that_way(study):
    _, results, _, texts = study
    if "sounded more like" in texts["answer"] or "was rated higher:" in texts["answer"]:
        rows = results["primary"]
        assert len({np.sign(x) for x in rows["diff"].dropna()}) == 1 and rows["p"].iloc[0] < 0.06


def test_a_share_of_clips_is_given_only_where_clips_differ(study):
    _, results, _, texts = study
    table = results.tables.get("clip_heterogeneity")
    if "on a new clip it is expected" in texts["answer"]:
        assert ("to be rated above" in texts["answer"]) == (table.data["sd_clips"].iloc[0] > 0)


def test_counts_are_those_of_the_data(study):
    _, results, screening, texts = study
    main = results.ratings.main
    n, rated = len(screening.measured), int(main["rating"].notna().sum())
    assert f"The study had {n} participant" in texts["methods"]
    assert f"In all, {rated:,} rating{'s' if rated != 1 else ''} were given" in texts["methods"]
    lacking = int(main["rating"].isna().sum())
    assert (f"{lacking} asked for but not given" in texts["methods"]) == (lacking > 0)
    several = (main.dropna().groupby("participant", observed=True)["condition"].nunique() > 1).all()
    assert ("within-subject design" in texts["methods"]) == several
    if len(pairs_tested(results)):
        found = int((pairs_tested(results)["p_holm"] < 0.05).sum())
        assert re.search(rf"\b{found} of \d+ paired comparison", texts["results"]) or not found


def test_what_was_not_measured_is_a_limit(study):
    _, results, screening, texts = study
    kinds = set(results.ratings.extra["kind"])
    assert ("No trial was repeated" in texts["limits"]) == ("repeat" not in kinds)
    assert ("no attention checks" in texts["limits"]) == ("attention" not in kinds)
    values = results.ratings.main["rating"].dropna()
    whole = (values % 1 == 0).all() and values.nunique() > 1
    assert ("rounding adds an error with an SD of 0.29" in texts["limits"]) == whole
    assert ("at an end of the scale" in texts["limits"]) == (values.isin([1, 7]).mean() > 0.05)
    broke = len(screening.broke())
    assert ("were run again without" in texts["methods"]) == screening.splits()
    assert (f"{broke} of them break" in texts["screening"]) == screening.splits()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("constant", "There is nothing to compare: every rating is 4."),
        ("no residual", "each of 6 participants has the same mean difference of semantic and static, 0.00 points"),
        ("one participant", "too few data for an answer: 1 participant rated both semantic and static of every"),
        ("one condition", "nothing to compare: every rating has the condition 'flow'"),
        ("one clip", "For new music nothing can be said: one clip was rated"),
        ("two participants", "too few participants to trust the test"),
        ("one condition each", "Nobody rated both semantic and static: they are compared between participants"),
        ("clear effect", "semantic sounded more like the descriptors"),
        ("one descriptor the other way", "but not for bright"),
        ("many conditions", "eq 0 was rated"),
    ],
)
def test_the_answer_says_what_is_so(name, words):
    assert words in " ".join(answer(computed(name)))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("attention checks", "25% of the attention checks were answered wrongly"),
        ("at the ends", "100% of the ratings lie at an end of the scale"),
        ("one clip", "One clip was rated: nothing is known of other music."),
        ("two participants", "With 2 participants, what holds for other listeners is hardly known."),
        ("one of everything", "One clip was rated"),
    ],
)
def test_the_limits_name_their_size_in_these_data(name, words):
    results = computed(name)
    assert words in limits(results, screen(results.ratings))


def test_rules_that_were_stated_are_reported_with_their_limits():
    ratings = from_table(STUDIES["a straight-liner"])
    screening = screen(ratings, Rules())
    everyone, kept = compute(ratings, thorough=False), compute(ratings.without(["p03"]), thorough=False)
    text = methods(kept, everyone, screening)
    assert "by rules written down before the study:" in text and "One participant was left out." in text
    assert "95% or more of the ratings identical" in text
    assert "No rules for leaving out" not in limits(kept, screening)


def test_results_of_another_program_are_reported_in_its_words(tmp_path):
    lines = ["session_test_id,session_uuid,trial_id,rating_stimulus,rating_score"]
    rng = np.random.default_rng(1)
    for person in range(6):
        for clip in range(6):
            for stimulus, mean in (("reference", 90), ("codec", 40)):
                lines.append(f"stereo,u{person},clip {clip},{stimulus},{mean + rng.integers(-8, 9)}")
    (tmp_path / "mushra.csv").write_text("\n".join(lines))
    table, scale = read_webmushra([tmp_path / "mushra.csv"])
    from dataclasses import replace

    results = compute(replace(from_table(table, scale), asked="test"), thorough=False)
    text = " ".join([*answer(results), results_section(results), methods(results, results, screen(results.ratings))])
    assert "for test stereo, reference was rated" in text and "reference was rated higher." in text
    assert "descriptor" not in text and "sounded more like" not in text


@pytest.mark.parametrize(("study", "said"), [("two conditions", True), ("one descriptor", True), ("one of two", False)])
def test_each_descriptor_is_reported_where_there_is_more_than_one_test(study, said):
    results = computed(study) if study in STUDIES else compute(from_table(only(BASE, **ONE_OF_TWO)), thorough=False)
    assert ("; by descriptor, semantic minus static was" in these_clips(results)) == said
