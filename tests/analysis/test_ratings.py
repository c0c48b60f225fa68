"""Reading files as people save them, and naming row and column where a table cannot be right."""

import re

import numpy as np
import pandas as pd
import pytest

from analysis.data.ratings import from_table
from analysis.data.reading import read_csv
from tests.analysis.example import example


def saved(tmp_path, table, **options):
    path = tmp_path / "ratings.csv"
    table.to_csv(path, index=False, **options)
    return path


def read(path):
    return from_table(read_csv(path))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"sep": ";"},
        {"sep": "\t"},
        {"encoding": "utf-16"},
        {"encoding": "utf-16-le"},
        {"encoding": "utf-8-sig"},
        {"encoding": "latin-1"},
    ],
)
def test_every_way_of_saving_gives_the_same_ratings(tmp_path, options):
    table = example().replace({"clip": {"clip1": "Zürich"}})
    main = read(saved(tmp_path, table, **options)).main
    assert list(main["rating"]) == list(table["rating"])
    assert list(main["clip"]) == list(table["clip"])


def test_decimal_commas_are_numbers(tmp_path):
    table = example()
    table["rating"] = [f"{rating - 0.5:.1f}".replace(".", ",") for rating in table["rating"].clip(2, 7)]
    main = read(saved(tmp_path, table, sep=";")).main
    assert main["rating"].iloc[0] == float(table["rating"].iloc[0].replace(",", "."))


@pytest.mark.parametrize("line", ["sep=;", "SEP=;\r", '"sep=;"', "sep=,"])
def test_the_first_line_that_tells_excel_the_separator_is_no_header(tmp_path, line):
    separator = "," if "," in line else ";"
    path = saved(tmp_path, example().assign(rating=example()["rating"].where(example().index != 3)), sep=separator)
    path.write_text(f"{line}\n{path.read_text()}")
    main = read(path).main
    assert len(main) == len(example()) and main.index[main["rating"].isna()].tolist() == [6]


@pytest.mark.parametrize("given", ["1,234", "12,345", "1,234,567"])
def test_a_response_time_with_a_separator_of_thousands_is_not_taken_for_a_millisecond(tmp_path, given):
    table = example().assign(rt_ms="987")
    table.loc[4, "rt_ms"] = given
    with pytest.raises(ValueError, match=f"Row 6, column 'rt_ms': '{given}' is either {given.replace(',', '')} or"):
        read(saved(tmp_path, table))


@pytest.mark.parametrize("given", ["1234,5", "1,23", "1,2345", "1234", "1234.567"])
def test_other_response_times_are_numbers(tmp_path, given):
    main = read(saved(tmp_path, example().assign(rt_ms=given), sep=";")).main
    assert main["rt_ms"].iloc[0] == float(given.replace(",", "."))


@pytest.mark.parametrize("given", ["n/a", "na", "#N/A", "<NA>", "NA", "-"])
def test_ways_of_writing_that_a_rating_is_missing(tmp_path, given):
    table = example().astype({"rating": object})
    table.loc[2, "rating"] = given
    assert read(saved(tmp_path, table)).main["rating"].isna().sum() == 1


@pytest.mark.parametrize("content", [b"PK\x03\x04" + bytes(99), b"\xd0\xcf\x11\xe0" + bytes(99)])
def test_a_workbook_is_reported_as_such(tmp_path, content):
    (tmp_path / "ratings.xlsx").write_bytes(content)
    with pytest.raises(ValueError, match="save it from there as CSV"):
        read_csv(tmp_path / "ratings.xlsx")


def test_identifiers_stay_as_they_were_written(tmp_path):
    table = example().replace({"participant": {"p01": "007", "p02": "7"}})
    assert read(saved(tmp_path, table)).levels("participant")[:2] == ["007", "7"]


@pytest.mark.parametrize(("one", "other"), [("1", "1.0"), ("1.00", "1"), ("0.5", "0.50"), ("p", "P")])
def test_two_spellings_of_one_participant_are_not_two_people(tmp_path, one, other):
    table = example().replace({"participant": {"p01": one, "p02": other}})
    with pytest.raises(ValueError, match=re.escape(f"'participant' holds {one!r} and {other!r}, which differ only")):
        read(saved(tmp_path, table))
    apart = table.replace({"participant": {one: "10", other: "1"}})  # a zero of its own
    assert read(saved(tmp_path, apart)).levels("participant")[:2] == ["10", "1"]


def test_levels_come_in_order_of_appearance_or_the_study_order():
    table = example().sort_values("condition", kind="stable")
    assert from_table(table).levels("condition") == ["flow", "original", "semantic", "static"]
    order = {"condition": ["static", "semantic", "flow", "original"]}
    assert from_table(table, order=order).levels("condition") == order["condition"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="clip"), "no column 'clip'"),
        (lambda t: t.assign(rating=t["rating"].where(t.index != 3, 8)), "Row 5, column 'rating': 8 is outside"),
        (lambda t: t.assign(rating=t["rating"].where(t.index != 3, 0)), "Row 5, column 'rating': 0 is outside"),
        (lambda t: t.assign(rating=t["rating"].astype(str).where(t.index != 6, "ok")), "Row 8, column 'rating': 'ok'"),
        (lambda t: t.assign(condition=t["condition"].where(t.index != 2)), "Row 4, column 'condition': empty"),
        (lambda t: pd.concat([t, t.iloc[[9]]]), "Rows 11 and 258 both rate participant 'p01'"),
        (lambda t: t.assign(kind="other"), "Row 2, column 'kind': 'other'"),
        (lambda t: t.assign(simulated="perhaps"), "'perhaps'"),
        (lambda t: t.iloc[:0], "no rows"),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_named(tmp_path, change, message):
    path = saved(tmp_path, change(example(participants=16, clips=2)))
    with pytest.raises(ValueError, match=re.escape(message)):
        read(path)


@pytest.mark.parametrize("content", [b"", b"\n", b"\x00\x01\x02\xff" * 99, b'a,b\n"open,1\n'])
def test_a_file_that_is_no_table_is_reported_in_one_sentence(tmp_path, content):
    path = tmp_path / "ratings.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"ratings\.csv|no column") as error:
        read(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("first", [1, 5])
def test_a_decimal_comma_without_quotes_is_not_read_as_another_rating(tmp_path, first):
    lines = saved(tmp_path, example()).read_text().splitlines()
    (tmp_path / "ratings.csv").write_text("\n".join(lines[:first] + [f"{line},5" for line in lines[first:]]))
    with pytest.raises(ValueError, match=f"line {first + 1}: 6 cells, and the header names 5 columns"):
        read(tmp_path / "ratings.csv")


def test_columns_are_known_by_any_case(tmp_path):
    table = example().rename(columns={"participant": "Participant", "rating": " RATING"})
    assert list(read(saved(tmp_path, table)).main["rating"]) == list(example()["rating"])


def test_missing_ratings_stay_rows_without_a_number(tmp_path):
    table = example().astype({"rating": float})
    table.loc[[1, 5], "rating"] = np.nan
    main = read(saved(tmp_path, table, na_rep="NA")).main
    assert main["rating"].isna().sum() == 2 and len(main) == len(table)


@pytest.mark.parametrize(("yes", "no"), [("True", "False"), ("WAHR", "FALSCH"), ("VERDADERO", "FALSO"), ("1.0", "0")])
def test_true_and_false_are_read_as_a_spreadsheet_in_another_language_saves_them(tmp_path, yes, no):
    table = example().assign(simulated=lambda t: np.where(t["participant"] == "p01", yes, no))
    assert read(saved(tmp_path, table)).levels("participant") == [f"p0{n}" for n in range(2, 9)]


def test_real_and_simulated_participants_are_never_mixed():
    table = example()
    table["simulated"] = table["participant"].isin(["p01", "p02"])
    real, simulated = from_table(table), from_table(table, simulated=True)
    assert not real.simulated and simulated.simulated
    assert not set(real.levels("participant")) & set(simulated.levels("participant"))
    assert from_table(table[table["simulated"]]).simulated
    with pytest.raises(ValueError, match="no simulated participants"):
        from_table(table[~table["simulated"]], simulated=True)


def test_checks_and_repeats_are_not_ratings():
    table = example().assign(kind="rating")
    extra = table.iloc[[0, 1]].assign(kind=["repeat", "attention"])
    study = from_table(pd.concat([table, extra, table.iloc[[2]].assign(kind="practice")], ignore_index=True))
    assert len(study.main) == len(table)
    assert list(study.extra["kind"]) == ["repeat", "attention"]
