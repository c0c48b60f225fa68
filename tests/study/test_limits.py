"""Every key of the study file that has a limit or a default of its own: just below, at and just above."""

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from study.design.definition import Definition
from study.design.keys import limits
from study.design.parts import Part

MUST = object()  # a file has to say it
SHARE = ([0, 1], [-0.001, 1.001])
COUNT = ([0, 1000], [-1, 1001])
ABOVE_ZERO = ([1e-9], [0, -1])
ONE_OR_MORE = ([1], [0])

# Table and key: default, what is taken, what is refused.
KEYS = {
    "AbxBlock.trials": (8, [1, 200], [0, 201, 1.5]),
    "Analysis.looks": ([], [[2]], [[1]]),
    "Analysis.margins": ({}, [{"quality": 1e-9}], [{"quality": 0}]),
    "Analysis.preregistration": (None, ["a"], [""]),
    "Analysis.smallest_effect": (None, *ABOVE_ZERO),
    "Block.clips": (None, [["a"]], [[], ["a", "a"]]),
    "Block.conditions": (None, [["a"]], [[], ["a", "a"]]),
    "Block.descriptors": (None, [["a"]], [[], ["a", "a"]]),
    "Block.min_listened_fraction": (None, *SHARE),
    "Block.practice": (0, *COUNT),
    "Breaks.every_trials": (None, [5], [4]),
    "Breaks.minimum_s": (20, [0, 3600], [-1, 3601]),
    "Breaks.suggested_s": (120, [0, 3600], [-1, 3601]),
    "Calibration.judgements": (8, [1, 20], [0, 21]),
    "Calibration.min_listened_fraction": (0.3, *SHARE),
    "Checks.anchors": (0, *COUNT),
    "Checks.attention": (6, *COUNT),
    "Checks.audible": (0, *COUNT),
    "Checks.not_before": (3, *COUNT),
    "Checks.repeat_distance": (12, [2], [1]),
    "Checks.repeats": (0, *COUNT),
    "ChoiceQuestion.options": (MUST, [{"a": "A", "b": "B"}], [{"a": "A"}]),
    "Comments.max_length": (2000, [1, 10_000], [0, 10_001]),
    "ComparisonBlock.pairs": (None, [[["a", "b"]]], [[], [["a"]], [["a", "b", "c"]]]),
    "Completion.code": (None, ["x" * 64], ["x" * 65]),
    "Completion.redirect": (None, ["https://" + "x" * 1992, "http://x"], ["https://" + "x" * 1993, "ftp://x"]),
    "Completion.screened_out_code": (None, ["x" * 64], ["x" * 65]),
    "Completion.screened_out_redirect": (
        None,
        ["https://" + "x" * 1992, "http://x"],
        ["https://" + "x" * 1993, "ftp://x"],
    ),
    "Consent.version": (MUST, ["x" * 64], ["x" * 65]),
    "ContinuousQuestion.high": (100, [100], [99, 101]),
    "ContinuousQuestion.low": (0, [0], [-1, 1]),
    "Definition.conditions": (MUST, [["a", "b"]], [["a"], ["a", "a"]]),
    "Definition.contact": ("", ["x" * 500], ["x" * 501]),
    "Definition.descriptors": (MUST, [[{"name": "a", "label": "a", "definition": "a"}]], [[]]),
    "Definition.languages": (["en"], [["de"]], [[], ["de", "de"]]),
    "Definition.seed": (0, [-1, 10**9], [0.5]),
    "Design.clips_per_participant": (None, *ONE_OR_MORE),
    "Design.min_listened_fraction": (1.0, *SHARE),
    "Headphones.attempts": (2, [1, 5], [0, 6]),
    "Headphones.pass_mark": (5, *ONE_OR_MORE),
    "Headphones.trials": (6, [1, 24], [0, 25]),
    "Level.maximum_db": (0.0, [-40, 0], [-40.1, 0.1]),
    "Level.minimum_db": (-40.0, [-80, 0], [-80.1, 0.1]),
    "PairBlock.comparisons": (None, *ONE_OR_MORE),
    "Practice.trials": (3, [1, 20], [0, 21]),
    "Question.asked_if": ({}, [{"a": ["x"]}], [{"a": []}]),
    "Question.max_length": (500, [1, 5000], [0, 5001]),
    "Quota.answers": (MUST, [{"a": ["x"]}], [{}, {"a": []}]),
    "Quota.at_most": (MUST, [0, 100_000], [-1, 100_001, 0.5]),
    "Recruitment.abandoned_after_minutes": (60, *ONE_OR_MORE),
    "Recruitment.cap": (None, *ONE_OR_MORE),
    "Scale.high": (7, [3, 9], [2, 10]),
    "Scale.low": (1, [0, 1], [-1, 2]),
    "ScaleQuestion.high": (7, [1, 11], [0, 12]),
    "ScaleQuestion.low": (1, [-5, 1], [-6, 2]),
    "Screening.attention_passed": (0.8, *SHARE),
    "Screening.audible_passed": (0.5, *SHARE),
    "Screening.max_missing": (0.5, *SHARE),
    "Screening.max_outlying": (0.25, *SHARE),
    "Screening.max_same_rating": (0.95, *SHARE),
    "Screening.min_median_rt_ms": (200.0, [0], [-0.1]),
    "Screening.repeat_mean_difference": (2.0, *ABOVE_ZERO),
    "TextQuestion.max_length": (500, [1, 5000], [0, 5001]),
}
SWITCHES = {
    "Completion.unique": False,
    "Headphones.on_failure": "go_on",
    "Headphones.test": "woods",
    "MultistimulusBlock.anchors": None,
    "MultistimulusBlock.descriptors_per_clip": "all",
    "MultistimulusBlock.loop": True,
    "MultistimulusBlock.preset": "bs2132",
    "PairBlock.asks": "descriptor",
    "PairBlock.no_difference": False,
    "PairBlock.strength": False,
    "Question.required": True,
    "Question.type": "choice",
    "Recruitment.id_required": False,
    "Recruitment.id_signed": False,
    "Recruitment.invitation": False,
    "Recruitment.shared_computer": False,
    "Screening.headphones_required": False,
    "TextQuestion.required": False,
    "_Question.required": True,
}
NAME = ["a", "é_.-1", "a" * 64], ["", "-a", "a b", "a" * 65]


def keys() -> Iterator[tuple[str, FieldInfo]]:
    """Every key of every table of a study file, by the model that declares it."""
    waiting, known = [Part], set()
    while waiting:
        model = waiting.pop()
        waiting += [below for below in model.__subclasses__() if below.__module__.startswith("study.")]
        for name in model.__annotations__.keys() & model.model_fields.keys() - known:
            yield f"{model.__name__}.{name}", model.model_fields[name]


FIELDS = dict(keys())


def adapter(field: FieldInfo) -> TypeAdapter:
    return TypeAdapter(Annotated[field.annotation, "what a file may say", *field.metadata])


def has_limits(field: FieldInfo) -> bool:
    words = "minimum", "maximum", "exclusiveMinimum", "minLength", "maxLength", "minItems", "maxItems", "minProperties"
    schema = adapter(field).json_schema()
    own = {
        key: value for key, value in schema.items() if key not in ("$defs", "properties")
    }  # those tables have keys of their own
    return any(f"'{word}'" in str(own) for word in words)


def default(field: FieldInfo) -> Any:
    return MUST if field.is_required() else field.get_default(call_default_factory=True)


@pytest.mark.parametrize("key", KEYS)
def test_a_limit_below_at_and_above(key):
    expected, taken, refused = KEYS[key]
    field = FIELDS[key]
    check = adapter(field).validate_python
    assert default(field) == expected
    for value in taken:
        check(value)
    for value in refused:
        with pytest.raises(ValidationError):
            check(value)


@pytest.mark.parametrize("key", SWITCHES)
def test_a_switch_stands_where_it_is_left(key):
    assert default(FIELDS[key]) == SWITCHES[key]


@pytest.mark.parametrize("field", [FIELDS["Definition.stimuli"], FIELDS["Descriptor.name"]])
def test_a_name_has_up_to_64_letters_and_digits(field):
    check = adapter(field).validate_python
    for value in NAME[0]:
        assert check(value) == value
    for value in NAME[1]:
        with pytest.raises(ValidationError):
            check(value)


def test_no_key_with_a_limit_or_a_switch_is_left_out():
    assert Definition.model_fields.keys() <= {name.split(".")[1] for name in FIELDS}
    with_limits = {name for name, field in FIELDS.items() if has_limits(field)}
    switches = {name for name, field in FIELDS.items() if isinstance(field.default, bool)}
    assert sorted(with_limits - KEYS.keys()) == [] and sorted(switches - SWITCHES.keys()) == []


def test_every_limit_is_said_in_the_reference():
    unsaid = [
        name
        for name, field in FIELDS.items()
        if has_limits(field) and not limits(adapter(field).json_schema(by_alias=True))
    ]
    assert unsaid == []


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("Analysis.looks", "each 2 or more"),
        ("Analysis.margins", "each more than 0"),
        ("ChoiceQuestion.options", "2 entries or more"),
        ("Definition.clips", "each 1 to 64 letters, digits, `_`, `.` and `-`, the first a letter or digit"),
        ("Question.asked_if", "each 1 entry or more"),
    ],
)
def test_limits_of_what_a_key_holds_are_said_too(key, said):
    assert limits(adapter(FIELDS[key]).json_schema()) == said
