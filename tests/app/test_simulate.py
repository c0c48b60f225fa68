"""Simulated participants come as the study wants people to come: with an id, a signed link or an invitation code."""

import csv
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from sqlalchemy import select

from app.commands.simulate import take_part
from app.participant.simulated import Crowd
from app.server import create_app
from app.settings import Settings
from study.design.listeners import Model
from study.storage.database import connect
from study.storage.models import Session
from tests.app.conftest import TOKEN
from tests.app.study_process import free_port
from tests.app.test_study_commands import run as run_here
from tests.browser.study_server import in_thread, write_study

BY_ID = {"id_parameters": ["PROLIFIC_PID", "STUDY_ID"], "id_parameter": "PROLIFIC_PID"}


def run(*arguments):
    """What a command prints; in a thread, since a browser's tests may have left an event loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run_here, *arguments).result()


class Failing:
    """Participants who all meet an error."""

    def __init__(self, errors):
        self.errors = errors

    def run(self, n, concurrency):
        raise ExceptionGroup("participants", self.errors)


@pytest.fixture
def serve(tmp_path, noises, monkeypatch):
    """Serves a study of few trials with such recruitment; gives its address and its database's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    database = f"sqlite:///{tmp_path}/study.sqlite"

    def serve(**recruitment):
        study = write_study(tmp_path / "study.json", clips=["clip0", "clip1", "clip2"], recruitment=recruitment)
        given = {"database_url": database, "stimuli": noises, "study_file": study, "admin_token": TOKEN}
        return in_thread(create_app(Settings(**given, allow_simulated=True, playground="off")), free_port())

    return serve, database


def arrived(database) -> list:
    engine = connect(database)
    with engine.connect() as connection:
        query = select(Session.state, Session.external_id, Session.parameters, Session.invitation_id)
        found = connection.execute(query.order_by(Session.external_id)).all()
    engine.dispose()
    return found


def test_each_makes_up_an_id_where_the_study_wants_one(serve):
    served, database = serve
    with served(**BY_ID, id_required=True) as address:
        said = run("simulate", "-n", 3, "--url", address)
        assert "3 of 3 finished" in said and said.startswith("No stimulus set")
    found = arrived(database)
    assert {row.state for row in found} == {"completed"} and len({row.external_id for row in found}) == 3
    assert all(row.external_id == f"simulated {row.parameters['PROLIFIC_PID']}" for row in found)
    assert all(row.parameters["STUDY_ID"] for row in found)


def test_signed_links_and_invitations_are_brought_from_a_file(serve, tmp_path):
    served, database = serve
    (tmp_path / "ids.csv").write_text("participant,age\nada,36\nbéla & co,40\n", encoding="utf-8")
    with served(**BY_ID, id_signed=True, invitation=True) as address:
        reported = run("study", "links", "ids.csv", "--url", address, "--database-url", database)
        assert reported == "2 links are in links.csv.\n" and (tmp_path / "links.csv").stat().st_mode & 0o777 == 0o600
        codes = run("study", "invite", "-n", "2", "--database-url", database).split()
        with (tmp_path / "links.csv").open(encoding="utf-8", newline="") as file:
            links = [row["link"] for row in csv.DictReader(file)]
        both = [f"{link}&invitation={code}" for link, code in zip(links, codes, strict=True)]
        (tmp_path / "both.txt").write_text("\n".join(both))
        for wrong, said in ((links, "invitation"), (codes, "participant id")):
            (tmp_path / "wrong.txt").write_text("\n".join(wrong))
            with pytest.raises(ValueError, match=said):
                run("simulate", "-n", 1, "--url", address, "--links", "wrong.txt")
        assert "2 of 2 finished" in run("simulate", "-n", 2, "--url", address, "--links", "both.txt")
    found = arrived(database)
    assert [row.external_id for row in found] == ["simulated ada", "simulated béla & co"]
    assert all(row.invitation_id and row.state == "completed" for row in found)


def test_a_link_file_as_it_is_written_serves_and_must_have_one_for_each(serve, tmp_path):
    served, database = serve
    (tmp_path / "ids.txt").write_text("ada\nbéla\n", encoding="utf-8")
    with served(**BY_ID, id_signed=True) as address:
        run("study", "links", "ids.txt", "--url", address, "--database-url", database)
        with pytest.raises(ValueError, match="has 2 links or codes for 3 participants"):
            run("simulate", "-n", 3, "--url", address, "--links", "links.csv")
        assert "2 of 2 finished" in run("simulate", "-n", 2, "--url", address, "--links", "links.csv")


def test_readmit_says_who_may_go_on_or_why_nobody_can(serve):
    served, database = serve
    with served(**BY_ID) as address:
        body = {"parameters": {"PROLIFIC_PID": "5f3e"}}
        started = httpx.post(f"{address}/api/study/session", json=body, trust_env=False)
        step = started.json()["step"]
        answer = f"{address}/api/study/step/{step['id']}"
        httpx.post(
            answer, json={"answer": {"agreed": True}}, cookies=started.cookies, trust_env=False
        ).raise_for_status()
        elsewhere = httpx.post(f"{address}/api/study/session", json=body, trust_env=False)
        assert elsewhere.json()["error"] == "elsewhere"
        reported = run("study", "readmit", "5f3e", "--database-url", database)
        assert reported == "P0001 may go on in another browser once, within 24 hours.\n"
        again = httpx.post(f"{address}/api/study/session", json=body, trust_env=False)
        assert again.json()["session"] == started.json()["session"]
        with pytest.raises(ValueError, match="'nobody': nobody was readmitted"):
            run("study", "readmit", "nobody", "--database-url", database)
    assert again.json()["step"]["kind"] != "consent"


@pytest.mark.parametrize(
    ("errors", "raised"),
    [([ValueError("away")], ValueError), ([OSError("refused"), ValueError("away")], OSError)],
)
def test_who_failed_alike_is_reported_once(errors, raised):
    with pytest.raises(raised, match=str(errors[0])):
        take_part(Failing(errors), 2, 2)


def test_a_fault_of_the_program_is_not_taken_for_a_mistake():
    with pytest.raises(ExceptionGroup):
        take_part(Failing([ValueError("away"), KeyError("step")]), 2, 2)


def test_a_server_that_is_just_starting_is_waited_for():
    answers = [b"{}", b'{"trials": 3, "minutes": 1, "id_parameters": ["ID"], "id_required": false}']

    class Study(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answers.pop(0))

    with ThreadPoolExecutor(1) as thread, HTTPServer(("127.0.0.1", 0), Study) as server:
        crowd = Crowd(f"http://127.0.0.1:{server.server_port}", Model(), wait_s=10.0)
        server.timeout = 5
        welcome = thread.submit(crowd.welcome)
        server.handle_request()
        server.handle_request()
        assert welcome.result(5) == {"trials": 3, "minutes": 1}
