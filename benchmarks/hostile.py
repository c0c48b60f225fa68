"""The study's answers while a crowd attacks the playground of the same server, and the server's memory over time.

    python -m benchmarks.hostile [--seconds 20] [--participants 200]     with and without the crowd
    python -m benchmarks.hostile --minutes 10                            participants only, memory every minute

The server is `semantic-eq serve` as it is, with an open playground, on SQLite; its answers to participants who answer
every second are timed. The crowd has eight addresses (of the loopback network), each with sixty requests for curves of
ever new blends at a time, two uploads that never end, and exports of audio; what is refused comes again after 50 ms. It
is a process of its own, of low priority: strangers bring their own processors.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path

import httpx

from benchmarks.load import Participant, row
from benchmarks.timing import machine
from tests.app.deployed import served
from tests.app.study_process import free_port
from tests.study.sets import write_set

API = "/api/playground"
ADDRESSES, CURVES_AT_ONCE, ENDLESS_UPLOADS = 8, 60, 2
MEMORY_REQUESTS, MEMORY_EVERY = 500, 100


@contextmanager
def server(folder: Path):
    """A real server with an open playground; gives its port and process id."""
    port = free_port()
    options = ("--set", write_set(folder / "set", duration_s=10.0), "--playground", "open", "--allow-simulated")
    with served(folder / "server", port, *options, "--no-log") as process:
        yield port, process.pid


def resident_mb(pid: int) -> dict[str, float]:
    """Memory of the server's own process, and of the playground's."""
    children = [
        int(child) for task in Path(f"/proc/{pid}/task").glob("*/children") for child in task.read_text().split()
    ]
    return {"server": _resident_mb(pid), "playground": sum(_resident_mb(child) for child in children)}


def _resident_mb(pid: int) -> float:
    try:
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0.0
    return int(found[1]) / 1000 if found else 0.0


async def participate(port: int, n: int, seconds: float, listening: bool = False) -> list[float]:
    """Latencies (s) of ``n`` participants who answer every second; who has finished is followed by another."""
    people = [Participant(port) for _ in range(n)]
    for start in range(0, n, 20):
        await asyncio.gather(*(person.start() for person in people[start : start + 20]))
    start, found = time.perf_counter() + 0.5, []

    async def one(number: int) -> None:
        person, due = people[number], start + number / n
        while due < start + seconds:
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            if person.step["kind"] == "finished":
                found.extend(person.latencies_s)
                person = people[number] = Participant(port)
                await person.start()
            if listening:
                await person.listen()
            await person.answer()
            due += 1.0

    await asyncio.gather(*(one(number) for number in range(n)))
    return found + [latency for person in people for latency in person.latencies_s]


class Crowd:
    """Clients of the playground with bad intentions."""

    def __init__(self, port: int) -> None:
        self.port, self.answers, self.uploads_open = port, Counter(), 0

    async def attack(self) -> None:
        """Go on until cancelled."""
        async with self._client("127.0.0.1") as client:
            clip = (await client.post(f"{API}/built-in", json={"name": "piano"})).raise_for_status().json()["clip"]
        async with asyncio.TaskGroup() as tasks:
            for number in range(ADDRESSES):
                host = f"127.0.3.{number + 1}"
                client = self._client(host)
                for turn in range(CURVES_AT_ONCE):
                    tasks.create_task(self._curves(client, clip, turn))
                tasks.create_task(self._exports(client, clip))
                for _ in range(ENDLESS_UPLOADS):
                    tasks.create_task(self._endless(host))

    def _client(self, host: str) -> httpx.AsyncClient:
        transport = httpx.AsyncHTTPTransport(local_address=host, limits=httpx.Limits(max_connections=None))
        return httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=120, transport=transport)

    async def _ask(self, what: str, client: httpx.AsyncClient, body: dict) -> None:
        try:
            answer = await client.post(f"{API}/{what}", json=body)
        except httpx.TransportError:
            self.answers[what, 0] += 1
            return
        self.answers[what, answer.status_code] += 1
        await asyncio.sleep(0.05 if answer.status_code == 429 else 0)

    async def _curves(self, client: httpx.AsyncClient, clip: str, turn: int) -> None:
        share = turn / CURVES_AT_ONCE
        while True:
            share = (share + 0.000_1) % 1
            await self._ask(
                "curves", client, {"clip": clip, "descriptors": {"warm": share, "bright": 0.5, "airy": 0.7}}
            )

    async def _exports(self, client: httpx.AsyncClient, clip: str) -> None:
        wanted = {"clip": clip, "descriptors": {"warm": 1}, "condition": "semantic", "intensity": 0.5, "format": "flac"}
        while True:
            await self._ask("download", client, wanted)

    async def _endless(self, host: str) -> None:
        while True:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(host, 0))
            writer.write(f"POST {API}/clips HTTP/1.1\r\nHost: a\r\nContent-Length: 30000000\r\n\r\n".encode())
            try:
                while not reader.at_eof():
                    writer.write(bytes(20_000))
                    await writer.drain()
                    await asyncio.wait_for(reader.read(4096), 1)
            except TimeoutError:
                continue
            except ConnectionError:
                pass
            finally:
                writer.close()
            self.answers["endless upload ended", 0] += 1


def _attack(port: int, ended: Event, answers: Queue) -> None:
    """The crowd's process: it takes what the server leaves of the machine, as strangers bring machines of their own."""
    os.nice(10)
    crowd = Crowd(port)

    async def until_ended() -> None:
        attack = asyncio.create_task(crowd.attack())
        while not ended.is_set():
            await asyncio.sleep(0.2)
        attack.cancel()
        await asyncio.gather(attack, return_exceptions=True)

    asyncio.run(until_ended())
    answers.put(crowd.answers)


@contextmanager
def attacked(port: int) -> Iterator[Counter[tuple[str, int]]]:
    """A crowd at work meanwhile; what it was answered is there at the end."""
    processes = multiprocessing.get_context("spawn")
    ended, found, answers = processes.Event(), processes.Queue(), Counter()
    process = processes.Process(target=_attack, args=(port, ended, found))
    process.start()
    time.sleep(5)
    try:
        yield answers
    finally:
        ended.set()
        answers.update(found.get(timeout=60))
        process.join()


def memory_over_requests(port: int, pid: int) -> list[dict[str, float]]:
    """Memory (MB) before, and after every hundred of five hundred uploads with curves and an export each."""
    import io

    import soundfile

    from stimuli.music.clips import built_in

    file, found = io.BytesIO(), []
    soundfile.write(file, built_in("rock").T, 44_100, format="FLAC")
    with httpx.Client(base_url=f"http://127.0.0.1:{port}{API}", timeout=300, trust_env=False) as client:
        for number in range(MEMORY_REQUESTS // 3 + 1):
            clip = client.post("/clips", content=file.getvalue()).raise_for_status().json()["clip"]
            words = {"clip": clip, "descriptors": {"warm": number / 200, "bright": 0.5}}
            client.post("/curves", json=words).raise_for_status()
            more = {"condition": "semantic", "intensity": 0.5, "format": "flac"}
            client.post("/download", json=words | more).raise_for_status()
            if 3 * number % MEMORY_EVERY < 3:
                found.append({"requests": 3 * number} | resident_mb(pid))
    return found


async def steady(port: int, pid: int, n: int, minutes: float) -> None:
    """Print the memory (MB) every minute while participants come, listen, answer and are followed by others."""
    start = time.monotonic()

    async def watch() -> None:
        while True:
            memory = resident_mb(pid)["server"]
            print(f"| {(time.monotonic() - start) / 60:.1f} | {memory:.0f} | {os.getloadavg()[0]:.1f} |", flush=True)
            await asyncio.sleep(60)

    print("| min | server MB | load |\n| ---: | ---: | ---: |", flush=True)
    watching = asyncio.create_task(watch())
    found = await participate(port, n, 60 * minutes, listening=True)
    watching.cancel()
    print(f"\n| load | responses | p50 ms | p95 ms | p99 ms |\n| --- | --- | --- | --- | --- |\n{row(f'{n}', found)}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each run")
    parser.add_argument("--participants", type=int, default=200, help="participants who answer every second")
    parser.add_argument("--minutes", type=float, help="measure the memory over so long a time, without a crowd")
    options = parser.parse_args()
    n = options.participants
    print(f"On {machine()}:\n")
    with tempfile.TemporaryDirectory(prefix="semantic-eq-hostile-") as name, server(Path(name)) as (port, pid):
        if options.minutes:
            asyncio.run(steady(port, pid, n, options.minutes))
            return
        quiet = asyncio.run(participate(port, n, options.seconds))
        with attacked(port) as answers:
            loud = asyncio.run(participate(port, n, options.seconds))
        print("| load | responses | p50 ms | p95 ms | p99 ms |\n| --- | --- | --- | --- | --- |")
        print(f"{row(f'{n} answering every second', quiet)}\n{row('the same beside the crowd', loud)}\n")
        print(
            "The crowd was answered:", ", ".join(f"{what} {code}: {n}" for (what, code), n in sorted(answers.items()))
        )
        print("\n| requests | server MB | playground MB |\n| ---: | ---: | ---: |")
        for found in memory_over_requests(port, pid):
            print(f"| {found['requests']} | {found['server']:.0f} | {found['playground']:.0f} |")


if __name__ == "__main__":
    main()
