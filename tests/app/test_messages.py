"""The participant's texts are complete in every language, and the page uses all of them and no others."""

import json
import re

import pytest

from app.participant.page import STATIC
from study.texts import FOLDER, messages

LANGUAGES = sorted(path.stem for path in FOLDER.glob("*.json"))
SERVER_KEYS = {"name", "question", "low_label", "high_label", "attention_notice", "audible_notice"}


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
    assert {key for key in texts if texts[key] == english[key]} == set()


def test_the_page_uses_every_text_and_knows_no_other():
    source = "".join(path.read_text(encoding="utf-8") for path in STATIC.glob("*.js"))
    plain = set(re.findall(r"\bt\(\"(\w+)\"", source))
    made = [re.sub(r"\$\{\w+(\.\w+)?\}", r"\\w+", key) for key in re.findall(r"\bt\(`([^`]+)`", source)]
    of_the_page = {key for key in messages("en") if key not in SERVER_KEYS and not key.startswith("error_")}
    quoted = set(re.findall(r"\"(\w+)\"", source))
    assert plain <= of_the_page
    assert {key for key in of_the_page - quoted if not any(re.fullmatch(pattern, key) for pattern in made)} == set()
