"""A server process of nothing but the study's endpoints, started and killed by the tests and the load benchmark.

`python -m tests.app.study_process PORT DATABASE_URL FOLDER [STUDY_FILE]`
"""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_S = 60


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def start(port: int, *arguments: object, module: str = __name__) -> subprocess.Popen:
    """Start the process and wait until it listens."""
    command = [sys.executable, "-m", module, str(port), *(str(argument) for argument in arguments)]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    for _ in range(START_S * 20):
        if process.poll() is not None:
            raise OSError(f"The server ended with {process.returncode}.")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.05)
    process.kill()
    raise TimeoutError(f"The server did not listen within {START_S} s.")


def kill(process: subprocess.Popen) -> None:
    """End the process as a power cut would: it gets no chance to finish anything."""
    process.send_signal(signal.SIGKILL)
    process.wait()


@contextmanager
def served(*arguments, **options):
    """A running server process, by the arguments of `start`."""
    process = start(*arguments, **options)
    try:
        yield process
    finally:
        kill(process)


def main(port: str, database_url: str, folder: str, file: str | None = None) -> None:
    """Serve until killed."""
    import uvicorn
    from fastapi import FastAPI

    from app.participant import endpoints
    from study.sessions.running import RunningStudy

    running = RunningStudy.open(database_url, file, folder)
    app = FastAPI()
    app.include_router(endpoints.router(running, allow_simulated=True))
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning", access_log=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
