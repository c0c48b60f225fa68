"""A study is frozen once created: another file or set is refused, with the difference, unless a new one is created."""

import json
import shutil

import pytest
from sqlalchemy import select

from study.design import definition
from study.sessions.running import RunningStudy
from study.storage.database import reading
from study.storage.models import Study
from tests.study.test_plan import shipped


@pytest.fixture
def address(tmp_path):
    return f"sqlite:///{tmp_path}/study.sqlite"


def opened(*arguments, **options):
    """Open and close a study; returns it."""
    running = RunningStudy.open(*arguments, **options)
    running.close()
    return running


def test_the_same_file_goes_on_with_the_study_and_no_file_takes_the_stored_one(address, noises):
    changed = shipped(title="Another title")
    first = opened(address, changed, noises)
    assert opened(address, changed, noises).study_id == first.study_id
    assert opened(address, None, noises).definition.title == "Another title"


def test_a_changed_file_is_refused_with_the_difference(address, noises):
    opened(address, shipped(), noises)
    with pytest.raises(ValueError, match="has changed since the study was created") as raised:
        opened(address, shipped(scale={"low": 1, "high": 9}), noises)
    lines = [line.strip() for line in str(raised.value).splitlines()[1:]]
    assert lines == ['-  "high": 7,', '+  "high": 9,']


def test_a_changed_set_is_refused_with_the_difference(tmp_path, address, noises):
    folder = shutil.copytree(noises, tmp_path / "set")
    opened(address, None, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["stimuli"][0]["sha256"] = "f" * 64
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=4))
    with pytest.raises(ValueError, match=r"The stimulus set .* has changed(.|\n)*\+ *\"sha256\": \"ffff"):
        opened(address, None, folder)


def test_a_new_study_may_be_begun_beside_the_old_one(address, noises):
    old = opened(address, None, noises)
    new = opened(address, shipped(title="Second"), noises, create=True)
    assert new.study_id == old.study_id + 1 and opened(address, None, noises).study_id == new.study_id
    with reading(new.engine) as connection:
        rows = connection.execute(select(Study.definition_sha256).order_by(Study.id)).scalars().all()
    assert rows == [definition.load().sha256, shipped(title="Second").sha256]
    new.engine.dispose()


def test_the_order_of_answers_is_the_files_whether_it_is_given_again_or_not(address, noises):
    """Keys are sorted where equality is tested; what participants see is not."""
    opened(address, None, noises)
    for again in (None, definition.load()):
        questions = opened(address, again, noises).definition.questionnaire.questions
        assert [list(question.options) for question in questions] == [
            list(question.options) for question in definition.load().questionnaire.questions
        ]
