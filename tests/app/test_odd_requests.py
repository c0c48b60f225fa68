"""What nobody sends by accident: numbers and nests that JSON allows, odd cookies, upgrades, two answers at once."""

import threading
from collections import Counter

import pytest

from study.storage.models import Response
from tests.app.small_study import begin, count

pytest_plugins = ("tests.app.study_fixtures",)

JSON = {"content-type": "application/json"}
VALUES = ["NaN", "-Infinity", "1e400", "1" * 5000, "-0", '{"__proto__": {"agreed": true}}', '"\\ud800"', '"\\u0000"']
BODIES = [
    '{"answer": {"agreed": %s}}',
    '{"answer": {"agreed": true, "__proto__": {"agreed": %s}}, "telemetry": {"rt_ms": %s, "constructor": %s}}',
    '{"answer": {"agreed": true}, "telemetry": %s}',
    '{"answer": %s}',
]
NESTS = ["[" * 20_000 + "]" * 20_000, '{"answer": {"agreed": ' + "[" * 10_000 + "]" * 10_000 + "}}"]


@pytest.fixture
def participant(serve):
    running, browser = serve()
    page = browser()
    return running, page, begin(page).json()["step"]["id"]


def test_no_number_name_or_nest_of_json_is_an_error_of_the_server_or_stored(participant):
    running, page, step = participant
    bodies = [body.replace("%s", value) for body in BODIES for value in VALUES] + NESTS
    answers = [page.post(f"/api/study/step/{step}", content=body, headers=JSON) for body in bodies]
    assert {answer.status_code for answer in answers} <= {200, 400, 409, 422}
    with running.engine.connect() as connection:
        stored = str(connection.exec_driver_sql("SELECT answer, telemetry, rt_ms FROM response").all())
    assert count(running, Response) == 1
    assert not any(word in stored for word in ("proto", "constructor", "NaN", "inf", "1111"))


@pytest.mark.parametrize(
    "cookie",
    ["; ".join(f"c{n}=1" for n in range(2000)), "study_session=a; study_session=b", "study_session", 'study_session="'],
)
def test_odd_cookies_hold_no_session(participant, cookie):
    _, page, step = participant
    page.cookies.clear()
    for answer in (
        page.get("/api/study/step", headers={"Cookie": cookie}),
        page.post(f"/api/study/step/{step}", json={"answer": {"agreed": True}}, headers={"Cookie": cookie}),
    ):
        assert (answer.status_code, answer.json()["error"]) == (401, "no_session")


def test_of_answers_sent_at_once_one_is_stored_and_all_are_shown_the_same_step(serve):
    running, browser = serve()
    for turn in range(8):
        page = browser()
        started = begin(page).json()
        pages = [browser() for _ in range(6)]
        for each in pages:
            each.cookies = page.cookies
        barrier, found = threading.Barrier(len(pages)), []

        def send(number, step=started["step"]["id"], pages=pages, barrier=barrier, found=found):
            barrier.wait(60)
            answer = {"answer": {"agreed": number % 2 == 0}}
            found.append(pages[number].post(f"/api/study/step/{step}", json=answer))

        threads = [threading.Thread(target=send, args=(number,)) for number in range(len(pages))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert Counter(answer.status_code for answer in found) == {200: 3, 409: 3}
        assert len({answer.json()["step"]["id"] for answer in found}) == 1
        assert count(running, Response) == turn + 1


@pytest.mark.parametrize("protocol", ["websocket", "h2c"])
@pytest.mark.parametrize("path", ["/", "/study/", "/api/study/step", "/gradio_api/queue/data"])
def test_no_connection_becomes_another_protocol(client, path, protocol):
    asked = {"Connection": "Upgrade", "Upgrade": protocol, "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    assert client.get(path, headers=asked | {"Sec-WebSocket-Version": "13"}).status_code in (200, 307, 401, 404)


def test_a_page_that_names_the_host_it_was_asked_by_is_kept_by_no_cache(client):
    asked = {"Host": "elsewhere.example", "X-Forwarded-Host": "other.example"}
    for path in ("/study/", "/", "/api/study"):
        answer = client.get(path, headers=asked)
        assert "other.example" not in answer.text + str(answer.headers)
        assert answer.status_code == 307 or "no-store" in answer.headers["cache-control"]
        assert "elsewhere.example" not in str(answer.headers)
