"""What holds answers, ids or secrets can be read by its owner only, whatever the umask and whoever made it before."""

import os
import sqlite3
import stat

import pytest

from app.settings import admin_token
from study.records import export
from study.sessions.running import RunningStudy
from study.storage import private
from study.storage.backup import backup
from tests.study.test_export import take_part
from tests.study.test_plan import shipped

SMALL = {"clips": ["clip0", "clip1", "clip2"], "checks": {"attention": 1}}


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o277], ids=oct)
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def rights(folder) -> dict[str, str]:
    """The mode of everything in a folder."""
    return {str(path.relative_to(folder)): oct(stat.S_IMODE(path.stat().st_mode)) for path in folder.rglob("*")}


def opened(folder, noises):
    return RunningStudy.open(f"sqlite:///{folder}/data/study.sqlite", shipped(**SMALL), noises)


def test_database_backup_export_and_token_are_their_owners_only(tmp_path, noises, umask):
    running = opened(tmp_path, noises)
    take_part(running)
    backup(running.engine, tmp_path / "backups/copy.sqlite")
    export.write(running.engine, tmp_path / "export", identifiers=True)
    assert len(admin_token(tmp_path / "data")) == 32
    found = rights(tmp_path)
    running.close()
    folders = {name: mode for name, mode in found.items() if (tmp_path / name).is_dir()}
    assert folders == dict.fromkeys(("data", "backups", "export"), "0o700")
    files = {name: mode for name, mode in found.items() if name not in folders}
    assert {"data/study.sqlite", "data/study.sqlite-wal", "data/study.sqlite-shm", "data/admin-token"} <= set(files)
    assert {"export/sessions.csv", "export/sessions.parquet", "export/bundle.zip", "backups/copy.sqlite"} <= set(files)
    assert set(files.values()) == {"0o600"}


def test_what_was_left_open_to_others_is_closed(tmp_path, noises):
    opened(tmp_path, noises).close()
    other = sqlite3.connect(tmp_path / "data/study.sqlite")  # another program keeps the log and its index there
    other.execute("BEGIN").execute("SELECT * FROM study").fetchall()
    (tmp_path / "export").mkdir()
    for path in [*(tmp_path / "data").iterdir(), tmp_path / "export"]:
        path.chmod(0o755)
    for name in ("sessions.csv", "bundle.zip", "bundle.zip.part"):
        (tmp_path / "export" / name).touch(0o644)
    admin_token(tmp_path / "data")
    (tmp_path / "data/admin-token").chmod(0o644)
    admin_token(tmp_path / "data")
    running = opened(tmp_path, noises)
    take_part(running)
    export.write(running.engine, tmp_path / "export")
    found = {name: mode for name, mode in rights(tmp_path).items() if (tmp_path / name).is_file()}
    running.close()
    other.close()
    assert set(found.values()) <= {"0o600", "0o700"} and found["export/sessions.csv"] == "0o600"


@pytest.mark.parametrize(("mode", "closed"), [(0o444, 0o400), (0o640, 0o600), (0o600, 0o600), (0o601, 0o600)])
def test_the_owners_own_rights_stay(tmp_path, mode, closed):
    (tmp_path / "file").touch()
    (tmp_path / "file").chmod(mode)
    private.close_to_others(tmp_path / "file")
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == closed
