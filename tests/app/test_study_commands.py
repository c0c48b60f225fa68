"""The study's commands as the experimenter types them: what they print, and how a mistake is reported."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import cli
from study.design.definition import load
from study.sessions import starting
from study.sessions.running import RunningStudy
from tests.study.sets import write_set


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A working directory with a set of three clips, where no study has been created."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    write_set(tmp_path / "data/stimuli/default", n_clips=3)
    return tmp_path


def run(*arguments):
    """What a command prints."""
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def small(place):
    """A study file for three clips."""
    run("study", "new", "study.toml")
    text = (place / "study.toml").read_text().replace("repeat_distance = 12", "repeat_distance = 5")
    (place / "study.toml").write_text(text)
    return "study.toml"


def test_check_explains_trials_minutes_and_balance(place):
    shown = run("study", "check", small(place))
    assert (
        "36 trials of 3 clips x 4 conditions x 3 descriptors, with 6 attention checks, 2 beep-counting checks, 6 re"
        in shown
    )
    assert "53 trials per participant, and 4 for practice" in shown
    sizes = [path.stat().st_size for path in (place / "data/stimuli/default/audio").iterdir()]
    n_sounds = 50 + 3 + 1 + 2 * 6  # trials, practice, level, both attempts of the headphone check
    n_sounds += (3 + 1) * 4  # pages of the last block, its practice too
    said = re.search(r"about (\S+) MB of sound per participant", shown)
    assert float(said[1]) == pytest.approx(n_sounds * sum(sizes) / len(sizes) / 1e6, rel=0.05)
    assert "all together balanced after each 24 participants" in shown and "contact: participants cannot ask" in shown


def test_check_names_what_the_set_lacks_and_what_does_not_fit(place):
    with pytest.raises(ValueError, match=r"No stimulus set in data/stimuli/other: build it .* or name"):
        run("study", "check", "--set", "other")
    with pytest.raises(ValueError, match=r"lower repeat_distance \(12\)"):
        run("study", "check")
    with pytest.raises(ValueError, match="already exists"):
        small(place)
        run("study", "new", "study.toml")


def test_check_refuses_what_serve_refuses(place):
    small(place)
    sound = next((place / "data/stimuli/default/audio").iterdir())
    sound.write_bytes(sound.read_bytes()[:-1])
    with pytest.raises(ValueError, match=f"is damaged: .*{sound.name}"):
        run("study", "check", "study.toml")


def test_check_says_where_a_break_comes_nowhere(place):
    text = (
        Path(small(place)).read_text().replace("attention = 6", "attention = 1").replace("repeats = 6", "repeats = 0")
    )
    before, first, *_, last = text.split("[[descriptors]]")
    one_part = last[last.index("[scale]") : last.index("[[blocks]]")] + last[last.index("[screening]") :]
    one_block = f"{before}[[descriptors]]{first}{one_part}"
    Path("study.toml").write_text(one_block)
    assert "[breaks] has no effect" in run("study", "check", "study.toml")
    Path("study.toml").write_text(one_block.replace("[breaks]", "[breaks]\nevery_trials = 6"))
    assert "[breaks] has no effect" not in run("study", "check", "study.toml")


def test_check_says_which_margin_nothing_asks_for_and_that_a_title_is_missing(place):
    text = Path(small(place)).read_text()
    said = run("study", "check", "study.toml")
    assert "analysis.margins" not in said and "has no name" not in said
    misspelt = re.sub(r"(?m)^title = .*$", 'title = " "', text.replace("margins = { quality", "margins = { qualty"))
    Path("study.toml").write_text(misspelt)
    said = run("study", "check", "study.toml")
    assert "analysis.margins.qualty has no effect: no block asks for it (asked: descriptor, quality)" in said
    assert "title: the study has no name" in said


def test_the_status_of_real_participants_says_that_there_are_simulated_ones(place):
    running = RunningStudy.open("sqlite:///data/study.sqlite", load(small(place)), "data/stimuli/default")
    assert "Simulated" not in run("study", "status")
    with running.engine.begin() as connection:
        starting.start(connection, running, starting.Request(simulated=True), True)
    running.close()
    assert run("study", "status").endswith("Simulated participants are not counted: 1 started (--simulated).\n")
    assert "Simulated" not in run("study", "status", "--simulated")


def test_a_study_is_created_watched_paused_invited_to_exported_and_backed_up(place):
    assert "Study 1 is created: 53 trials" in run("study", "create", small(place))
    assert "paused" in run("study", "pause") and "state  paused" in run("study", "status")
    assert "open" in run("study", "resume") and "closed" in run("study", "close")
    made = CliRunner().invoke(cli, ["study", "invite", "-n", "3"])
    assert "asks for no invitation" in made.stderr
    codes = made.stdout.split()
    assert len(set(codes)) == 3 and "made: 3, used: 0" in run("study", "status")
    assert "0 responses of 0 sessions" in run("export", "--out", "out")
    assert (place / "out/responses.csv").read_text().startswith("session,participant,trial,kind,")
    run("backup", "copy.sqlite")
    assert "made: 3" in run("study", "status", "--database-url", "copy.sqlite")
    with pytest.raises(ValueError, match="nothing was deleted"):
        run("withdraw", "P0001")
    assert "Study 2 is created" in run("study", "create", "study.toml")


def test_a_withdrawal_is_shown_and_waits_for_a_yes(place):
    run("study", "create", small(place))
    running = RunningStudy.open("sqlite:///data/study.sqlite", "study.toml", "data/stimuli/default")
    with running.engine.begin() as connection:
        found = starting.start(connection, running, starting.Request(language="en"), False)
    running.close()
    shown = f"P0001, session {found['session']}: active, started "
    for answer, is_there in (("n\n", True), ("y\n", False)):
        result = CliRunner().invoke(cli, ["withdraw", "P0001"], input=answer)
        assert shown in result.output and "0 answers\nDelete all of it" in result.output
        assert (result.exit_code, "is deleted" in result.output) == (int(is_there), not is_there)
    with pytest.raises(ValueError, match="nothing was deleted"):
        run("withdraw", "P0001", "--yes")


def test_options_and_commands_of_the_version_before_still_work_and_are_not_shown(place):
    run("study", "create", small(place))
    assert "Study 2 is created" in run("study", "begin", "study.toml")
    assert run("export", "--out", "new", "--study-number", "1") == run("export", "--out", "new", "--study", "1")
    with pytest.raises(ValueError, match="no study 3"):
        run("export", "--study-number", "3")
    with pytest.raises(ValueError, match="Nobody has completed"):
        run("peek", "--yes")
    shown = run("study", "--help") + run("--help") + run("export", "--help")
    assert "create" in shown and "interim-means" in shown and "--study-number" in shown
    assert not any(f" {old} " in shown for old in ("begin", "peek", "--study"))


def test_the_exported_study_file_starts_the_same_study_elsewhere(place):
    run("study", "create", small(place))
    run("export", "--out", "out")
    again = RunningStudy.open("sqlite:///other.sqlite", "out/study.json", "data/stimuli/default")
    again.close()
    manifest = json.loads((place / "out/versions.json").read_text())
    assert again.definition.sha256 == manifest["definition_sha256"]


def test_simulating_needs_a_study_and_effects_that_can_be_read(place):
    with pytest.raises(ValueError, match="No study answers at http://127"):
        run("simulate", "-n", "1", "--url", "http://127.0.0.1:9", "--wait", "0")
    with pytest.raises(ValueError, match="--effect is 'semantic'; write it as"):
        run("simulate", "--effect", "semantic")
