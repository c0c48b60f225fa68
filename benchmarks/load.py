"""Load on the study's endpoints: responses per second against a bare endpoint, and latency under 200 participants.

    python -m benchmarks.load [--seconds 20] [--participants 200]

Each server is a process of its own, the load generator another, on the same machine. The bare endpoint is an `async
def` of FastAPI that inserts one row of a rating through SQLAlchemy and commits it, on a database with the same
settings; a second one commits what arrives together at once, as the study does. All are measured in turn, three times,
and the medians compared.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.app.study_process import free_port, served
from tests.study.answering import answer_to
from tests.study.sets import write_set

CLIENTS = 32
ANSWERS = 60
ROUNDS = 3


class Client:
    """A connection that is kept open: as little work per request as may be, so that the server is what is measured."""

    def __init__(self, port: int) -> None:
        self._port, self._cookie, self._streams = port, "", None

    async def ask(self, method: str, path: str, body: dict | None = None) -> tuple[int, bytes]:
        """One request; status and content. A connection that the server closed for idleness is opened again."""
        content = json.dumps(body).encode() if body is not None else b""
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(content)}\r\n"
        head += f"Content-Type: application/json\r\n{self._cookie}\r\n"
        try:
            return await self._exchange(head.encode() + content)
        except (asyncio.IncompleteReadError, ConnectionError):
            self._streams = None
            return await self._exchange(head.encode() + content)

    async def _exchange(self, request: bytes) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(request)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in answer.split(b"\r\n")[1:]:
            name, _, value = line.partition(b": ")
            if name.lower() == b"content-length":
                length = int(value)
            elif name.lower() == b"set-cookie":
                self._cookie = f"Cookie: {value.split(b';')[0].decode()}\r\n"
        return int(answer[9:12]), await reader.readexactly(length)


class Participant:
    """One simulated participant who answers whatever comes."""

    def __init__(self, port: int) -> None:
        self.client, self.step, self.latencies_s = Client(port), {}, []

    async def start(self) -> None:
        """Begin a session and go on to the first trial."""
        status, content = await self.client.ask("POST", "/api/study/session", {"simulated": True})
        assert_ok(status, content)
        self.step = json.loads(content)["step"]
        while not self.step["is_trial"]:
            await self.answer()
        self.latencies_s.clear()

    async def answer(self) -> None:
        """Answer the step that is shown."""
        start = time.perf_counter()
        body = {"answer": answer_to(self.step), "telemetry": {"rt_ms": 1800.0, "plays": 1, "heard_s": 8.0}}
        status, content = await self.client.ask("POST", f"/api/study/step/{self.step['id']}", body)
        assert_ok(status, content)
        self.latencies_s.append(time.perf_counter() - start)
        self.step = json.loads(content)["step"]

    async def listen(self) -> None:
        """Fetch the sound that comes next, as the page does."""
        if self.step["sounds"]:
            status, content = await self.client.ask("GET", self.step["sounds"][0].partition("#")[0])
            assert_ok(status, content)


def assert_ok(status: int, content: bytes) -> None:
    """Stop at the first answer that is not 200."""
    if status != 200:
        raise SystemExit(f"The server answered {status}: {content[:300]!r}")


async def rate(act: list[Callable[[], Awaitable]]) -> float:
    """Acts per second when clients act one after the other without a pause, each `ANSWERS` times."""
    start = time.perf_counter()

    async def one(number: int) -> None:
        for _ in range(ANSWERS):
            await act[number]()

    await asyncio.gather(*(one(number) for number in range(len(act))))
    return len(act) * ANSWERS / (time.perf_counter() - start)


async def study_rate(port: int) -> float:
    """Responses per second of the study: participants in the middle of it."""
    people = [Participant(port) for _ in range(CLIENTS)]
    await asyncio.gather(*(person.start() for person in people))
    return await rate([person.answer for person in people])


async def bare_rate(port: int, path: str) -> float:
    """Responses per second of a bare endpoint."""

    def acts(client: Client) -> Callable[[], Awaitable]:
        async def act() -> None:
            assert_ok(*(await client.ask("POST", path, {"trial": "k3v9-017", "rating": 5})))

        return act

    return await rate([acts(Client(port)) for _ in range(CLIENTS)])


async def paced(port: int, n: int, every_s: float, seconds: float, listening: bool) -> list[float]:
    """Latencies (s) of ``n`` participants who answer every ``every_s`` seconds, each at a moment of their own."""
    people = [Participant(port) for _ in range(n)]
    for start in range(0, n, 20):
        await asyncio.gather(*(person.start() for person in people[start : start + 20]))
    start = time.perf_counter() + 0.5

    async def one(number: int) -> None:
        person, due = people[number], start + every_s * number / n
        while due < start + seconds and not person.step["ends"]:
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            if listening:
                await person.listen()
            await person.answer()
            due += every_s

    await asyncio.gather(*(one(number) for number in range(n)))
    return sorted(latency for person in people for latency in person.latencies_s)


def compare(folder: Path) -> dict[str, float]:
    """Median rates of the study and of the bare endpoints, measured in turn."""
    port, bare_port = free_port(), free_port()
    with (
        served(port, f"sqlite:///{folder}/rate.sqlite", write_set(folder / "set")),
        served(bare_port, f"sqlite:///{folder}/bare.sqlite", module="benchmarks.bare"),
    ):
        contestants = {
            "study": lambda: study_rate(port),
            "bare": lambda: bare_rate(bare_port, "/rating"),
            "bare, commits grouped": lambda: bare_rate(bare_port, "/grouped"),
        }
        rounds = [{name: asyncio.run(measure()) for name, measure in contestants.items()} for _ in range(ROUNDS)]
    return {name: statistics.median(found[name] for found in rounds) for name in contestants}


def latencies(folder: Path, n: int, every_s: float, seconds: float, listening: bool, clip_s: float) -> list[float]:
    """Latencies (s) of one paced run on a new database."""
    port = free_port()
    name = f"{n}-{listening}"
    with served(port, f"sqlite:///{folder}/{name}.sqlite", write_set(folder / name, duration_s=clip_s)):
        return asyncio.run(paced(port, n, every_s, seconds, listening))


def row(name: str, values_s: list[float]) -> str:
    """One line of the table of latencies."""
    cuts = statistics.quantiles(values_s, n=100)
    return f"| {name} | {len(values_s)} | " + " | ".join(f"{1000 * cuts[p - 1]:.0f}" for p in (50, 95, 99)) + " |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each paced run")
    parser.add_argument("--participants", type=int, default=200, help="participants who answer every second")
    options = parser.parse_args()
    print(f"{platform.system()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory(prefix="semantic-eq-load-") as name:
        folder = Path(name)
        rates = compare(folder)
        print(
            f"| {CLIENTS} clients without a pause | responses/s | study's ratio to it (goal 0.5) |\n| --- | --- | --- |"
        )
        for name, per_s in rates.items():
            print(f"| {name} | {per_s:.0f} | {rates['study'] / per_s:.2f} |")
        print()
        print("| load | responses | p50 ms | p95 ms | p99 ms |\n| --- | --- | --- | --- | --- |")
        n = options.participants
        print(row(f"{n} answering every second", latencies(folder, n, 1.0, options.seconds, False, 0.05)))
        slow = latencies(folder, n // 2, 10.0, max(options.seconds, 30.0), True, 60.0)
        print(row(f"{n // 2} fetching every clip, answering every 10 s", slow))


if __name__ == "__main__":
    main()
