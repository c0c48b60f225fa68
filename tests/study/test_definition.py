"""The study file: what it may say, and how a mistake in it is told."""

import json
import tomllib
import warnings

import pytest

from study.design import definition
from study.design.describe import describe
from study.design.stimuli import StimulusSet

SMALL = """
title = "Which is warmer?"
conditions = ["original", "semantic"]
[[descriptors]]
name = "warm"
label = "warm"
definition = "Full and soft."
[completion]
text = "Thank you."
"""


def test_the_shipped_study_is_the_one_that_was_designed(noises):
    shipped = definition.load()
    assert [d.name for d in shipped.descriptors] == ["warm", "bright", "airy"]
    assert shipped.conditions == ["original", "semantic", "flow", "static"] and shipped.scale.high == 7
    facts, missing, refused = describe(shipped, StimulusSet.load(noises))
    assert refused is None
    assert facts["Trials"][0] == (
        "block 1, single: 120 trials of 10 clips x 4 conditions x 3 descriptors, with 6 attention checks, "
        "2 beep-counting checks, 6 repeats, about 9 min"
    )
    assert "block 2, multistimulus: 10 trials" in facts["Trials"][2] and facts["Trials"][2].endswith("about 3 min")
    assert facts["Minutes"][0].startswith("about 23: the trials 9, breaks 6, the pages of several sounds 3,")
    assert "quality (continuous)" in facts["Trials"][3]
    assert "after each 24 participants" in " ".join(facts["Balance"])
    assert not [line for line in missing if " in es" in line and "messages" not in line]


@pytest.mark.parametrize(("n_words", "is_missing"), [(1, False), (2, True)])
def test_breaks_are_missed_where_there_is_something_between_which_they_would_come(noises, n_words, is_missing):
    shipped = definition.load()
    few = {"attention": 1, "audible": 0, "repeats": 0}
    kept = shipped.model_dump(exclude_unset=True) | {"breaks": None, "checks": few, "blocks": [{"paradigm": "single"}]}
    kept["descriptors"] = kept["descriptors"][:n_words]
    _, missing, refused = describe(definition.parse(kept), StimulusSet.load(noises))
    assert refused is None and any("[breaks]" in line for line in missing) == is_missing


def test_a_small_file_is_enough_and_what_it_leaves_out_is_named(tmp_path):
    file = tmp_path / "study.toml"
    file.write_text(SMALL)
    _, missing, refused = describe(definition.load(file), None)
    assert any("[consent]" in line for line in missing) and any("stimulus set default" in line for line in missing)
    assert refused is None


@pytest.mark.parametrize(
    ("before", "after", "reported"),
    [
        (
            'conditions = ["original", "semantic"]',
            'conditions = ["original"]',
            "conditions: list should have at least 2 items, not 1.",
        ),
        (
            'conditions = ["original", "semantic"]',
            'conditions = ["a", "b,c"]',
            "conditions.1: a name has letters, digits",
        ),
        (
            "[completion]",
            '[completion]\nredirect = "www.x.org"',
            "redirect: an address begins with http:// or https://",
        ),
        ("[completion]", '[[blocks]]\nparadigm = "mushra"\n[completion]', "blocks.0.paradigm should be one of 'abx', "),
        ("[completion]", "[[blocks]]\npractice = 1\n[completion]", "blocks.0.paradigm is missing."),
        ('conditions = ["original", "semantic"]', 'conditions = ["flow", "flow"]', "conditions: flow is named twice"),
        ('title = "Which is warmer?"', "", "title is missing"),
        (
            "[completion]",
            "[design]\nmin_listened_fraction = 1.5\n[completion]",
            "design.min_listened_fraction: input should",
        ),
        ("[completion]", "[analysis]\nsmallest_effect = 6\n[completion]", "smallest_effect is 6; the scale has 6"),
        ("[completion]", "[analysis]\nsmallest_effect = 0\n[completion]", "smallest_effect: input should be greater"),
        ("[completion]", "[analysis]\nlooks = [8, 8]\n[completion]", "looks are 8, 8; each is above the one before"),
        ("[completion]", "[analysis]\nlooks = [1, 8]\n[completion]", "input should be greater than or equal to 2"),
        ("[completion]", "[desing]\n[completion]", "desing is not a key that a study file has"),
        ("[completion]", "[recruitment]\nid_required = true\n[completion]", "id_required is true but no id_parameter"),
        ("[completion]", "[[headphones]]\npass_mark = 9\n[completion]", "pass_mark is 9, more than the 6 trials"),
        ("[completion]", "[desgin]\n[completion]", "desgin is not a key that a study file has (is design meant?)"),
        ("[completion]", "[design]\nmin_listend_fraction = 1\n[completion]", "(is min_listened_fraction meant?)"),
        ("[completion]", "[design]\nhaste = 1\n[completion]", "design.haste is not a key that a study file has."),
        ("[completion]", "[completion", "is not a TOML file"),
    ],
)
def test_a_mistake_is_reported_by_its_key_in_one_sentence(tmp_path, before, after, reported):
    file = tmp_path / "study.toml"
    file.write_text(SMALL.replace(before, after))
    with pytest.raises(ValueError) as raised:
        definition.load(file)
    assert reported in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_any_editor_may_have_saved_a_study_file(tmp_path, encoding, line_end):
    file = tmp_path / "study.toml"
    file.write_bytes(SMALL.replace("\n", line_end).encode(encoding))
    (tmp_path / "small.toml").write_text(SMALL)
    assert definition.load(file) == definition.load(tmp_path / "small.toml")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
@pytest.mark.parametrize("name", ["study.toml", "study.json"])
def test_another_encoding_is_named_with_its_line(tmp_path, encoding, name):
    (tmp_path / name).write_text("# warm\n# Zürich", encoding=encoding)
    line = {"latin-1": 2, "utf-16": 1}[encoding]
    with pytest.raises(ValueError, match=rf"{name} is not text in UTF-8 \(line {line}\); save it as UTF-8\.$"):
        definition.load(tmp_path / name)


def test_equal_definitions_are_equal_however_they_are_written(tmp_path):
    a, b = tmp_path / "a.toml", tmp_path / "b.toml"
    a.write_text(SMALL)
    b.write_text("# a remark\n" + SMALL.replace('title = "Which is warmer?"', "title = 'Which is warmer?'"))
    assert definition.load(a).sha256 == definition.load(b).sha256
    b.write_text(SMALL.replace("warmer", "brighter"))
    assert definition.load(a).sha256 != definition.load(b).sha256


def test_texts_fall_back_to_the_studys_first_language():
    shipped = definition.load()
    assert shipped.text({"en": "warm", "de": "warm (de)"}, "de") == "warm (de)"
    assert shipped.text({"en": "warm"}, "zh") == "warm" and shipped.text("warm", "zh") == "warm"


FORMER = {"design": {"hear_share": 0.5}, "screening": {"most_same_rating": 0.9, "fastest_median_rt_ms": 150}}
TODAY = {"design": {"min_listened_fraction": 0.5}, "screening": {"max_same_rating": 0.9, "min_median_rt_ms": 150}}


def as_json(path, **tables):
    table = tomllib.loads(definition.SHIPPED.read_text(encoding="utf-8")) | tables
    path.write_text(json.dumps(table), encoding="utf-8")
    return path


def test_keys_by_their_former_names_still_work_with_one_line_of_notice(tmp_path):
    with pytest.warns(FutureWarning, match="hear_share is now min_listened_fraction, most_same_rating is now") as notes:
        former = definition.load(as_json(tmp_path / "former.json", **FORMER))
    assert len(notes) == 1 and "\n" not in str(notes[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        today = definition.load(as_json(tmp_path / "today.json", **TODAY))
    assert former == today and former.screening.min_median_rt_ms == 150


def test_a_key_by_both_of_its_names_is_a_mistake(tmp_path):
    both = {"design": {"hear_share": 0.5, "min_listened_fraction": 0.6}}
    with pytest.raises(ValueError, match=r"design.hear_share is not a key that a study file has"):
        definition.load(as_json(tmp_path / "both.json", **both))
