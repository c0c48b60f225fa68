"""What is shown of the ratings while a study runs, of a study with planned looks and a scale from 1 to 9."""

import json
import tomllib

import pytest
from fastapi.testclient import TestClient

from app.admin import interim
from app.server import create_app
from study.design import definition
from tests.app.conftest import TOKEN
from tests.app.small_study import SMALL
from tests.study.answering import walk

KEY = {"Authorization": f"Bearer {TOKEN}"}
ONE_RULE = {"max_same_rating": 0.95, "min_median_rt_ms": 0, "max_outlying": 1}
PLAN = {
    "scale": {"low": 1, "high": 9},
    "analysis": {"looks": [2, 3]},
    "screening": ONE_RULE,
    "checks": {"attention": 0},
}
VARIED = (9, 3, 7, 5, 8)


def served(settings, folder, **plan):
    """Give an application whose study has this plan."""
    table = tomllib.loads(definition.SHIPPED.read_text(encoding="utf-8")) | SMALL | plan
    shorter = {"descriptors": table["descriptors"][:1], "breaks": None, "headphones": None}
    table = {key: value for key, value in (table | shorter).items() if value is not None}
    (folder / "study.json").write_text(json.dumps(table), encoding="utf-8")
    given = {"database_url": f"sqlite:///{folder}/study.sqlite", "study_file": folder / "study.json"}
    return create_app(settings.model_copy(update=given))


def take_part(app, ratings):
    """Go through the study as a simulated participant."""
    person, page = TestClient(app), {"X-Page": "a"}
    start = person.post("/api/study/session", json={"simulated": True}, headers=page)
    walk(person, start.json()["step"], headers=page, ratings=ratings)


def test_planned_looks_say_go_on_or_stop_and_ratings_stay_hidden_until_the_last(settings, tmp_path):
    app = served(settings, tmp_path, **PLAN)
    with TestClient(app) as admin:
        admin.headers.update(KEY)
        said, shown = [], []
        for ratings in (VARIED, VARIED[1:], (4,)):
            take_part(app, ratings)
            said.append(admin.get("/api/admin/look?simulated=true").json())
            shown.append(admin.post("/api/admin/ratings?simulated=true", json={}))
    assert [one["decision"] for one in said] == [None, "go on", "stop"]
    assert said[1] == {"planned": [2, 3], "completed": 2, "decision": "go on"}
    assert [answer.status_code for answer in shown] == [400, 400, 200]
    assert "planned looks (at 2, 3 participants): ratings are shown after the last" in shown[1].json()["message"]
    # nine points are no mistake here, and who gave one rating only is left out by the study's own rule
    assert {row["n"] for row in shown[2].json()["cells"]} == {2}


def test_without_planned_looks_there_is_no_decision_and_the_ratings_may_be_seen(settings, tmp_path):
    app = served(settings, tmp_path, **PLAN | {"analysis": {}})
    with TestClient(app):
        take_part(app, VARIED)
        engine = app.state.running.engine
        assert interim.look(engine, simulated=True)["planned"] == []
        assert max(row["mean"] for row in interim.ratings_so_far(engine, simulated=True)[0]) > 4
        with pytest.raises(ValueError, match="Nobody has completed"):
            interim.ratings_so_far(engine)


CHOICE = {"type": "choice", "name": "kind", "text": "Which?", "options": {"a": "A", "b": "B"}}
QUALITY = {"type": "continuous", "name": "quality", "text": "How good?"}


def test_the_first_question_that_was_rated_is_shown_on_its_own_scale(settings, tmp_path):
    blocks = [{"paradigm": "single", "questions": [CHOICE, QUALITY]}]
    app = served(settings, tmp_path, **PLAN | {"analysis": {}, "blocks": blocks})
    with TestClient(app) as admin:
        take_part(app, (40, 60, 80))
        answer = admin.post("/api/admin/ratings?simulated=true", json={}, headers=KEY)
    assert answer.status_code == 200, answer.text
    assert answer.json()["scale"] == [0, 100]
    assert all(40 <= row["mean"] <= 80 for row in answer.json()["cells"])


def test_a_study_of_comparisons_says_that_it_has_no_ratings(settings, tmp_path):
    app = served(settings, tmp_path, **PLAN | {"analysis": {}, "blocks": [{"paradigm": "pair"}]})
    with TestClient(app) as admin:
        take_part(app, (4,))
        answer = admin.post("/api/admin/ratings?simulated=true", json={}, headers=KEY)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid")
    assert "asks for no ratings" in answer.json()["message"]
