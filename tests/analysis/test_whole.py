"""Results are written whole or not at all, and what cannot be analysed is refused in one sentence."""

import hashlib

import pytest

from analysis.analyse import Settings, analyse
from analysis.data.ratings import from_table
from analysis.data.reading import read_csv
from analysis.writing.folder import SUMS, whole_folder
from tests.analysis.example import example
from tests.analysis.test_commands import run


def names(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_a_folder_appears_only_when_all_of_it_is_written(tmp_path):
    with whole_folder(tmp_path / "a" / "out") as folder:
        (folder / "means.csv").write_text("one")
        assert not (tmp_path / "a" / "out").exists()
    assert names(tmp_path / "a") == {"out", "out/means.csv", f"out/{SUMS}"}
    digest, name = (tmp_path / "a" / "out" / SUMS).read_text().split()
    assert name == "means.csv" and digest == hashlib.sha256(b"one").hexdigest()


@pytest.mark.parametrize("others", [(), ("notes.txt",), ("notes.txt", "own/deep.txt")])
def test_a_failure_leaves_what_was_there(tmp_path, others):
    out = tmp_path / "out"
    with whole_folder(out) as folder:
        (folder / "means.csv").write_text("one")
    for name in others:
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_text("mine")
    before = names(tmp_path)

    def fail():
        with whole_folder(out) as folder:
            (folder / "means.csv").write_text("two")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert names(tmp_path) == before and (out / "means.csv").read_text() == "one"


@pytest.mark.parametrize("others", [(), ("notes.txt",)])
def test_files_of_an_earlier_analysis_go_and_those_of_others_stay(tmp_path, others):
    for written in (("means.csv", "after_exclusions/means.csv"), ("anova.csv",)):
        with whole_folder(tmp_path / "out") as folder:
            for name in written:
                (folder / name).parent.mkdir(exist_ok=True)
                (folder / name).write_text(name)
        for name in others:
            (tmp_path / "out" / name).write_text("mine")
    assert names(tmp_path / "out") == {"anova.csv", SUMS, *others}
    assert not [name for name in names(tmp_path) if name.startswith(".")]


def test_the_working_directory_is_written_into_and_not_replaced(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ratings.csv").write_text("mine")
    place = tmp_path.stat().st_ino
    for name in ("a.csv", "b.csv"):
        with whole_folder(tmp_path) as folder:
            (folder / name).write_text(name)
    assert names(tmp_path) == {"ratings.csv", "b.csv", SUMS} and tmp_path.stat().st_ino == place


def test_results_of_the_version_without_a_list_are_replaced(tmp_path):
    out = tmp_path / "out"
    (out / "all_participants").mkdir(parents=True)
    for name in ("SIMULATED.txt", "adaptive.svg", "all_participants/lmm.csv"):
        (out / name).write_text("former")
    with whole_folder(out) as folder:
        (folder / "means.csv").write_text("new")
    assert names(out) == {"means.csv", SUMS}


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(ValueError, match="is a file"), whole_folder(tmp_path / "out"):
        pass


TABLE = example(participants=3, clips=2)


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (TABLE.assign(rating=None), (), "None of 48 rows has a rating"),
        (TABLE, ("--conditions", "static,loud"), "--conditions names 'loud'"),
        (TABLE, ("--conditions", "static,static"), "'static' more than once"),
        (TABLE, ("--descriptors", "warm,loud"), "--descriptors names 'loud'"),
        (TABLE, ("--compare", "static", "static"), "cannot be compared with itself"),
        (TABLE, ("--compare", "static", "loud"), "'loud' is an unknown condition"),
        (TABLE, ("--scale", "7", "1"), "The scale runs from 7 to 1"),
        (TABLE, ("--scale", "4", "4"), "The scale runs from 4 to 4"),
        (TABLE.replace("flow", "STATIC"), (), "'STATIC' and 'static'"),
        (TABLE.replace("p02", "P01"), (), "'p01' and 'P01'"),
        (TABLE.replace("clip2", "clip1 \u200b").replace("clip1 \u200b", "ｃlip1"), (), "'clip1' and 'ｃlip1'"),
    ],
)
def test_what_cannot_be_analysed_is_refused_and_leaves_nothing(tmp_path, table, options, message):
    table.to_csv(tmp_path / "ratings.csv", index=False)
    with pytest.raises(ValueError, match=message):
        run("analyse", "--ratings", tmp_path / "ratings.csv", *options, "--out", tmp_path / "out")
    assert names(tmp_path) == {"ratings.csv"}


@pytest.mark.parametrize("text", ['[{"rating": 4}]', '\n {"rating": 4}', '{"a": 1}\n{"a": 2}'])
def test_json_is_refused_by_its_name(tmp_path, text):
    (tmp_path / "ratings.json").write_text(text.lstrip("\n"))
    with pytest.raises(ValueError, match="is JSON; a CSV table with one row per rating is expected"):
        read_csv(tmp_path / "ratings.json")


def test_labels_are_drawn_as_they_are(tmp_path):
    table = TABLE.replace({"flow": "$\\frac{$", "warm": "a$_b$ 100 %", "clip1": "{\\x^2}"})
    analyse(from_table(table), tmp_path / "out", Settings(compared=("$\\frac{$", "static")))
    assert "frac" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
