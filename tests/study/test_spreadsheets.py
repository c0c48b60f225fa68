"""No cell of an export is a formula in any spreadsheet, and the analysis reads the labels as they were."""

import re
import unicodedata

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analysis.data.reading import _unescaped, read_csv
from study.records import tables
from study.records.spreadsheets import escaped

PAYLOAD = 'HYPERLINK("http://x")'
SIGNS = "=+-@＝＋－＠﹦﹢﹣﹫−⁼⁺⁻₌₊₋"


@pytest.mark.parametrize("sign", SIGNS)
def test_each_sign_at_the_start_is_escaped(sign):
    assert escaped(sign + PAYLOAD) == f"'{sign}{PAYLOAD}"


@pytest.mark.parametrize("separator", [*";,|\t\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029", "\r\n"])
def test_each_place_where_a_program_may_split_a_cell_is_a_start(separator):
    assert escaped(f"fine{separator}={PAYLOAD}") == f"fine{separator}'={PAYLOAD}"
    assert escaped(f"{separator}={PAYLOAD}") == f"{separator}'={PAYLOAD}"


@pytest.mark.parametrize(
    "dropped", ["\ufeff", " ", "\xa0", "\u3000", "\u200b", "\u200f", "\u2060", "\xad", "\0", '"', "'"]
)
def test_each_character_that_a_program_may_drop_hides_no_sign(dropped):
    assert escaped(f"{dropped}={PAYLOAD}") == f"'{dropped}={PAYLOAD}"
    assert escaped(f"fine; {dropped * 3}={PAYLOAD}") == f"fine;' {dropped * 3}={PAYLOAD}"


@pytest.mark.parametrize("text", ["fine", "3 - 2 = 1", "me@example.org", "warm-ish", "a;b", "", "’=", "/+", "1+1"])
def test_what_is_no_formula_stays_as_it_is(text):
    assert escaped(text) == text


texts = st.text(st.sampled_from(f"{SIGNS};,|\t\n\r\v \ufeff\"'aé1\u2028\xa0"), max_size=12) | st.text(max_size=20)


@given(texts)
@example("'=1")
@example("''\ufeff'=1;'=")
def test_no_part_of_any_text_begins_a_formula(text):
    for part in re.split(r"[;,|\s\x1c-\x1e\x85\u2028\u2029]+", escaped(text)):
        first = "".join(c for c in part if unicodedata.category(c) not in ("Cc", "Cf", "Zs") and c != '"')[:1]
        begins_a_cell = escaped(text).startswith(part) or re.search(rf"[;,|\t\n\r\v]{re.escape(part)}", escaped(text))
        assert not (begins_a_cell and first and unicodedata.normalize("NFKC", first) in "=+-@−")


@given(texts)
@example("'=1")
@example("';'=1")
def test_the_analysis_takes_away_what_was_added_and_nothing_else(text):
    assert list(_unescaped(pd.Series([escaped(text)]))) == [text]


def test_the_analysis_reads_an_exported_table_with_every_label_as_it_was(tmp_path):
    labels = ["-6 dB", "'-6 dB", "=1+1", "＋3 dB", "mid;-side", "a, @b", "bass"]
    table = pd.DataFrame({"clip": labels, "rating": range(len(labels))}).astype({"clip": "string"})
    tables.safe(table).to_csv(tmp_path / "table.csv", index=False, lineterminator="\n")
    assert list(read_csv(tmp_path / "table.csv")["clip"]) == labels
    assert list(pd.read_csv(tmp_path / "table.csv")["clip"])[:2] == ["'-6 dB", "''-6 dB"]
