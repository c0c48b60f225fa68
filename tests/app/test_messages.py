"""The participant's texts are complete in every language, and the page uses all of them and no others."""

import json
import re
import tomllib

import pytest

from app.participant.page import STATIC
from study.design.definition import SHIPPED
from study.design.texts import FOLDER, messages
from study.kinds import KINDS

# A Chinese sentence has the full-width marks; a half-width one beside a Chinese character is a slip.
HALF_WIDTH = re.compile(r"""(?<=[\u3400-\u9fff*])[,.:;?!()"']|[,.:;?!()"'](?=[\u3400-\u9fff])""")
LANGUAGES = sorted(path.stem for path in FOLDER.glob("*.json"))
SERVER_KEYS = {kind.promise for kind in KINDS.values() if kind.promise} | {
    "calibration_question",
    "calibration_opposite",
    "calibration_neither",
    "calibration_very",
    "name",
    "question",
    "low_label",
    "high_label",
    "attention_notice",
    "attention_notice_all",
    "attention_mark",
    "audible_notice",
    "keys_letters",
    "audible_question",
    "pair_question",
    "pair_preference",
    "pair_attention",
    "abx_question",
}
SERVER_PREFIXES = ("error_", "quality_", "question_", "low_label_", "high_label_")


def own(language):
    return json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))


def test_the_four_languages_are_there():
    assert {"en", "de", "es", "zh"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text_with_the_same_places_to_fill(language):
    texts, english = own(language), messages("en")
    assert list(texts) == list(english)
    for key, text in texts.items():
        assert text.strip(), key
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", english[key])), key


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_no_text_was_left_in_english(language):
    texts, english = own(language), messages("en")
    same = {key for key in texts if texts[key] == english[key]}
    assert same <= {"attention_mark"}  # nothing but places to fill


def translated(table, place="study"):
    """The shipped study's texts, each by its key: a text per language."""
    if isinstance(table, dict) and set(table) & set(LANGUAGES):
        yield place, table
    elif isinstance(table, dict | list):
        for key, value in table.items() if isinstance(table, dict) else enumerate(table):
            yield from translated(value, f"{place}.{key}")


def test_the_shipped_study_speaks_every_language_in_every_text():
    texts = dict(translated(tomllib.loads(SHIPPED.read_text(encoding="utf-8"))))
    assert {"study.welcome", "study.consent.items.1", "study.questionnaire.questions.0.label"} <= set(texts)
    for place, text in texts.items():
        assert set(text) == set(LANGUAGES), place
        assert all(words.strip() for words in text.values()), place
        assert len({len(re.findall(r"\*\*|^\d\. |^- |^## ", words, re.MULTILINE)) for words in text.values()}) == 1, (
            place
        )


def test_chinese_texts_have_chinese_marks():
    study = dict(translated(tomllib.loads(SHIPPED.read_text(encoding="utf-8"))))
    chinese = own("zh") | {place: text["zh"] for place, text in study.items()}
    assert {place: text for place, text in chinese.items() if HALF_WIDTH.search(text)} == {}


def test_the_page_uses_every_text_and_knows_no_other():
    source = "".join(path.read_text(encoding="utf-8") for path in STATIC.rglob("*.js"))
    plain = set(re.findall(r"\bt\(\"(\w+)\"", source))
    made = [re.sub(r"\$\{\w+(\.\w+)?\}", r"\\w+", key) for key in re.findall(r"\bt\(`([^`]+)`", source)]
    of_the_page = {key for key in messages("en") if key not in SERVER_KEYS and not key.startswith(SERVER_PREFIXES)}
    quoted = set(re.findall(r"\"(\w+)\"", source))
    assert plain <= of_the_page
    assert {key for key in of_the_page - quoted if not any(re.fullmatch(pattern, key) for pattern in made)} == set()
