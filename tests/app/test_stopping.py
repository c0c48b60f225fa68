"""SIGTERM: what is being answered is answered, then the server ends; what comes later goes to its successor."""

import json
import signal
import socket
import subprocess
import time

import httpx
import pytest

from tests.app.deployed import ROOT, command, environment, served
from tests.app.study_process import free_port


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_request_under_way_at_sigterm_is_answered(tmp_path, noises, study_file, workers):
    port, body = free_port(), json.dumps({"simulated": True}).encode()
    options = ("--set", noises, "--study", study_file, "--allow-simulated", "--workers", workers)
    head = "POST /api/study/session HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    head += f"Content-Length: {len(body)}\r\n\r\n"
    with served(tmp_path, port, *options) as server, socket.create_connection(("127.0.0.1", port), 30) as connection:
        connection.sendall(head.encode() + body[:5])
        time.sleep(0.5)  # until the request has begun, in whichever process
        server.send_signal(signal.SIGTERM)
        wait_until_closed(port)
        connection.sendall(body[5:])
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
        assert answer.startswith(b"HTTP/1.1 200") and b'"step"' in answer
        assert server.wait(30) in (0, -signal.SIGTERM)  # uvicorn ends by the signal once all is done
    assert "Traceback" not in (tmp_path / "serve.log").read_text()


def wait_until_closed(port: int) -> None:
    """Until nobody takes new connections."""
    for _ in range(600):
        try:
            httpx.get(f"http://127.0.0.1:{port}/health/live", trust_env=False)
        except httpx.TransportError:
            return
        time.sleep(0.05)
    raise TimeoutError("The server still takes connections.")


@pytest.mark.slow
def test_crowd_finishes_over_a_restart_of_two_workers(tmp_path, noises, study_file):
    port, log = free_port(), tmp_path / "acknowledged.jsonl"
    options = ("--set", noises, "--study", study_file, "--allow-simulated", "--workers", 2)
    asked = command("simulate", "-n", 20, "--url", f"http://127.0.0.1:{port}", "--log", log, "--set", noises)
    with served(tmp_path, port, *options) as server:
        crowd = subprocess.Popen(asked, cwd=ROOT, env=environment({}), stdout=subprocess.PIPE, text=True)
        while crowd.poll() is None and (not log.exists() or log.read_text().count("\n") < 100):
            time.sleep(0.1)
        server.terminate()
        server.wait(30)
    with served(tmp_path, port, *options):
        said, _ = crowd.communicate(timeout=300)
    assert "20 of 20 finished" in said
    lines = [tuple(json.loads(line).values()) for line in log.read_text().splitlines()]
    assert len(lines) == len(set(lines)) == 20 * (3 + 36 + 2 + 1)
