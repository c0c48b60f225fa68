"""What an analysis takes from a study's participants."""

import pandas as pd
import pytest

from app.study_settings import _headphones


@pytest.mark.parametrize("written", ["true", "True", 1, 1.0, "1"])
def test_the_headphone_check_is_read_however_a_table_writes_it(written):
    people = pd.DataFrame({"participant": ["a", "b", "c"], "headphones_passed": [written, 0, None]}, dtype=object)
    assert _headphones(people) == {"a": True, "b": False}


@pytest.mark.parametrize("people", [None, pd.DataFrame({"participant": ["a"]})])
def test_without_headphone_checks_nothing_is_known(people):
    assert _headphones(people) is None
