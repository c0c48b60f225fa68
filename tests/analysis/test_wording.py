"""From which number on a sentence says something else: just below, at and just above each limit."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis import numbers
from analysis.data.questions import by_question
from analysis.statistics import abx, equivalence
from analysis.statistics.equivalence import DIFFERENT, EQUIVALENT, UNDECIDED, WORSE
from analysis.writing import answer, pairs_prose
from analysis.writing.answer import NEW_MUSIC

PAIR = {"a": "semantic", "b": "static"}


@pytest.mark.parametrize(
    ("p", "written"),
    [(0.00049, "p < .001"), (0.00099, "p < .001"), (0.001, "p = .001"), (0.0496, "p = .050"), (1, "p = 1.000")],
)
def test_a_p_value_has_three_decimals_down_to_one_thousandth(p, written):
    assert numbers.p_value(p) == written and numbers.p_value(np.nan) == "p not computable"


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.9994, ".999"), (0.99951, "1.000"), (1.0, "1.000"), (-0.25, "−.250"), (-0.0001, ".000"), (-1.5, "−1.500")],
)
def test_a_share_has_no_zero_before_its_point(value, written):
    assert numbers.share(value) == written


@pytest.mark.parametrize(("value", "written"), [(14.0, "14"), (14 + 1e-10, "14"), (14.001, "14.00"), (2.366, "2.37")])
def test_whole_degrees_of_freedom_have_no_decimals(value, written):
    assert numbers.degrees(value) == written


@pytest.mark.parametrize(
    ("estimate", "p_difference", "p_equivalence", "found"),
    [
        *((1.0, 0.0499, 0.05, DIFFERENT), (-1.0, 0.0499, 0.05, WORSE), (1.0, 0.05, 0.05, UNDECIDED)),
        *((1.0, 0.0499, 0.0499, EQUIVALENT), (1.0, 0.5, 0.0501, UNDECIDED), (1.0, 0.5, 0.0499, EQUIVALENT)),
    ],
)
def test_five_percent_decides_difference_and_equivalence(estimate, p_difference, p_equivalence, found):
    assert equivalence.verdict(estimate, p_difference, p_equivalence) == found


@pytest.mark.parametrize(("margin", "is_taken"), [(0, False), (1e-9, True), (5.999, True), (6, False), (-1, False)])
def test_a_margin_lies_within_the_scale(margin, is_taken):
    if is_taken:
        equivalence.refuse_margin_beyond(margin, (1, 7))
        return
    with pytest.raises(ValueError, match="lies above 0 and below 6"):
        equivalence.refuse_margin_beyond(margin, (1, 7))


@pytest.mark.parametrize(
    ("share", "written"),
    [
        *((1.0, "more than 99%"), (0.9901, "more than 99%"), (0.99, "99%"), (0.01, "1%")),
        *((0.0099, "less than 1%"), (0.0, "less than 1%"), (0.5, "50%")),
    ],
)
def test_a_share_is_never_all_or_nothing(share, written):
    assert answer._share(share) == written


@pytest.mark.parametrize(
    ("difference", "written"),
    [
        *((0.0049, "the same as"), (-0.0049, "the same as"), (0.0, "the same as")),
        *((0.0051, "0.01 points higher than"), (-0.0051, "0.01 points lower than"), (2.0, "2.00 points higher than")),
    ],
)
def test_what_is_written_as_nothing_is_called_the_same(difference, written):
    assert answer._more_or_less(difference) == written


def results(margin=None, basis=NEW_MUSIC, verdict=UNDECIDED, asked="descriptor"):
    """What a verdict is said of: a pair, its tables and what the study states."""

    class Tables(SimpleNamespace):
        def __getitem__(self, name):
            return self.tables[name]

    tables = {
        "equivalence": pd.DataFrame({"basis": [basis], "verdict": [verdict]}),
        "primary": pd.DataFrame({"descriptor": ["warm"], "diff": [0.5], "n": [9]}),
        "main_model_contrasts": pd.DataFrame(
            {"descriptor": ["warm"], **{k: [v] for k, v in PAIR.items()}, "estimate": 0.5}
        ),
    }
    cells, ratings = SimpleNamespace(descriptors=["warm"]), SimpleNamespace(asked=asked)
    return Tables(tables=tables, margin=margin, alpha=0.05, pair=tuple(PAIR.values()), cells=cells, ratings=ratings)


@pytest.mark.parametrize(
    ("people", "clips", "p", "said"),
    [
        *((4, 9, 0.01, "too few participants"), (5, 9, 0.01, "semantic sounded more like the descriptor")),
        *((9, 4, 0.01, "too few clips"), (9, 5, 0.01, "semantic sounded more like the descriptor")),
        *((9, 9, 0.0499, "semantic sounded more like"), (9, 9, 0.05, "a difference is not shown")),
    ],
)
def test_five_people_five_clips_and_five_percent_make_a_verdict(people, clips, p, said):
    assert answer._verdict(results(), 0.5, p, people, clips).startswith(said)


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        (0.5, "semantic sounded more like the descriptor"),
        (-0.5, "static was rated higher on average, but not for warm"),
    ],
)
def test_the_one_that_was_rated_higher_is_named(difference, said):
    assert answer._verdict(results(), difference, 0.01, 9, 9) == said


@pytest.mark.parametrize(
    ("given", "is_equivalent"),
    [
        (results(), False),
        (results(0.5), False),
        (results(0.5, verdict=EQUIVALENT), True),
        (results(0.5, basis="zz", verdict=EQUIVALENT), False),
        (results(0.5, basis="", verdict=EQUIVALENT), False),
        (results(0.5, verdict="zz"), False),
    ],
)
def test_only_equivalence_for_new_music_counts(given, is_equivalent):
    assert answer._is_equivalent(given) is is_equivalent


@pytest.mark.parametrize(("p", "is_shown"), [(0.0499, True), (0.05, False), (0.0501, False)])
def test_five_percent_decides_what_is_said_of_pairs(p, is_shown):
    term = {"term": "first", "p": p, "probability": 0.5}
    assert ("mattered" in pairs_prose._term_text(term)) is is_shown
    fit = {"deviance": 3.0, "deviance_dof": 2.0, "deviance_p": p}
    assert pairs_prose._fit_text(fit).startswith("One scale does not") is is_shown
    row = PAIR | {"p_holm": p, "log_odds": 1.0, "t": 2.0, "dof": np.inf, "share_a": 0.73}
    assert ("semantic over static in 73% of" in pairs_prose._significant_text([row])) is is_shown


def test_a_question_that_was_asked_in_two_ways_is_called_by_both():
    table = pd.DataFrame(
        {
            "participant": "P1",
            "clip": "rock",
            "condition": "static",
            "descriptor": "warm",
            "kind": "rating",
            "rating": 4,
            "question": ["descriptor", "descriptor", "quality"],
            "paradigm": ["single", "multistimulus", "multistimulus"],
        }
    )
    assert [asked.name for asked in by_question(table)] == ["descriptor-single", "descriptor-multistimulus", "quality"]
    assert [asked.name for asked in by_question(table[1:])] == ["descriptor", "quality"]


@pytest.mark.parametrize(
    ("proportion", "alpha", "n"), [(1.0, 0.6, 1), (1.0, 0.5, 1), (1.0, 0.49, 2), (1.0, 0.05, 5), (1.0, 0.03, 6)]
)
def test_the_trials_that_are_needed_are_counted_from_one(proportion, alpha, n):
    """All right in n trials has p = 2 ** -n by chance."""
    assert abx.trials_needed(proportion, 0.8, alpha) == n
