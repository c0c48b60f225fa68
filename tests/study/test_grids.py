"""Lists and small tables of a study file as rows of cells: there and back, and what is refused."""

import pytest

from study.design import grids

LANGUAGES = ("en", "de")
PAIRS = [["static", "semantic"], ["static", "flow"]]

# Kind, what the file has, its rows of cells.
THERE_AND_BACK = [
    ("texts", ["Warm"], [["Warm", ""]]),
    ("texts", [{"en": "Warm", "de": "Warm"}, "Bright"], [["Warm", "Warm"], ["Bright", ""]]),
    ("options", {"no": "No", "some": {"en": "Some", "de": "Etwas"}}, [["no", "No", ""], ["some", "Some", "Etwas"]]),
    ("amounts", {"quality": 5, "clarity": 0.5}, [["quality", "5"], ["clarity", "0.5"]]),
    ("pairs", PAIRS, PAIRS),
]


@pytest.mark.parametrize(("kind", "value", "rows"), THERE_AND_BACK)
def test_what_a_file_has_comes_back_from_its_cells(kind, value, rows):
    assert grids.rows(kind, value, LANGUAGES) == rows
    assert grids.value(kind, rows, LANGUAGES) == value
    assert all(len(row) == len(grids.headers(kind, LANGUAGES)) for row in rows)


@pytest.mark.parametrize(("kind", "value", "rows"), THERE_AND_BACK)
def test_empty_rows_and_spaces_are_left_out(kind, value, rows):
    width = len(rows[0])
    with_empty = [[""] * width, *([f" {cell}\t" for cell in row] for row in rows), [None] * width]
    assert grids.value(kind, with_empty, LANGUAGES) == value
    assert grids.value(kind, [[None] * width, [" "] * width], LANGUAGES) is None
    assert grids.rows(kind, None, LANGUAGES) == []


def test_a_text_in_the_second_language_only_stays_there():
    assert grids.value("texts", [["", "Warm"]], LANGUAGES) == [{"de": "Warm"}]


@pytest.mark.parametrize("kind", ["options", "amounts", "pairs"])
@pytest.mark.parametrize("row", [["a", ""], ["", "1"]])
def test_half_a_row_is_refused(kind, row):
    with pytest.raises(ValueError, match=f"The row {''.join(row)} is incomplete: a cell is empty"):
        grids.value(kind, [row], ("en",))


def test_an_amount_is_a_number():
    with pytest.raises(ValueError, match="'much' is not a number of points"):
        grids.value("amounts", [["quality", "much"]], ("en",))
    whole = grids.value("amounts", [["quality", "5.0"]], ("en",))["quality"]
    assert isinstance(whole, int)
