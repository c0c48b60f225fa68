"""A study's server as a program of its own, started and stopped from the workbench."""

from __future__ import annotations

import atexit
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from app.workbench.places import new_folder

READY_S = 120.0
STOPPING_S = 15.0


@dataclass
class Server:
    """`semantic-eq serve` with these options; it ends with the workbench, even one that is killed.

    Attributes
    ----------
    study : the study file.
    database_url : where answers go.
    stimuli_set : the set's name or folder; the study's own without one.
    host, port : where it listens.
    allow_simulated : whether simulated participants may take part.
    frame_ancestors : sites that may show its pages in a frame.
    playground : who may use the playground.
    """

    study: Path
    database_url: str
    stimuli_set: str | None = None
    host: str = "127.0.0.1"
    port: int = 7860
    allow_simulated: bool = False
    frame_ancestors: str = "'none'"
    playground: str = "off"
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _log: Path | None = field(default=None, init=False)

    @property
    def address(self) -> str:
        """Where this machine reaches it."""
        return f"http://{'127.0.0.1' if self.host == '0.0.0.0' else self.host}:{self.port}"

    @property
    def is_running(self) -> bool:
        """Whether the program runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, and return once it answers.

        Raises
        ------
        ValueError
            With the program's own sentence, where it ends instead.
        """
        self._log = new_folder() / "server.log"
        with self._log.open("wb") as log:
            # Not from the working folder: -P keeps Python from taking what lies there for the program.
            command = [sys.executable, "-P", "-m", "app.workbench.child", "serve", *self._options()]
            # Nothing is written to the pipe: it ends with this process, however that ends, and with it the server.
            self._process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.PIPE)
        atexit.register(self.stop)
        until = time.monotonic() + READY_S
        while not self._answers():
            if not self.is_running:
                raise ValueError(self._last_words())
            if time.monotonic() > until:
                self.stop()
                raise ValueError(f"The server did not answer within {READY_S:g} s: is the machine busy?")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop it as Ctrl+C does: answers that are under way are stored first."""
        atexit.unregister(self.stop)
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(STOPPING_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _options(self) -> list[str]:
        given = {
            "--study": self.study,
            "--database-url": self.database_url,
            "--set": self.stimuli_set,
            "--host": self.host,
            "--port": self.port,
            "--frame-ancestors": self.frame_ancestors,
            "--playground": self.playground,
        }
        options = [str(part) for name, value in given.items() if value is not None for part in (name, value)]
        return [*options, "--log", *(["--allow-simulated"] if self.allow_simulated else [])]

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.address}/health/ready", timeout=2).status_code == 200 and self.is_running
        except httpx.HTTPError:
            return False

    def _last_words(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines() if self._log else []
        errors = [line.partition("Error: ")[2] for line in lines if line.startswith("Error: ")]
        return errors[-1] if errors else f"The server ended at once: {' '.join(lines[-1:]) or 'it said nothing'}"


def free_port(first: int) -> int:
    """The first free port of this machine from ``first`` on."""
    for port in range(first, first + 100):
        with socket.socket() as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ValueError(f"No port from {first} to {first + 99} is free: stop other servers.")
