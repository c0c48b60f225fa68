"""The admin page's data and switches, on a study that simulated listeners and one person have gone through."""

import io
import zipfile

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from app.admin import payment, watching
from app.admin.access import COOKIE
from app.server import create_app
from tests.app.conftest import TOKEN
from tests.study.answering import walk


@pytest.fixture(scope="module")
def studied(settings, tmp_path_factory):
    """Two simulated participants and one real one completed; another real one left at the questionnaire."""
    url = f"sqlite:///{tmp_path_factory.mktemp('studied')}/study.sqlite"
    app = create_app(settings.model_copy(update={"database_url": url}))
    with TestClient(app):
        for simulated in (True, True, False):
            person = TestClient(app)
            start = person.post("/api/study/session", json={"simulated": simulated}, headers={"X-Page": "a"})
            walk(person, start.json()["step"], headers={"X-Page": "a"})
        leaver = TestClient(app)
        step = leaver.post("/api/study/session", json={}, headers={"X-Page": "a"}).json()["step"]
        walk(leaver, step, until="questionnaire", headers={"X-Page": "a"})
        yield app


@pytest.fixture
def admin(studied):
    client = TestClient(studied, follow_redirects=False)
    client.post("/sign-in", data={"token": TOKEN})
    client.headers["X-Form-Key"] = studied.state.access.form_key(client.cookies[COOKIE])
    return client


def test_recruitment_counts_real_people_unless_asked_for_simulated_ones(admin):
    real, simulated = (admin.get(f"/api/admin?simulated={kind}").json()["recruitment"] for kind in (False, True))
    assert (real["started"], real["completed"], real["active"]) == (2, 1, 1)
    assert (simulated["started"], simulated["completed"]) == (2, 2)


def test_quality_tells_straight_lining_and_checks(admin):
    first = admin.get("/api/admin/quality").json()["sessions"][-1]
    assert (first["participant"], first["state"], first["rated"], first["same"]) == ("P0003", "completed", 36, 1.0)
    assert first["checks"] == 3 and 0 <= first["checks_passed"] < 3  # all answered 4
    assert sum(first["by_check"].values()) == first["checks_passed"] and len(first["by_check"]) == 2
    assert admin.get("/api/admin/quality").json()["alerts"] == []


def test_balance_is_equal_for_whoever_completed(admin):
    counts = {row["n"] for row in admin.get("/api/admin/quality?simulated=true").json()["balance"]}
    assert counts == {6}  # 3 clips, 2 participants


def test_ratings_are_shown_only_when_asked_for_and_the_look_is_logged(admin, caplog):
    assert not any("mean" in str(admin.get(path).json()) for path in ("/api/admin/quality",))
    cells = admin.post("/api/admin/ratings?simulated=true", json={}).json()["cells"]
    assert len(cells) == 12 and {row["mean"] for row in cells} == {4.0}
    assert "ratings looked at" in caplog.text


def test_nobody_completed_is_reported_in_a_sentence(client):
    key = {"Authorization": f"Bearer {TOKEN}"}
    answer = client.post("/api/admin/ratings", json={}, headers=key)
    assert answer.status_code == 400 and "Nobody has completed" in answer.json()["message"]


def test_paused_study_takes_no_newcomer_and_opens_again(admin, studied):
    admin.post("/api/admin/state", json={"state": "paused"})
    refused = TestClient(studied).post("/api/study/session", json={})
    admin.post("/api/admin/state", json={"state": "open"})
    assert (refused.status_code, refused.json()["error"]) == (403, "paused")
    assert admin.post("/api/admin/state", json={"state": "ajar"}).status_code == 422


def test_invitation_codes_are_distinct_and_counted(admin):
    codes = admin.post("/api/admin/invitations", json={"n": 25, "note": "first wave"}).json()["codes"]
    assert len(set(codes)) == 25
    assert admin.get("/api/admin").json()["recruitment"]["invitations"]["made"] >= 25


def test_export_holds_every_response_once_and_no_identifiers(admin):
    archive = zipfile.ZipFile(io.BytesIO(admin.get("/api/admin/export").content))
    responses = pd.read_csv(archive.open("responses.csv"))
    assert responses["trial"].is_unique and (responses["kind"] == "rating").sum() == 3 * 36
    assert not any("PROLIFIC" in column for column in pd.read_csv(archive.open("sessions.csv")).columns)


def recruiters_ids(admin):
    return {row["participant"]: row["recruiters_id"] for row in admin.get("/api/admin/quality").json()["sessions"]}


def test_withdrawing_deletes_one_person_with_their_id_and_an_unknown_one_is_reported(admin, studied):
    person = TestClient(studied)
    person.post("/api/study/session", json={"parameters": {"PROLIFIC_PID": "gone"}})
    assert recruiters_ids(admin) == {"P0003": None, "P0004": None, "P0005": "gone"}
    assert TestClient(studied).get("/api/admin/quality").status_code == 401
    assert admin.post("/api/admin/withdraw", json={"who": "gone"}).status_code == 200
    assert person.get("/api/study/step").status_code == 401
    assert "gone" not in recruiters_ids(admin).values()
    answer = admin.post("/api/admin/withdraw", json={"who": "gone"})
    assert answer.status_code == 400 and "nothing was deleted" in answer.json()["message"]


def test_only_sounds_of_the_set_can_be_heard(admin, studied):
    sound = studied.state.running.stimuli.rows[0].id
    assert admin.get(f"/api/admin/stimuli/audio/{sound}.flac").content[:4] == b"fLaC"
    for name in ("..%2f..%2fmanifest.json", "%2fetc%2fpasswd", "nothing.flac"):
        assert admin.get(f"/api/admin/stimuli/audio/{name}").status_code == 404


def test_health_names_the_database_and_the_room_left(studied):
    reported = watching.health(studied.state.running.engine, studied.state.running.stimuli.folder)
    assert reported["database"] == "sqlite" and reported["disk_free_gb"] > 0 and reported["database_mb"] > 0


def test_each_participant_is_shown_where_they_are_and_how_their_repeats_agree(admin):
    leaver, completed = admin.get("/api/admin/quality").json()["sessions"]
    assert (leaver["participant"], leaver["at"]) == ("P0004", "the questionnaire")
    assert 1 <= leaver["step"] < leaver["n_steps"]
    assert completed["repeat_difference"] in (None, 0.0)  # all answered 4
    assert completed["language"] == "en" and completed["minutes"] is not None


def test_arrivals_are_counted_by_day(admin):
    [today] = admin.get("/api/admin?simulated=false").json()["arrivals"]
    assert (today["started"], today["completed"]) == (2, 1) and len(today["day"]) == 10


def test_the_payment_list_suggests_and_gives_its_reason(admin, studied):
    answer = admin.get("/api/admin/payment")
    table = pd.read_csv(io.StringIO(answer.text)).set_index("participant")
    assert answer.headers["cache-control"] == "no-store"
    assert set(table.index) == {"P0003", "P0004"}  # real people only
    assert table.suggestion.to_dict() == {"P0003": "look", "P0004": "none"}
    assert "checks passed" in table.why["P0003"] and "the same rating" in table.why["P0003"]


@pytest.mark.parametrize(
    ("row", "suggested", "why"),
    [
        ({}, "approve", ""),
        ({"checks_passed": 7}, "look", "7 of 8 checks passed"),
        ({"headphones_passed": False}, "look", "headphone check failed"),
        ({"headphones_passed": None}, "approve", ""),
        ({"same": 0.89}, "approve", ""),
        ({"same": 0.9}, "approve", ""),
        ({"same": 0.91}, "look", "the same rating in 91% of trials"),
        ({"same": None}, "approve", ""),
        ({"state": "screened_out"}, "none", "screened out"),
    ],
)
def test_whom_to_approve_and_whom_to_look_at(row, suggested, why):
    good = {"state": "completed", "checks": 8, "checks_passed": 8, "headphones_passed": True, "same": 0.4}
    assert payment.suggestion(good | row) == (suggested, why)


def test_a_condition_that_nobody_rated_is_shown_with_none(studied):
    rows = watching.balance(studied.state.running.engine, ["original", "another"], simulated=True)
    assert {row["condition"]: row["n"] for row in rows} == {"original": 6, "another": 0}
