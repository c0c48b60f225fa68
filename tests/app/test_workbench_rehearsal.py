"""The rehearsal in the workbench: its lines and page, how it is stopped, and the gallery of pages."""

import gradio as gr
import pytest

from app.rehearsal import gallery
from app.rehearsal.findings import Finding, Verdict
from app.rehearsal.pages import Shown
from app.workbench import rehearsing
from app.workbench.jobs import Job
from app.workbench.study import preview
from app.workbench.working import followed
from study.design import editing, templates
from tests.study.sets import write_set

RATING = templates.template("rating")


@pytest.fixture(autouse=True)
def there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_rehearsal_tells_each_check_and_shows_its_page(tmp_path):
    write_set(tmp_path / "data" / "stimuli" / "default", n_clips=2)
    text = editing.set_value(RATING, ("conditions",), ["original", "my_plug_in"])
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    *_, last = rehearsing.rehearse("study.toml", 3, False)
    assert last.startswith("**No-go: 1 of 13 checks failed; 9 checks left out.**")
    assert "- ✗ **Set and study** The stimulus set does not fit" in last and "my\\_plug\\_in" in last
    assert 'title="The rehearsal"' in rehearsing.page_of(last)
    assert rehearsing.page_of(rehearsing.STOPPED) == ""
    assert "No-go" in (tmp_path / "data" / "rehearsal" / "rehearsal.html").read_text(encoding="utf-8")


def test_a_study_file_that_is_not_there_is_reported_in_a_sentence():
    with pytest.raises(gr.Error, match=r"There is no study file nothing\.toml"):
        list(rehearsing.rehearse("nothing.toml", 3, False))


def test_faults_stand_under_their_check_and_are_no_markdown():
    finding = Finding("Files", Verdict.FAILED, "1 damaged", ("a*b.flac",))
    assert rehearsing.lines_of([finding]) == "- ✗ **Files** 1 damaged\n    - a\\*b.flac"


def test_what_a_thread_tells_and_gives_is_read_in_order():
    def work(reported):
        reported("files", 1, 2)
        yield "found"

    assert list(followed(Job(), work)) == [("files", 1, 2), "found"]
    assert list(followed(Job(), lambda reported: reported("pages", 2, 2))) == [("pages", 2, 2)]


def test_an_error_of_the_work_is_raised_and_a_stop_is_none():
    job = Job()

    def work(reported):
        reported("files", 1, 2)
        raise ValueError("It broke.")

    with job.alone("A test"), pytest.raises(ValueError, match="It broke"):
        list(followed(job, work))
    with job.alone("A test"):
        going = followed(job, lambda reported: [reported("files", n, 10**9) for n in range(10**9)])
        assert next(going) == ("files", 0, 10**9)
        job.stop()
        assert all(each[0] == "files" for each in going) and job.is_stopping


def test_pages_stand_beside_those_of_other_languages(tmp_path):
    names = [("en", "trial"), ("en", "trial"), ("en", "break"), ("de", "trial"), ("de", "break")]
    pages = [Shown(language, name, {"phone": tmp_path / f"{n}.jpg"}) for n, (language, name) in enumerate(names)]
    rows = gallery.by_row(pages)
    assert list(rows) == [("trial", 0), ("trial", 1), ("break", 0)]
    assert set(rows["trial", 0]) == {"en", "de"} and set(rows["trial", 1]) == {"en"}
    written = gallery.write(pages, ["en", "de"], tmp_path).read_text(encoding="utf-8")
    assert written.count("<img ") == 5 and 'src="4.jpg"' in written


def test_pages_of_a_study_without_its_set_are_not_walked():
    with pytest.raises(gr.Error) as refused:
        list(preview.every_page(RATING))
    assert refused.value.message.startswith("No stimulus set in data/stimuli/default")
    assert refused.value.title == "This cannot be done"
