"""The workbench over HTTP: who may open it, and its endpoints as a program calls them."""

import os
import re
import signal
import webbrowser
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile
from gradio_client import Client, handle_file
from typer.testing import CliRunner

from app.cli import cli
from app.workbench.access import REFUSAL
from app.workbench.application import launched
from stimuli.music.clips import built_in
from stimuli.rendering.loudness import integrated_lufs
from tests.app.study_process import free_port

TOKEN = "a-token-for-tests-only"
RATE_HZ = 44_100
DOCS = Path(__file__).parents[2] / "docs" / "workbench.md"


@pytest.fixture(scope="module")
def workbench():
    with launched(port=free_port(), token=TOKEN) as running:
        yield running


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    path = tmp_path_factory.mktemp("songs") / "my song.wav"
    soundfile.write(path, built_in("piano")[:, : 3 * RATE_HZ].T, RATE_HZ)
    return path


@pytest.fixture(scope="module")
def client(workbench):
    return Client(workbench.address, headers={"Authorization": f"Bearer {TOKEN}"}, verbose=False)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Cookie": "semantic-eq-workbench-0=a"}])
@pytest.mark.parametrize("path", ["/", "/config", "/gradio_api/info", "/gradio_api/file=/etc/passwd", "/?token=wrong"])
def test_a_request_without_the_token_is_refused(workbench, path, headers):
    answer = httpx.get(workbench.address + path, headers=headers)
    assert (answer.status_code, answer.text) == (401, REFUSAL)


def test_an_upload_or_an_event_without_the_token_is_refused(workbench):
    for path in ("/gradio_api/upload", "/gradio_api/queue/join", "/gradio_api/run/describe", f"/?token={TOKEN}"):
        assert httpx.post(workbench.address + path).status_code == 401


def test_the_token_in_the_address_becomes_a_cookie_that_no_script_reads(workbench):
    answer = httpx.get(workbench.with_token)
    assert answer.status_code == 303 and TOKEN not in answer.headers["location"]
    assert (
        "httponly" in answer.headers["set-cookie"].lower() and "samesite=strict" in answer.headers["set-cookie"].lower()
    )
    cookies = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
    assert httpx.get(workbench.address, headers=cookies).status_code == 200


def test_only_named_functions_are_listed_for_programs(client):
    assert set(client.view_api(return_format="dict")["named_endpoints"]) == {"/describe", "/equalise", "/reference"}


def test_a_file_of_the_machine_is_not_taken_for_a_clip(workbench, song):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    clip = {"path": str(song), "meta": {"_type": "gradio.FileData"}}
    call = f"{workbench.address}/gradio_api/call/describe"
    event = httpx.post(call, json={"data": [clip]}, headers=headers).json()["event_id"]
    reported = httpx.get(f"{call}/{event}", headers=headers).text
    assert "event: error" in reported and "warm" not in reported


def test_a_program_describes_and_equalises(client, song):
    scores = client.predict(handle_file(song), api_name="/describe")
    assert {"warm", "bright"} <= scores.keys()
    path, setting = client.predict(handle_file(song), ["warm"], 0.5, "static", api_name="/equalise")
    assert Path(path).name == "my song-static-warm-50.flac" and len(setting["parameters"]) == 13
    sound, rate_hz = soundfile.read(path)
    assert rate_hz == RATE_HZ and len(sound) == 3 * RATE_HZ
    assert setting["condition"] == "static" and setting["intensity"] == 0.5


def test_a_program_takes_a_clip_to_another_recording(client, song):
    path, setting = client.predict(handle_file(song), handle_file(song), 1.0, "match", api_name="/reference")
    assert Path(path).name == "my song-match-my song-100.flac"
    assert np.abs(setting["responses_db"]["match"]).max() < 0.5  # nothing is missing from a sound to itself


def test_the_documented_example_runs(workbench, song, monkeypatch):
    example = re.search(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)[1]
    example = example.replace("http://127.0.0.1:7870", workbench.address).replace("YOUR-TOKEN", TOKEN)
    monkeypatch.chdir(song.parent)
    song.rename("song.wav")
    try:
        exec(compile(example, DOCS.name, "exec"), names := {})
    finally:
        Path("song.wav").rename(song)
    assert names["setting"]["condition"] == "semantic"


def test_both_versions_are_heard_at_one_loudness(client, song):
    from app.workbench import equaliser

    _, setting = client.predict(handle_file(song), ["bright"], 1.0, "semantic", api_name="/equalise")
    before, after, figure, files = equaliser.compare(str(song), setting)
    levels = [integrated_lufs(soundfile.read(path)[0].T, RATE_HZ) for path in (before, after)]
    assert abs(levels[0] - levels[1]) < 0.1
    assert len(figure.axes[0].lines) == 4 and Path(files[0]).suffix == ".txt"


def test_a_token_of_fifteen_characters_is_refused_and_one_of_sixteen_taken(monkeypatch):
    opened = []
    monkeypatch.setattr(
        webbrowser, "open", lambda address: opened.append(address) or os.kill(os.getpid(), signal.SIGINT)
    )
    arguments = ["workbench", "--port", str(free_port()), "--token"]
    refused = CliRunner().invoke(cli, [*arguments, "a" * 15])
    assert isinstance(refused.exception, ValueError) and "15 characters; 16 or more" in str(refused.exception)
    assert not opened
    taken = CliRunner().invoke(cli, [*arguments, "a" * 16])
    assert taken.exit_code == 0 and opened[0].endswith("/?token=" + "a" * 16) and opened[0] in taken.output
