"""The whole application over a shortened study: in this process, or in one of its own that can be killed."""

import json
import multiprocessing
import socket
import threading
import tomllib
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from app.server import create_app
from app.settings import Settings
from study.design import definition

# Server processes are forked from one that has imported everything, since imports are most of a server's start.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])
TOKEN = "a-token-for-tests-only"
# One word, two conditions, three clips: six trials.
SHORT = {
    "descriptors": None,
    "conditions": ["original", "semantic"],
    "design": {"order": "blocked", "min_listened_fraction": 1.0},
    "checks": {"attention": 0},
    "headphones": None,
    "practice": {"trials": 1},
    "breaks": None,
    "blocks": None,
}


def write_study(file: Path, n_descriptors: int = 1, **tables: object) -> Path:
    """Write the shipped study file but for some tables (None leaves one out) and with fewer descriptors."""
    shipped = tomllib.loads(definition.SHIPPED.read_text(encoding="utf-8"))
    table = shipped | SHORT | {"descriptors": shipped["descriptors"][:n_descriptors]} | tables
    file.write_text(json.dumps({key: value for key, value in table.items() if value is not None}), encoding="utf-8")
    return file


def application(database_url: str, folder: str | Path, file: str | Path):
    """The application as `semantic-eq serve` runs it, without the playground."""
    given = {"database_url": database_url, "stimuli": folder, "study_file": file, "admin_token": TOKEN}
    return create_app(Settings(**given, playground="off"))


def configured(app, port: int) -> uvicorn.Server:
    """A server of `app` on 127.0.0.1."""
    return uvicorn.Server(
        uvicorn.Config(
            app, host="127.0.0.1", port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=10
        )
    )


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


def run(port: int, *arguments: str | Path) -> None:
    """Serve the application of these arguments until killed."""
    configured(application(*arguments), port).run()


@contextmanager
def in_process(port: int, *arguments: str | Path):
    """Serve from a process of its own, which can be killed; gives it once it listens."""
    process = FORKS.Process(target=run, args=(port, *arguments), daemon=True)
    process.start()
    try:
        wait_until_listening(process, port)
        yield process
    finally:
        process.kill()
        process.join()


def wait_until_listening(process, port: int) -> None:
    """Return when the port answers."""
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        process.join(0.05)
        if process.exitcode is not None:
            raise OSError(f"The server on port {port} ended with {process.exitcode}.")
