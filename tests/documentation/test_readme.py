"""The README's commands and its Python do what it says, in the order in which it gives them.

They run as they stand there, but for a port of their own and a study of a few minutes in place of the shipped one.
`make study` and `make test` are what installs and runs this test.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from typer.testing import CliRunner

from app.cli import cli
from model.eq import EQParams
from tests.app.deployed import served
from tests.app.study_process import free_port

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
RATE_HZ = 44100
STUDY = """
title = "Study"
conditions = ["original", "semantic", "flow", "static"]
descriptors = [
    { name = "warm", label = "warm", definition = "Full." },
    { name = "bright", label = "bright", definition = "Clear." },
]
completion = { text = "Thank you." }
"""


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    """The `semantic-eq` commands of the README's blocks, as lists of arguments."""
    lines = (line.split("#")[0].split() for block in blocks("console") for line in block.splitlines())
    return [words[1:] for words in lines if words and words[0] == "semantic-eq"]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with three recordings and a study file short enough to be taken in a test; the working directory."""
    rng = np.random.default_rng(0)
    (tmp_path / "Music" / "study").mkdir(parents=True)
    for name in ("one", "two", "three"):
        sf.write(tmp_path / "Music" / "study" / f"{name}.wav", 0.1 * rng.standard_normal((3 * RATE_HZ, 2)), RATE_HZ)
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(words: list[str], home: Path) -> None:
    """Run a command as the shell would: a tilde is the home."""
    with ThreadPoolExecutor(1) as alone:  # a browser of other tests has the event loop of this thread
        result = alone.submit(CliRunner().invoke, cli, [word.replace("~", str(home)) for word in words]).result()
    assert result.exit_code == 0, f"{words}: {result.output} {result.exception}"


@pytest.mark.slow
def test_the_chain_of_commands_gives_a_report(home):
    simulate, _, build, check, serve, export, analyse = commands()
    assert [words[0] for words in (simulate, build, check, serve, export, analyse)] == [
        "simulate", "stimuli", "study", "serve", "export", "analyse"
    ]  # fmt: skip
    run(build, home)
    run(check, home)
    port = free_port()
    with served(home, port, *serve[1:], "--allow-simulated"):
        run([*simulate, "--url", f"http://127.0.0.1:{port}", "--set", "data/stimuli/mine"], home)
    run(export, home)
    run(analyse, home)
    assert "SIMULATED" in (home / "data" / "paper" / "report.html").read_text(encoding="utf-8")
    n_rows = len((home / "data" / "export" / "responses.csv").read_text(encoding="utf-8").splitlines()) - 1
    assert n_rows >= 0.8 * 12 * 3 * 4 * 2


def test_the_python_and_the_command_make_a_clip_warmer(home):
    (source,) = blocks("python")
    audio = np.random.default_rng(0).standard_normal((2, 2 * RATE_HZ)) * 0.1
    names = {"audio": audio, "sample_rate": RATE_HZ}
    exec(source, names)
    assert isinstance(names["curve"], EQParams) and names["warmer"].shape == audio.shape
    low_db, high_db = names["curve"].response(np.array([200.0, 8000.0]), RATE_HZ)
    assert low_db > high_db

    (line,) = re.findall(r"`semantic-eq (process IN\.wav OUT\.wav .*?)`", README)
    (home / "IN.wav").symlink_to(home / "Music" / "study" / "one.wav")
    run(line.split(), home)
    assert sf.info(home / "OUT.wav").frames == sf.info(home / "IN.wav").frames
