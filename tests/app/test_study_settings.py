"""What an analysis takes from a study's participants."""

from types import SimpleNamespace

import pandas as pd
import pytest

from app.study_settings import _headphones, _listeners, _text, completed, scale_of


@pytest.mark.parametrize("written", ["true", "True", 1, 1.0, "1", "WAHR", "VRAI"])
def test_the_headphone_check_is_read_however_a_table_writes_it(written):
    people = pd.DataFrame({"participant": ["a", "b", "c"], "headphones_passed": [written, 0, None]}, dtype=object)
    assert _headphones(people) == {"a": True, "b": False}


@pytest.mark.parametrize("people", [None, pd.DataFrame({"participant": ["a"]})])
def test_without_headphone_checks_nothing_is_known(people):
    assert _headphones(people) is None


PEOPLE = {
    "participant": ["b", "a", "c"],
    "state": ["completed", "completed", "active"],
    "finished_at": [2.0, 1.0, None],
}


def test_who_completed_is_in_the_order_in_which_they_did():
    assert completed(pd.DataFrame(PEOPLE)) == ["a", "b"] == completed(pd.DataFrame(PEOPLE | {"minutes": [1, 2, 3]}))
    assert completed(pd.DataFrame(PEOPLE).iloc[2:]) == [] and completed(None) is None
    for lacking in PEOPLE:
        assert completed(pd.DataFrame(PEOPLE).drop(columns=lacking)) is None


@pytest.mark.parametrize(("text", "shown"), [("Warm", "Warm"), ({"de": "W", "en": "E"}, "E"), ({"de": "W"}, "W")])
def test_a_text_is_taken_in_english_where_there_is_some(text, shown):
    assert _text(text) == shown


def test_listeners_are_grouped_by_the_choices_of_the_questionnaire():
    asked = [{"id": "training"}, {"id": "age", "type": "number"}, {"id": "ear", "type": "choice"}, {"id": "late"}]
    people = pd.DataFrame({"participant": [1, 2], "question_training": ["x", "y"], "question_age": [3, 4]})
    definition = {"questionnaire": {"questions": asked}}
    found = _listeners(definition, people.assign(question_ear=["l", "r"]))
    assert list(found.columns) == ["training", "ear"] and list(found.index) == ["1", "2"]
    assert _listeners(definition, people[["participant", "question_age"]]) is None
    assert _listeners(definition, None) is None and _listeners({}, people) is None


SCALES = {
    "blocks": [
        {"paradigm": "single", "questions": [{"name": "descriptor", "low": 1, "high": 7}, {"name": "why"}]},
        {"paradigm": "multistimulus", "questions": [{"name": "descriptor", "low": 0, "high": 100}]},
    ]
}


@pytest.mark.parametrize(
    ("paradigm", "question", "scale"),
    [
        ("single", "descriptor", (1.0, 7.0)),
        (None, "descriptor", (1.0, 7.0)),
        ("multistimulus", "descriptor", (0.0, 100.0)),
        ("multistimulus", "why", None),
        ("single", "why", None),
        ("pairs", "descriptor", None),
    ],
)
def test_a_questions_scale_is_that_of_its_block(paradigm, question, scale):
    assert scale_of(SCALES, SimpleNamespace(paradigm=paradigm, question=question)) == scale
    assert scale_of({}, SimpleNamespace(paradigm=paradigm, question=question)) is None
