"""A whole rehearsal as the command does it, and a walk that finds what is wrong with pages."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.rehearsal import pages
from app.rehearsal.rehearse import Rehearsal, rehearse
from study.design.definition import load
from tests.browser.study_server import write_study
from tests.study.sets import write_set

pytestmark = pytest.mark.slow  # each walks a study in a browser of its own

SHORT = {"questionnaire": None, "breaks": {"minimum_s": 600}, "languages": ["en", "de"], "checks": {"attention": 1}}
SHORT |= {"headphones": [{"test": "huggins", "trials": 1, "pass_mark": 1}]}


def alone(work, *arguments):
    """In a thread of its own: a browser of other tests has the event loop of this one."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(work, *arguments).result()


def invoked(*arguments):
    return alone(lambda: CliRunner().invoke(cli, ["study", "rehearse", *map(str, arguments)]))


def test_a_study_is_a_go_with_a_photograph_of_every_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = write_set(tmp_path / "set", n_clips=3, duration_s=0.5)
    file = write_study(tmp_path / "study.json", 2, **SHORT, recruitment={"cap": 2, "invitation": True})
    reported = invoked(file, "--set", folder, "-n", "3")
    assert reported.exit_code == 0, reported.output
    assert "s from opening the page to the first sound, measured" in reported.output
    assert "Go: nothing failed in 13 checks." in reported.output and "3 of 3 reached the end" in reported.output
    out = tmp_path / "data" / "rehearsal"
    shots = {path.name for path in (out / "screenshots").iterdir()}
    for kind in ("start", "consent", "level", "headphones", "practice", "trial", "break", "comments", "finished"):
        for language in ("en", "de"):
            for size in ("desktop", "phone"):
                assert any(n.startswith(language) and n.endswith(f"{kind}-{size}.jpg") for n in shots), (kind, language)
    written = (out / "rehearsal.html").read_text(encoding="utf-8")
    assert written.count('src="data:image/jpeg;base64,') == len(shots)
    assert (out / "results" / "report.html").is_file()
    assert not (tmp_path / "data" / "study.sqlite").exists()


def test_a_damaged_set_and_a_missing_translation_are_no_go(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = write_set(tmp_path / "set", n_clips=3)
    next((folder / "audio").iterdir()).write_bytes(b"")
    file = write_study(tmp_path / "study.json", **SHORT, title={"en": "Sound"})
    reported = invoked(file, "--set", folder, "--no-browser")
    assert reported.exit_code == 1 and "No-go: 2 of 13 checks failed" in reported.output
    assert "is damaged" in reported.output and "Missing: title in de." in reported.output


def test_a_walk_finds_a_page_that_is_not_filled_in_and_one_too_wide(tmp_path):
    wide = "{clip} " + "w" * 200
    tables = SHORT | {"languages": ["en"], "consent": {"version": "1", "text": wide}}
    file = write_study(tmp_path / "study.json", **tables)
    folder = write_set(tmp_path / "set", n_clips=3, duration_s=0.3)
    found = alone(lambda: list(rehearse(Rehearsal(load(file), folder, tmp_path, participants=3))))
    [walked] = [each for each in found if each.check == pages.PAGES]
    assert walked.mark == "✗" and any("{clip} is not filled in" in each for each in walked.details), walked
