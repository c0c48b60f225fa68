"""What the results' limits say, just below, at and just above what is worth a sentence."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.data.ratings import from_table
from analysis.writing.limits import limits
from analysis.writing.report import Beside, beside_section
from tests.analysis.example import example

UNSTATED = SimpleNamespace(stated=False)


def said(table, of_new_music=True, compared=("semantic", "static"), screening=UNSTATED):
    ratings = from_table(table)
    cells = SimpleNamespace(
        participants=ratings.levels("participant"),
        descriptors=ratings.levels("descriptor"),
        complete=lambda: np.ones(len(ratings.levels("participant")), dtype=bool),
    )
    tables = {"anova": pd.DataFrame([0]), "posthoc": pd.DataFrame({"p_holm": [0.5]})}
    results = type("Results", (dict,), {})(tables)
    results.ratings, results.cells, results.of_new_music, results.compared = ratings, cells, of_new_music, compared
    return limits(results, screening)


@pytest.mark.parametrize(
    ("ratings", "whole"), [([4, 4], False), ([4, 5], True), ([4.5, 5], False), ([1, 2, 3, 4, 5.5], False)]
)
def test_rounding_is_said_of_whole_numbers_that_differ(ratings, whole):
    table = example()
    assert ("Ratings are whole numbers" in said(table.assign(rating=np.resize(ratings, len(table))))) is whole


@pytest.mark.parametrize(("n_at_ends", "is_said"), [(0, False), (10, False), (11, True)])
@pytest.mark.parametrize("end", [1, 7])
def test_ratings_at_the_ends_are_said_above_five_in_a_hundred(n_at_ends, is_said, end):
    table = example(participants=5, clips=5).assign(rating=4)  # 200 ratings
    table.loc[table.index[:n_at_ends], "rating"] = end
    assert ("lie at an end of the scale" in said(table)) is is_said


@pytest.mark.parametrize(
    ("clips", "words"),
    [(1, "One clip was rated"), (4, "With 4 clips, how much they differ is hardly known"), (5, None)],
)
def test_few_clips_say_little_of_other_music(clips, words):
    text = said(example(clips=clips))
    assert ("other music" in text) is (words is not None) and (words or "") in text
    assert ("No model says what holds for other music" in said(example(clips=clips), of_new_music=False)) is (
        clips == 5
    )


@pytest.mark.parametrize(("without", "is_said"), [(0, False), (1, True), (4, False)])
def test_clips_that_a_listener_rated_in_some_conditions_only_are_said(without, is_said):
    table = example(participants=5, clips=5)
    first = table[(table["participant"] == "p01") & (table["descriptor"] == "warm") & (table["clip"] == "clip1")]
    assert len(first) == 4
    text = said(table.drop(first.index[:without]))
    assert ("1 participant did not rate the same clips in every condition" in text) is is_said


@pytest.mark.parametrize(("participants", "is_said"), [(4, True), (5, False)])
def test_few_listeners_say_little_of_other_listeners(participants, is_said):
    assert (f"With {participants} participants, what holds" in said(example(participants))) is is_said


@pytest.mark.parametrize(("wrong", "share"), [(0, None), (1, "25%"), (4, "100%")])
def test_lapses_are_said_with_their_share(wrong, share):
    table = example().assign(kind="rating")
    checks = table.head(4).assign(kind="attention", expected=3.0, rating=[5] * wrong + [3] * (4 - wrong))
    text = said(pd.concat([table, checks], ignore_index=True))
    assert ("of the attention checks were answered wrongly" in text) is (share is not None)
    assert "There were no attention checks" not in text and (share or "") in text
    assert "There were no attention checks" in said(table)


def test_what_was_stated_is_not_said_to_be_lacking():
    assert "No rules for leaving out" in said(example())
    assert "No rules for leaving out" not in said(example(), screening=SimpleNamespace(stated=True))


def test_other_analyses_have_a_section_where_there_are_some():
    assert beside_section([]) == []
    (text,) = beside_section([Beside("A <pair>", "pairs/report.html", ["One.", "Two."])])
    assert "<h2>Also asked</h2>" in text
    assert '<a href="pairs/report.html">A &lt;pair&gt;</a>: One. Two.</p>' in text
