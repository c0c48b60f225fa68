"""Bombs at the real upload endpoint of a real server, whose memory is watched: each is refused in a sentence."""

import io
import itertools
import re
import threading
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile

from app.playground.decoding import UPLOAD_LIMIT_BYTES
from tests.app.deployed import served
from tests.app.study_process import free_port
from tests.app.test_playground_decoding import noise, wav_header

MEGABYTE = bytes(1_000_000)
MOST_GROWTH_KB = 60_000  # of the server; the decoder has a process of its own


@pytest.fixture(scope="module")
def server(tmp_path_factory, noises, study_file):
    """Address and process id of a server whose playground is open and has its models loaded."""
    port = free_port()
    options = ("--set", noises, "--study", study_file, "--playground", "open")
    with served(tmp_path_factory.mktemp("uploads"), port, *options) as process:
        address = f"http://127.0.0.1:{port}/api/playground"
        httpx.post(f"{address}/built-in", json={"name": "piano"}, timeout=120, trust_env=False).raise_for_status()
        yield f"{address}/clips", process.pid


def resident_kb(pid: int) -> int:
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])


def most_growth_kb(pid: int, work) -> int:
    """By how much a process was larger at most while ``work`` ran."""
    before, seen, done = resident_kb(pid), [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.01):
            seen.append(resident_kb(pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join()
    return max(seen) - before


def zeros(n_bytes: int):
    """Zeros that take no room here, sent in chunks without a stated length."""
    return itertools.repeat(MEGABYTE, n_bytes // len(MEGABYTE))


def inflating(kind: str) -> bytes:
    """A small file of more silence than a clip may have."""
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", 8_000, 1, format=kind) as written:
        for _ in range(600 // 10 + 1):
            written.write(np.zeros(80_000, np.float32))
    return file.getvalue()


LYING = wav_header(2**31, (noise(0.5) * 32_000).astype("<i2").tobytes())
BOMBS = {
    "2 GB of zeros": (lambda: zeros(2_000_000_000), 413, "at most 40,000,000 bytes"),
    "zeros up to the limit": (lambda: zeros(UPLOAD_LIMIT_BYTES), 400, "not an audio file"),
    "FLAC that inflates": (lambda: inflating("FLAC"), 400, "longer than 10.0 minutes"),
    "OGG that inflates": (lambda: inflating("OGG"), 400, "longer than 10.0 minutes"),
    "WAV whose header lies": (lambda: LYING, 400, "holds 0.50 s"),
    "text": (lambda: b"<html><script>alert(1)</script>", 400, "not an audio file"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bomb_is_refused_and_the_server_stays_small(server, bomb):
    address, pid = server
    content, status, sentence = BOMBS[bomb]
    body = content()
    answers = []

    def send() -> None:
        try:
            answers.append(httpx.post(address, content=body, timeout=60, trust_env=False))
        except httpx.TransportError:  # refused and closed while the rest was still being sent
            answers.append(None)

    assert most_growth_kb(pid, send) < MOST_GROWTH_KB
    if answers[0] is None:
        assert status == 413
    else:
        assert answers[0].status_code == status and sentence in answers[0].json()["message"]


def test_models_are_in_a_process_of_their_own(server):
    assert "libtorch" not in Path(f"/proc/{server[1]}/maps").read_text()


def test_browser_is_shown_which_files_it_may_convert(server):
    address, _ = server
    codes = [
        httpx.post(address, content=content, timeout=60, trust_env=False).json()["error"]
        for content in (b"AAC", inflating("FLAC"))
    ]
    assert codes == ["unreadable", "invalid"]
