"""Single values of a study file change; comments, order and all else stay."""

import difflib

import pytest

from study.design import editing, form, templates
from study.design.definition import parse

RATING = templates.template("rating")


def changes(before, after):
    """The lines that went and came; the file is one still."""
    parse(editing.parse(after))
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in lines if line[0] in "+-" and line[2:].strip()]


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (("seed",), 7, "+ seed = 7"),
        (("checks", "attention"), 4, '+ attention = 4          # "please answer 2 for this one"'),
        (("descriptors", 1, "name"), "shiny", '+ name = "shiny"'),
        (("scale", "low_label"), "not at all", '+ low_label = "not at all"'),
        (("analysis", "looks"), [8, 12], "+ looks = [8, 12]"),
        (("contact",), 'a "b" \\c', '+ contact = "a \\"b\\" \\\\c"'),
    ],
)
def test_one_value_changes_and_its_comment_stays(path, value, line):
    after = editing.set_value(RATING, path, value)
    assert line in changes(RATING, after) and len(changes(RATING, after)) <= 2
    assert editing.at(editing.parse(after), path) == value


def test_a_key_or_a_table_is_taken_away_and_comes_back():
    without = editing.set_value(RATING, ("practice",), None)
    assert changes(RATING, without) == ["- [practice]", "- trials = 3"]
    assert editing.parse(editing.add_table(without, "practice")) == editing.parse(RATING)
    assert changes(RATING, editing.set_value(RATING, ("seed",), None)) == ["- seed = 20240607"]


def test_an_entry_is_added_under_a_name_of_its_own():
    twice = editing.add_entry(editing.add_entry(RATING, ("descriptors",), "name"), ("descriptors",), "name")
    names = [each["name"] for each in editing.parse(twice)["descriptors"]]
    assert names == ["warm", "bright", "airy", "airy_2", "airy_2_2"]
    parse(editing.parse(twice))


@pytest.mark.parametrize("words", ["Neu", "Zwei\n\nAbsätze", 'mit """ und \\'])
def test_a_text_changes_in_one_language_alone(words):
    after = editing.parse(editing.set_text(RATING, ("welcome",), "de", words))
    before = editing.parse(RATING)
    assert after["welcome"].pop("de").strip() == words and before["welcome"].pop("de")
    assert after == before


def test_a_plain_text_becomes_a_table_when_a_language_comes_to_it():
    text = editing.set_value(RATING, ("title",), "Plain")
    after = editing.parse(editing.set_text(text, ("title",), "de", "Schlicht"))
    assert after["title"] == {"en": "Plain", "de": "Schlicht"}
    alone = editing.set_value(text, ("languages",), ["en"])
    assert editing.parse(editing.set_text(alone, ("title",), "en", "Other"))["title"] == "Other"
    assert "title" not in editing.parse(editing.set_text(alone, ("title",), "en", ""))


@pytest.mark.parametrize(
    "value", [[8, 12], {"quality": 5.0}, ["a", {"en": "b", "de": 'c "d"'}], {"18-24": "18–24"}, 0.5]
)
def test_a_value_is_written_as_it_is_read(value):
    assert editing.value_of(editing.written(value)) == value


@pytest.mark.parametrize("words", ["[8, 12", "a = 5", "two words"])
def test_what_is_no_value_is_refused_in_a_sentence(words):
    with pytest.raises(ValueError, match="not a value as TOML writes it"):
        editing.value_of(words)


def test_text_that_is_no_toml_is_refused_with_its_place():
    for change in (lambda text: editing.parse(text), lambda text: editing.set_value(text, ("seed",), 1)):
        with pytest.raises(ValueError, match=r"not TOML: .*line 2"):
            change("seed = 1\nseed\n")


@pytest.mark.parametrize("name", templates.NAMES)
def test_the_form_of_every_template_holds_all_that_the_file_says(name):
    document = editing.parse(templates.template(name))
    shown = {key.path: key.value for table in form.tables(document) for key in table.keys if key.value is not None}

    def leaves(part, path=()):
        if path in shown:
            assert shown[path] == part
            yield path
        elif isinstance(part, dict):
            for key, value in part.items():
                yield from leaves(value, (*path, key))
        else:
            for number, value in enumerate(part):
                yield from leaves(value, (*path, number))

    assert set(leaves(document)) == set(shown)


def test_the_form_knows_help_limits_defaults_and_choices():
    tables = {table.title: table for table in form.tables(editing.parse(RATING))}
    attention = next(key for key in tables["checks"].keys if key.name == "attention")
    assert (attention.kind, attention.value, attention.limits) == ("whole", 6, "0 or more, 1000 or less")
    assert attention.help == "Trials that ask for a certain answer."
    order = next(key for key in tables["design"].keys if key.name == "order")
    assert order.choices == ("blocked", "mixed") and order.default == "blocked"
    assert tables["descriptors 2: bright"].is_entry and not tables["scale"].optional


def test_a_table_that_is_left_out_shows_what_holds_without_it():
    without = form.tables(editing.parse(editing.set_value(RATING, ("checks",), None)))
    checks = next(table for table in without if table.title == "checks")
    assert next(key for key in checks.keys if key.name == "attention").default == 0
    consent = form.tables(editing.parse(editing.set_value(RATING, ("consent",), None)))
    assert [table.is_there for table in consent if table.path == ("consent",)] == [False]


@pytest.mark.parametrize(
    ("title", "path"), [("questionnaire quotas 1", ("questionnaire", "quotas", 0)), ("headphones 1", ("headphones", 0))]
)
def test_a_list_that_is_empty_is_offered_and_gets_its_first_entry(title, path):
    text = editing.set_value(RATING, path[:-1], None)
    assert [table.title for table in form.tables(editing.parse(text)) if table.path[: len(path)] == path] == [title]
    after = editing.add_first(text, path)
    shipped = editing.at(editing.parse(RATING), path[:-1])
    assert editing.at(editing.parse(after), path) == (shipped[0] if shipped else {})
    assert [table.is_there for table in form.tables(editing.parse(after)) if table.path == path] == [True]
    without = editing.set_value(RATING, ("questionnaire",), None)
    assert not any(table.path[:2] == ("questionnaire", "quotas") for table in form.tables(editing.parse(without)))


def test_a_quota_is_made_key_by_key():
    text = editing.add_first(RATING, ("questionnaire", "quotas", 0))
    text = editing.set_value(text, ("questionnaire", "quotas", 0, "answers"), {"experience": ["listener"]})
    text = editing.set_value(text, ("questionnaire", "quotas", 0, "at_most"), 20)
    (quota,) = parse(editing.parse(text)).questionnaire.quotas
    assert (quota.title, quota.at_most) == ("experience: listener", 20)
