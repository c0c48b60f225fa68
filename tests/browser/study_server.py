"""The whole application over a shortened study: in this process, or in one of its own that can be killed.

`python -m tests.browser.study_server PORT DATABASE_URL FOLDER STUDY_FILE`
"""

import json
import sys
import threading
import tomllib
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from app.server import create_app
from app.settings import Settings
from study import definition

TOKEN = "a-token-for-tests-only"
# One word, two conditions, three clips: six trials.
SHORT = {
    "descriptors": None,
    "conditions": ["original", "semantic"],
    "design": {"order": "blocked", "hear_share": 1.0},
    "checks": {"attention": 0},
    "headphones": None,
    "practice": {"trials": 1},
    "breaks": None,
}


def write_study(file: Path, n_descriptors: int = 1, **tables: object) -> Path:
    """Write the shipped study file but for some tables (None leaves one out) and with fewer descriptors."""
    shipped = tomllib.loads(definition.SHIPPED.read_text(encoding="utf-8"))
    table = shipped | SHORT | {"descriptors": shipped["descriptors"][:n_descriptors]} | tables
    file.write_text(json.dumps({key: value for key, value in table.items() if value is not None}), encoding="utf-8")
    return file


def application(database_url: str, folder: str | Path, file: str | Path):
    """The application as `semantic-eq serve` runs it."""
    return create_app(Settings(database_url=database_url, stimuli=folder, study_file=file, admin_token=TOKEN))


def configured(app, port: int) -> uvicorn.Server:
    """A server of `app` on 127.0.0.1."""
    return uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", access_log=False))


@contextmanager
def in_thread(app, port: int):
    """Serve `app` from a thread; gives its address once it listens."""
    server = configured(app, port)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while thread.is_alive() and not server.started:
        thread.join(0.02)
    if not server.started:
        raise OSError(f"The server on port {port} did not start.")
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


if __name__ == "__main__":
    configured(application(*sys.argv[2:]), int(sys.argv[1])).run()
