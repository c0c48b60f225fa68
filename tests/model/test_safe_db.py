"""Reading SAFE-DB: the stated rules, on made-up rows."""

import numpy as np
import pytest

from model import safe_db
from model.eq import EQParams
from tests.model.synthetic import safe_row, settings, write_safe


def write(path, rows):
    path.write_text("\n".join(safe_row(entry, *row) for entry, row in enumerate(rows, 1)) + "\n")
    return path


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Warm ", "warm"),
        ("warmer", "warm"),
        ("my_WARM 2", "warm"),
        ("brighter hat", "bright"),
        ("add-air presence", "airy"),
        ("warm bright", None),
        ("less bright", None),
        ("boom-free", None),
        ("test", None),
        ("guitar", None),
        ("hairy", None),
        ("", None),
    ],
)
def test_a_label_names_one_descriptor_or_none(tmp_path, label, name):
    rows = [("harsh", row) for row in settings("airy", 5)] + [("Tinny", row) for row in settings("bright", 5)]
    rows += [(word, row) for word in ("warm", "bright", "airy") for row in settings(word, 5)]
    before = safe_db.read(write(tmp_path / "a.csv", rows)).descriptors.tolist()
    rows.append((label, settings("warm", 9)[-1]))
    assert safe_db.read(write(tmp_path / "b.csv", rows)).descriptors.tolist() == before + [name] * (name is not None)


def test_flat_repeated_and_rare_settings_are_dropped(tmp_path):
    warm = settings("warm", 6)
    flat = EQParams.flat().values
    rows = [("warm", row) for row in [*warm, warm[0], flat]] + [("bright", row) for row in settings("bright", 4)]
    read = safe_db.read(write(tmp_path / "safe.csv", rows))
    assert read.names == ["warm"] and len(read) == 6
    assert (np.diff(read.parameters[:, [3, 6, 9]], axis=1) >= 0).all()


@pytest.mark.parametrize(("kind", "n"), [("bright", 8), ("warm", 5)])
def test_a_synonym_joins_only_where_the_curves_agree(tmp_path, kind, n):
    rows = [("bright", row) for row in settings("bright", 5)]
    rows += [("brilliant", row) for row in settings(kind, 8)[5:]]
    assert len(safe_db.read(write(tmp_path / "safe.csv", rows))) == n


def test_mean_response_is_the_mean_of_the_responses(tmp_path):
    read = safe_db.read(write_safe(tmp_path / "safe.csv", {"warm": 7, "bright": 6}))
    frequencies = np.array([50.0, 1000.0, 12_000.0])
    curves = [EQParams.from_safe(row).response(frequencies, 48_000) for row in read.of("warm").parameters]
    np.testing.assert_allclose(read.mean_response_db(frequencies, 48_000)["warm"], np.mean(curves, axis=0), atol=1e-9)


def test_the_split_goes_by_entry_number(tmp_path):
    read = safe_db.read(write_safe(tmp_path / "safe.csv", {"warm": 30, "bright": 30}))
    train, held_out = read.split()
    assert len(train) + len(held_out) == len(read) and len(held_out) == 12
    assert not set(train.entries) & set(held_out.entries)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("2,warm,,2,2,loud" + ",0" * 19, r"line 2, column 6: 'loud' is not a number"),
        (safe_row(2, "warm", [0, 80, 40, *settings("warm", 1)[0][3:]]), r"line 2, column 8: 40 is outside"),
        ("2,warm,2,2", r"line 2 has 4 columns, expected 25"),
        (safe_row(2, "warm", settings("warm", 1)[0]).replace("2,", "two,", 1), r"line 2, column 1"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(tmp_path, line, message):
    path = write(tmp_path / "safe.csv", [("warm", settings("warm", 1)[0])])
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(ValueError, match=message):
        safe_db.read(path)


def test_a_wrong_path_is_reported(tmp_path):
    with pytest.raises(ValueError, match="is a folder"):
        safe_db.read(tmp_path)
    with pytest.raises(FileNotFoundError):
        safe_db.read(tmp_path / "none.csv")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(ValueError, match="no descriptor with at least 5 settings"):
        safe_db.read(tmp_path / "empty.csv")


def rows_of(people, n=1):
    """Return one made-up row of "warm" per person and ``n``, all different."""
    values = settings("warm", len(people) * n)
    return [("warm", row, person) for row, person in zip(values, people * n, strict=True)]


def test_nobody_is_on_both_sides_of_the_split(tmp_path):
    people = [f"u{number:03d}" for number in range(30)]
    read = safe_db.read(write(tmp_path / "safe.csv", rows_of(people, n=2)))
    training, held_out = read.split()
    assert set(read.persons) == set(people) and len(training) + len(held_out) == 60
    assert not set(training.persons) & set(held_out.persons)
    everybody = [person for remainder in range(5) for person in set(read.split(remainder)[1].persons)]
    assert sorted(everybody) == people


@pytest.mark.parametrize(("n", "is_split"), [(19, False), (20, True), (21, True)])
def test_a_rare_word_keeps_all_its_settings_for_training(tmp_path, n, is_split):
    read = safe_db.read(write(tmp_path / "safe.csv", rows_of([f"u{number:03d}" for number in range(n)])))
    assert (len(read.split()[1]) > 0) == is_split


def test_a_row_without_an_address_is_a_person_of_its_own(tmp_path):
    read = safe_db.read(write(tmp_path / "safe.csv", [*rows_of(["", "", " "]), *rows_of(["u1"] * 5)[3:]]))
    assert len(set(read.persons)) == 4


def test_a_person_of_n_settings_counts_as_the_root_of_n(tmp_path):
    read = safe_db.read(write(tmp_path / "safe.csv", rows_of(["a", "a", "a", "a", "b"])))
    weights = read.person_weights()
    assert weights[read.persons == "a"].sum() == pytest.approx(2) and weights[read.persons == "b"].sum() == 1
