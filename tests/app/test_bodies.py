"""Every limit of what a request may hold: just below, at and just above."""

import pytest
from pydantic import TypeAdapter, ValidationError

from app.admin import endpoints as admin
from app.participant import endpoints as participant
from app.playground import requests as playground


def texts(n):
    return {f"key {i}": "x" for i in range(n)}


def shares(n, share=1.0):
    return {f"word {i}": share for i in range(n)}


SETTING = [0.0] * 13
JUDGED = {"parameters": SETTING, "rating": 0.0}
ASKED = {"clip": "a", "descriptors": {"warm": 1.0}}
DOWNLOAD = ASKED | {"condition": "semantic", "intensity": 1.0, "format": "flac"}
UP_TO_64 = ["x" * 64], ["x" * 65]
SETTINGS = [SETTING], [[0.0] * 12, [0.0] * 14]
WORDS = [shares(4), shares(1, 0.0), {"x" * 64: 1.0}], [shares(5), shares(1, 1.001), shares(1, -0.001), {"x" * 65: 1.0}]

# Body and key: what is taken, what is refused, in a body of these others.
LIMITS = {
    (participant.Start, "language"): (*UP_TO_64, {}),
    (participant.Start, "parameters"): ([{}, texts(20)], [texts(21)], {}),
    (participant.Start, "invitation"): (*UP_TO_64, {}),
    (participant.Start, "resume"): (*UP_TO_64, {}),
    (participant.Start, "client"): ([{}, texts(20)], [texts(21)], {}),
    (participant.Answer, "answer"): ([{}, texts(50)], [texts(51)], {}),
    (participant.Answer, "telemetry"): ([{}, texts(50)], [texts(51)], {"answer": {}}),
    (admin.Invitations, "n"): ([1, 1000], [0, 1001], {}),
    (admin.Invitations, "note"): (["", "x" * 200], ["x" * 201], {"n": 1}),
    (admin.Person, "who"): (["x", "x" * 128], ["", "x" * 129], {}),
    (playground.BuiltIn, "name"): (*UP_TO_64, {}),
    (playground.Wanted, "clip"): (*UP_TO_64, ASKED),
    (playground.Wanted, "descriptors"): (WORDS[0], [{}, *WORDS[1]], ASKED),
    (playground.Towards, "clip"): (*UP_TO_64, {"reference": "b"}),
    (playground.Towards, "reference"): (*UP_TO_64, {"clip": "a"}),
    (playground.Judgement, "parameters"): (*SETTINGS, JUDGED),
    (playground.Judgement, "rating"): ([-1, 1], [-1.001, 1.001, float("nan")], JUDGED),
    (playground.Word, "descriptor"): (["x" * 64], ["", "x" * 65, "a/b"], {"judgements": []}),
    (playground.Word, "judgements"): ([[], [JUDGED] * 10], [[JUDGED] * 11], {"descriptor": "warm"}),
    (playground.Download, "clip"): (*UP_TO_64, DOWNLOAD),
    (playground.Download, "descriptors"): (*WORDS, DOWNLOAD),
    (playground.Download, "reference"): (["", "x" * 200], ["x" * 201, "a\nb"], DOWNLOAD),
    (playground.Download, "parameters"): ([None, *SETTINGS[0]], SETTINGS[1], DOWNLOAD),
    (playground.Download, "condition"): (["original", "flow"], ["loud", ""], DOWNLOAD),
    (playground.Download, "intensity"): ([0, 0.05, 1], [-0.05, 0.04, 1.05], DOWNLOAD),
    (playground.Download, "name"): (["", "x" * 200], ["x" * 201], DOWNLOAD),
}


@pytest.mark.parametrize("place", LIMITS, ids=lambda place: f"{place[0].__name__}.{place[1]}")
def test_a_limit_below_at_and_above(place):
    body, key = place
    taken, refused, others = LIMITS[place]
    for value in taken:
        body.model_validate(others | {key: value})
    for value in refused:
        with pytest.raises(ValidationError):
            body.model_validate(others | {key: value})


@pytest.mark.parametrize("module", [participant, admin, playground])
def test_no_key_with_a_limit_is_left_out(module):
    words = "minimum", "maximum", "minLength", "maxLength", "maxItems", "maxProperties", "pattern"
    base = getattr(module, "_Body", None) or module._Asked
    for body in base.__subclasses__():
        properties = TypeAdapter(body).json_schema().get("properties", {})
        limited = {key for key, schema in properties.items() if any(f"'{word}'" in str(schema) for word in words)}
        assert limited <= {key for known, key in LIMITS if known is body}


@pytest.mark.parametrize(
    ("condition", "descriptors", "parameters", "taken"),
    [
        ("semantic", {"warm": 1.0}, None, True),
        ("semantic", {}, None, False),
        ("semantic", {}, SETTING, True),
        ("personal", {"warm": 1.0}, None, False),
        ("personal", {"warm": 1.0}, SETTING, True),
        ("reference", {}, None, False),
        ("reference", {}, SETTING, True),
    ],
)
def test_a_download_says_what_decides_its_setting(condition, descriptors, parameters, taken):
    body = DOWNLOAD | {"condition": condition, "descriptors": descriptors, "parameters": parameters}
    if taken:
        playground.Download.model_validate(body)
    else:
        with pytest.raises(ValidationError, match="parameters are needed, or descriptors and one of the conditions"):
            playground.Download.model_validate(body)
