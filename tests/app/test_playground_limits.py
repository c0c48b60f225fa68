"""The playground takes turns: no client, and not all of them together, keep others or the study waiting."""

import contextlib
import os
import re
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request

from app.playground import endpoints, workers
from app.playground.workers import Busy, Places, client_of
from app.server import create_app
from app.settings import Settings
from tests.app.deployed import served
from tests.app.study_process import free_port
from tests.browser.study_server import TOKEN, in_thread

PATIENCE_S = 120
API = "/api/playground"
OTHERS: set[int] = set()  # workers of servers that other tests still have running in this process


def asked_by(host: str | None) -> Request:
    return Request({"type": "http", "headers": [], "client": (host, 1) if host else None})


@pytest.mark.parametrize("n_others, n_own, refused", [(5, 2, False), (5, 3, True), (7, 2, False), (8, 2, True)])
def test_places_are_limited_per_client_and_in_all(n_others, n_own, refused):
    """Three of a client and ten in all: the one that comes is the last, or one too many."""
    places = Places(10, 3)
    with contextlib.ExitStack() as stack:
        for host in [f"10.0.0.{n}" for n in range(n_others)] + ["10.1.0.0"] * n_own:
            stack.enter_context(places.of(asked_by(host)))
        with pytest.raises(Busy) if refused else contextlib.nullcontext(), places.of(asked_by("10.1.0.0")):
            pass
    assert not places.taken


def test_failed_request_gives_its_place_back():
    places = Places(1, 1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), places.of(asked_by("10.0.0.1")):
            raise ZeroDivisionError
    assert not places.taken


@pytest.mark.parametrize(
    "one, other, same",
    [
        ("10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        (None, None, True),
        ("/a/socket", "/a/socket", True),
    ],
)
def test_client_is_an_address_or_an_ipv6_network(one, other, same):
    assert (client_of(asked_by(one)) == client_of(asked_by(other))) is same


def test_client_is_no_address_and_another_one_in_every_process(monkeypatch):
    here = client_of(asked_by("10.0.0.1"))
    assert bytes([10, 0, 0, 1]) not in here and b"10.0.0.1" not in here
    monkeypatch.setattr(workers, "KEY", os.urandom(32))
    assert client_of(asked_by("10.0.0.1")) != here


@pytest.fixture(scope="module")
def server(tmp_path_factory, noises, study_file):
    """A whole server of this process, and its playground's worker, with the models loaded."""
    folder = tmp_path_factory.mktemp("limits")
    OTHERS.update(with_models())
    given = {"database_url": f"sqlite:///{folder}/study.sqlite", "stimuli": noises, "study_file": study_file}
    app = create_app(Settings(**given, admin_token=TOKEN, playground="open"))
    with in_thread(app, free_port()) as address:
        clip = client(address).post(f"{API}/built-in", json={"name": "piano"}).raise_for_status().json()["clip"]
        yield address, clip


def client(address: str, host: str = "127.0.0.1") -> httpx.Client:
    """One of the many clients that a machine can be to itself."""
    transport = httpx.HTTPTransport(local_address=host, limits=httpx.Limits(max_connections=200))
    return httpx.Client(base_url=address, timeout=PATIENCE_S, trust_env=False, transport=transport)


def with_models() -> set[int]:
    """The processes below this one that have the models loaded."""
    children = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    pids = {int(pid) for file in children for pid in file.read_text().split()}
    return {pid for pid in pids if "libtorch" in Path(f"/proc/{pid}/maps").read_text()}


def worker_pid() -> int:
    """The process of this server's models."""
    (own,) = with_models() - OTHERS
    return own


@contextlib.contextmanager
def stopped(pid: int):
    """A process that gets nowhere for a while."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def ask(browser: httpx.Client, clip: str, warm: float = 1.0) -> httpx.Response:
    return browser.post(f"{API}/curves", json={"clip": clip, "descriptors": {"warm": warm, "bright": 0.5}})


def until(true) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end_s
        time.sleep(0.02)


def test_study_answers_while_sixty_ask_for_curves(server):
    """None of the sixty is answered, as if the model took for ever; the study's pages are."""
    address, clip = server
    with ThreadPoolExecutor(70) as crowd, client(address) as hostile, client(address, "127.0.0.2") as other:
        with stopped(worker_pid()):
            answers = [crowd.submit(ask, hostile, clip, n / 100) for n in range(60)]
            until(lambda: sum(answer.done() for answer in answers) == 60 - endpoints.PIECES_OF_A_CLIENT)
            theirs = crowd.submit(ask, other, clip)
            assert [other.get("/api/study").status_code for _ in range(50)] == [200] * 50
            assert not theirs.done()
        found = [answer.result() for answer in answers]
        assert theirs.result().status_code == 200
    refused = [answer for answer in found if answer.status_code == 429]
    assert len(refused) == 60 - endpoints.PIECES_OF_A_CLIENT
    assert all(answer.json()["error"] == "busy" and answer.headers["retry-after"] for answer in refused)


def test_all_clients_together_have_a_number_of_pieces(server):
    address, clip = server
    n_clients = endpoints.PIECES_OF_WORK // endpoints.PIECES_OF_A_CLIENT
    with ThreadPoolExecutor(70) as crowd, contextlib.ExitStack() as stack:
        many = [stack.enter_context(client(address, f"127.0.1.{n}")) for n in range(1, n_clients + 1)]
        with stopped(worker_pid()):
            asked = [crowd.submit(ask, one, clip, n / 100) for one in many for n in range(endpoints.PIECES_OF_A_CLIENT)]
            last = stack.enter_context(client(address, "127.0.2.1"))
            time.sleep(1)
            assert not any(answer.done() for answer in asked) and ask(last, clip).status_code == 429
        assert {answer.result().status_code for answer in asked} == {200}
        assert ask(last, clip).status_code == 200


@pytest.mark.slow
def test_worker_that_dies_at_work_is_replaced(server, caplog):
    address, clip = server
    with ThreadPoolExecutor() as crowd, client(address) as browser:
        with stopped(pid := worker_pid()):
            asked = crowd.submit(ask, browser, clip, 0.77)
            time.sleep(0.5)
            os.kill(pid, signal.SIGKILL)
        answer = asked.result()
        assert (answer.status_code, answer.json()["error"]) == (503, "busy")
        assert any("the process of curves died" in str(getattr(line, "fields", "")) for line in caplog.records)
        assert ask(browser, clip, 0.77).status_code == 200


def test_worker_that_dies_while_it_has_nothing_to_do_is_replaced(server, monkeypatch):
    monkeypatch.setattr(workers, "LONGEST_S", PATIENCE_S)  # it loads the models anew, at the lowest priority
    address, clip = server
    os.kill(worker_pid(), signal.SIGKILL)
    time.sleep(0.5)
    with client(address) as browser:
        assert ask(browser, clip, 0.76).status_code == 200


def test_piece_of_work_has_a_deadline(server, monkeypatch):
    address, clip = server
    blend = {"clip": clip, "descriptors": {"warm": 0.3, "bright": 0.5, "airy": 0.7}}
    with client(address) as browser:
        ask(browser, clip)
        monkeypatch.setattr(workers, "LONGEST_S", 0.01)
        answer = browser.post(f"{API}/curves", json=blend)
        assert (answer.status_code, answer.json()["error"]) == (503, "busy")


def endless(address: str, host: str = "127.0.0.1") -> socket.socket:
    """An upload that never ends."""
    name, port = address.removeprefix("http://").split(":")
    connection = socket.create_connection((name, int(port)), PATIENCE_S, (host, 0))
    head = f"POST {API}/clips HTTP/1.1\r\nHost: {name}:{port}\r\nContent-Length: 30000000\r\n\r\n"
    connection.sendall(head.encode() + bytes(100))
    return connection


def test_endless_uploads_lock_out_nobody_else(server):
    address, _ = server
    with contextlib.ExitStack() as stack:
        for _ in range(endpoints.UPLOADS_OF_A_CLIENT):
            stack.enter_context(endless(address))
        hostile, other = (stack.enter_context(client(address, f"127.0.0.{n}")) for n in (1, 2))
        until(lambda: hostile.post(f"{API}/clips", content=b"text").status_code == 429)
        assert other.post(f"{API}/clips", content=b"text").status_code == 400
    with client(address) as hostile:
        until(lambda: hostile.post(f"{API}/clips", content=b"text").status_code == 400)  # the places came back


def test_upload_has_a_deadline(server, monkeypatch):
    address, _ = server
    monkeypatch.setattr(endpoints, "UPLOAD_S", 0.5)
    with endless(address) as connection:
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 408") and b"timeout" in answer


@pytest.mark.slow
def test_worker_ends_with_the_server_however_that_ends(tmp_path, noises, study_file):
    port = free_port()
    options = ("--set", noises, "--study", study_file, "--playground", "open")
    with served(tmp_path, port, *options) as process:
        httpx.get(f"http://127.0.0.1:{port}{API}", timeout=PATIENCE_S, trust_env=False).raise_for_status()
        group = os.getpgid(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        until(lambda: group not in {_group(pid) for pid in Path("/proc").glob("[0-9]*")})


def _group(process: Path) -> int:
    with contextlib.suppress(OSError):
        return int(re.sub(r".*\) ", "", (process / "stat").read_text()).split()[2])
    return 0
