"""Attention checks and repeats of a study on two scales, 1 to 7 and 0 to 100: the page, the admin page and the analysis
judge each on its own.
"""

import re
import tomllib

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from analysis.data.questions import by_question
from analysis.data.ratings import from_table
from analysis.data.screening import Rules, screen
from app.admin import watching
from app.participant import endpoints
from study.design import definition
from study.records import export
from study.sessions.running import RunningStudy
from tests.app.small_study import SMALL, begin
from tests.study.answering import answer_to, send

CHECKED = {"attention": 2, "not_before": 0, "repeats": 1, "repeat_distance": 2}
CLIPS = [f"clip{number}" for number in range(6)]
BLOCKS = [
    {"paradigm": "multistimulus", "min_listened_fraction": 0, "checks": CHECKED},
    {"paradigm": "single", "min_listened_fraction": 0, "checks": CHECKED, "clips": CLIPS[:5]},
]
SHORT = {
    "descriptors": [{"name": "warm", "label": "warm", "definition": "soft"}],
    "conditions": ["original", "semantic"],
    "blocks": BLOCKS,
}
SHORT |= {"clips": CLIPS, "checks": None, "headphones": None, "practice": None}
SCALES = {"quality": (0, 100), "descriptor": (1, 7)}


def asked_for(step):
    """The number that a page asks for; None where it asks for nothing."""
    found = re.search(r"\d+", step.get("notice") or "")
    return int(found[0]) if found else None


def take_part(person, heeds):
    """Go through the study; whoever does not heed answers 7, which is on both scales. Gives the checks' pages."""
    headers, checks = {"X-Page": "a"}, []
    step = begin(person, simulated=True).json()["step"]
    for number in range(100):
        if step["kind"] == "finished":
            return checks
        wanted = asked_for(step)
        checks += [step] if wanted is not None else []
        answer = answer_to(step, 2 + number % 5)
        if wanted is not None:
            given = wanted if heeds else 7
            several = [{"quality": given}] * len(step["sounds"])
            answer = {"rating": given} if step["kind"] == "trial" else {"answers": several}
        answered = send(person, step, answer, headers)
        assert answered.status_code == 200, answered.text
        step = answered.json()["step"]
    raise AssertionError("The study does not end.")


@pytest.fixture(scope="module")
def taken(tmp_path_factory, noises):
    """The study after one who heeds its notices and one who does not, with the pages that gave any."""
    table = tomllib.loads(definition.SHIPPED.read_text(encoding="utf-8")) | SMALL | SHORT
    file = definition.parse({key: value for key, value in table.items() if value is not None})
    running = RunningStudy.open(f"sqlite:///{tmp_path_factory.mktemp('taken')}/study.sqlite", file, noises)
    app = FastAPI()
    app.include_router(endpoints.router(running, allow_simulated=True))
    yield running, [take_part(TestClient(app), heeds) for heeds in (True, False)]
    running.close()


def test_a_check_asks_for_an_answer_that_its_own_scale_has(taken):
    _, [checks, _] = taken
    assert [step["kind"] for step in checks] == ["multistimulus"] * 2 + ["trial"] * 2
    for step in checks:
        number, [question] = asked_for(step), step["questions"]
        assert question["low"] <= number <= question["high"]
        if step["kind"] == "multistimulus":  # its ticks have words in place of numbers
            assert f"{number} ({question['labels'][str(number)]})" in step["notice"]
            assert number in (10, 30, 50, 70, 90)


def test_the_admin_page_counts_what_was_answered_as_asked_and_how_repeats_agree(taken):
    running, checks = taken
    careless, careful = watching.quality(running.engine, simulated=True)
    n = 2 * 2 + 2  # two pages of two sounds, two trials
    right = sum(step["kind"] == "trial" and asked_for(step) == 7 for step in checks[1])
    assert [(row["checks"], row["checks_passed"]) for row in (careful, careless)] == [(n, n), (n, right)]
    table = export.ratings(running.engine, simulated=True)
    table = table[(table["participant"] == careful["participant"]) & (table["question"] == "quality")]
    rated = table[table["kind"] == "rating"].set_index("trial")["rating"]
    apart = [abs(row.rating - rated[row.repeat_of]) for row in table[table["kind"] == "repeat"].itertuples()]
    assert len(apart) == 2 and careful["repeat_difference"] == pytest.approx(sum(apart) / 2)


@pytest.mark.parametrize("name", SCALES)
def test_the_analysis_leaves_out_who_did_not_heed_whatever_was_asked(taken, name):
    running, _ = taken
    asked = {each.name: each for each in by_question(export.ratings(running.engine, simulated=True))}
    ratings = from_table(asked[name].table, SCALES[name], simulated=True)
    screened = screen(ratings, Rules.of({"attention_passed": 0.8}))
    assert screened.measured["attention_passed"].iloc[0] == 1.0
    assert screened.broke() == [ratings.levels("participant")[1]]
