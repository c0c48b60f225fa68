"""The recipes in deploy/ start what there is: their commands and options are the program's, their files are there."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time

import httpx
import pytest
import soundfile as sf
import yaml
from gradio_client import Client, handle_file

from docs.site import commands
from stimuli.music.clips import built_in
from tests.app.deployed import ROOT, environment
from tests.app.study_process import free_port

DEPLOY = ROOT / "deploy"
START_S = 240


def is_known(words):
    """Whether the program has a command with these options."""
    names = [word for word in words if not word.startswith("-")]
    known = commands.visible()
    name = next(name for n in (3, 2, 1) if (name := " ".join(names[:n])) in known)
    options = {spelling for option in commands.options(known[name]) for spelling in option.opts}
    given = {word for word in words if word.startswith("-")}
    return not given - options


def test_the_composed_services_run_commands_that_there_are():
    for name in ("compose.yaml", "compose.study.yaml"):
        services = yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))["services"]
        reported = [service["command"] for service in services.values() if "command" in service]
        assert reported and all(is_known(words) for words in reported)


def test_a_study_of_ones_own_is_mounted_read_only_into_a_read_only_container():
    service = yaml.safe_load((DEPLOY / "compose.study.yaml").read_text(encoding="utf-8"))["services"]["study"]
    assert service["read_only"] and service["cap_drop"] == ["ALL"] and service["volumes"][0].endswith(":/study:ro")
    assert "STUDY=" in (DEPLOY / ".env.example").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [*DEPLOY.glob("*.service"), *DEPLOY.glob("compose*")], ids=lambda path: path.name)
def test_every_command_that_a_recipe_names_is_there(path):
    named = r"semantic-eq (serve|study \w+|export|backup|stimuli \w+)([^#\n`]*)"
    reported = re.findall(named, path.read_text(encoding="utf-8"))
    assert [0 for name, rest in reported if not is_known([*name.split(), *shlex.split(rest.partition("  ")[0])])] == []


def test_an_option_that_is_not_there_is_found():
    assert is_known(["study", "invite", "-n", "20"]) and not is_known(["serve", "--colour"])


def test_the_space_names_this_version_of_gradio_and_its_file():
    about = yaml.safe_load((DEPLOY / "space/README.md").read_text(encoding="utf-8").split("---")[1])
    pinned = re.search(r"^gradio==(.+)$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert about["sdk_version"] == pinned[1] and (DEPLOY / "space" / about["app_file"]).is_file()


@pytest.mark.slow
def test_the_space_equalises_for_a_program(tmp_path):
    sf.write(tmp_path / "song.wav", built_in("piano").T, 44_100)
    port = free_port()
    more = {"GRADIO_SERVER_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"}
    process = subprocess.Popen([sys.executable, DEPLOY / "space/equaliser.py"], cwd=tmp_path, env=environment(more))
    try:
        client = connected(f"http://127.0.0.1:{port}", process)
        song = handle_file(tmp_path / "song.wav")
        path, setting = client.predict(song, ["warm"], 1.0, "semantic", api_name="/equalise")
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert path.endswith("song-semantic-warm-100.flac") and len(setting["parameters"]) == 13
    assert sf.info(path).frames == sf.info(tmp_path / "song.wav").frames


def connected(address, process):
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(address, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            return Client(address, verbose=False)
    raise TimeoutError(f"{address} did not answer.")
