"""Kinds of step: each has its twin among the page's modules, and what it declares is there."""

import re

import pytest

from app.participant.page import STATIC, joined, modules
from study.design.definition import SHIPPED, Definition, load
from study.kinds import KINDS, TRIALS


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_has_a_module_of_its_name_that_enters_itself(name):
    module = (STATIC / "kinds" / f"{name}.js").read_text(encoding="utf-8")
    assert re.search(rf"^kinds\.{name} = \w+;$", module, re.MULTILINE)
    assert f"\nkinds.{name} = " in joined(*modules())


def test_no_module_is_without_a_kind():
    assert {path.stem for path in (STATIC / "kinds").glob("*.js")} == set(KINDS)


def test_kinds_come_in_the_order_of_a_session_and_their_tables_are_the_study_files():
    assert [kind.place for kind in KINDS.values()] == sorted(kind.place for kind in KINDS.values())
    assert {kind.key for kind in KINDS.values() if kind.key} <= set(Definition.model_fields)
    assert [name for name, kind in KINDS.items() if kind.ends] == [list(KINDS)[-1]]


def test_only_trials_add_columns_to_the_responses():
    assert all(name in TRIALS for name, kind in KINDS.items() if kind.columns)
    shipped = load(SHIPPED)
    assert {"comments", "question_age"} <= {name for k in KINDS.values() for name in k.session_columns(shipped)}
