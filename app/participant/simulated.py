"""Simulated participants at a running study: the same requests as the browser's, in the same order.

Like the page, a participant keeps an answer until it is acknowledged: when the server is away it waits, longer each
time, and sends the same answer again.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from http.cookies import SimpleCookie
from typing import Any, TextIO
from urllib.parse import urljoin

import httpx

from app.participant.endpoints import COOKIE
from app.participant.masking import unmask
from app.participant.own_words import own_words
from study.design.listeners import Ear, Listener, Model
from study.design.personal import CONDITION, PROBE
from study.design.stimuli import Stimulus, StimulusSet

FIRST_PAUSE_S, LONGEST_PAUSE_S, LONGEST_START_S = 0.1, 2.0, 20.0
TIMEOUT_S = 30.0
MAX_STEPS = 100_000
_MADE = Stimulus("", "stimulus", None, CONDITION, None, None, "", 0.0)  # made for this listener: no set tells its clip


@dataclass
class Tally:
    """What has happened so far."""

    responses: int = 0
    finished: int = 0
    dropped_out: int = 0
    retries: int = 0
    latencies_s: list[float] = field(default_factory=list)


@dataclass
class Crowd:
    """Simulated participants of one study.

    Parameters
    ----------
    url : str
        Where the server answers; its participants' page does too. Several replicas are separated by commas: who finds
        one away asks the next.
    model : Model
        How the listeners answer.
    stimuli : StimulusSet or None
        What they can recognise by its SHA-256; None: they hear nothing, and no effect is in their ratings.
    seed : int
        Fixes the listeners (not the orders, which are the server's).
    wait_s : float
        How long the server may be away.
    think_s : float
        Pause before each answer.
    fetch_audio : bool
        Fetch each sound, as a browser does, where there is no set to recognise it by; else each is fetched anyway.
    arrivals : list of dict
        What each participant brings for the start, members of `POST /api/study/session` such as ``parameters``; one who
        finds none brings an id of their own where the study wants one.
    log : text file, optional
        Gets one JSON line per acknowledged rating: session, trial, rating.
    on_answer : callable
        Called after each acknowledged response.
    """

    url: str
    model: Model
    stimuli: StimulusSet | None = None
    seed: int = 0
    wait_s: float = 300.0
    think_s: float = 0.0
    fetch_audio: bool = False
    arrivals: list[dict[str, Any]] = field(default_factory=list)
    log: TextIO | None = None
    on_answer: Callable[[], None] = lambda: None
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        self.urls = [url.strip().rstrip("/").removesuffix("/study") + "/" for url in self.url.split(",")]
        # The sound that a level is set with is a copy of a stimulus: as which it is heard in a trial.
        rows = sorted(self.stimuli.rows if self.stimuli else (), key=lambda row: row.kind in ("stimulus", PROBE))
        self._by_sha256: dict[str, Stimulus] = {row.sha256: row for row in rows}
        self._id_parameters: list[str] = []
        content = self.stimuli.content["stimuli"] if self.stimuli else []
        self._probes = {row["id"]: row for row in content if row["kind"] == PROBE}

    def run(self, n: int, concurrency: int) -> Tally:
        """Take ``n`` participants through the study, ``concurrency`` at a time."""
        asyncio.run(self._run(n, concurrency))
        return self.tally

    def welcome(self) -> dict[str, Any]:
        """What the study says of itself; a server that is just starting is waited for.

        Raises
        ------
        ValueError
            When no study answers there.
        """
        until, tls = time.monotonic() + min(self.wait_s, LONGEST_START_S), httpx.create_ssl_context()
        while True:
            try:
                address = urljoin(self.urls[0], "api/study")
                shown = httpx.get(address, timeout=TIMEOUT_S, verify=tls, trust_env=False).json()
                self._id_parameters = shown["id_parameters"] if shown["id_required"] else []
                return {"trials": shown["trials"], "minutes": shown["minutes"]}
            except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
                if time.monotonic() > until:
                    raise ValueError(
                        f"No study answers at {self.urls[0]}: start one with `semantic-eq serve --allow-simulated`, "
                        "or name another with --url."
                    ) from None
            time.sleep(0.5)

    async def _run(self, n: int, concurrency: int) -> None:
        gate, tls = asyncio.Semaphore(concurrency), httpx.create_ssl_context()
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))

        async def one(number: int) -> None:
            # Each has a connection of their own, as a browser has: a pool that all share looks through all at each
            # request. No proxy of the environment is asked, but certificates named by $SSL_CERT_FILE are trusted.
            way = httpx.AsyncHTTPTransport(verify=tls, trust_env=False)
            async with gate, httpx.AsyncClient(timeout=TIMEOUT_S, transport=way, cookies=no_cookies) as client:
                await _Participant(self, client, number).take_part()

        async with asyncio.TaskGroup() as group:
            for number in range(n):
                group.create_task(one(number))

    def arrival(self, number: int) -> dict[str, Any]:
        """What a participant brings for the start."""
        if number < len(self.arrivals):
            return self.arrivals[number]
        own = secrets.token_hex(4)
        return {"parameters": dict.fromkeys(self._id_parameters, own)} if self._id_parameters else {}

    def recognise(self, reply: httpx.Response, address: str) -> Stimulus | None:
        """The sound that was fetched from this address."""
        sha256 = hashlib.sha256(unmask(reply.content, address)).hexdigest()
        return self._by_sha256.get(sha256, _MADE if self._probes else None)

    def ear(self, seed: str) -> Ear | None:
        """A listener's own words, by which probes are judged; None where the set has no probes."""
        return own_words(self._probes, seed) if self._probes else None

    def acknowledged(self, session: str, step: dict[str, Any], answer: dict[str, Any]) -> None:
        """Count a response; a rating goes to the log."""
        self.tally.responses += 1
        if self.log and "rating" in answer:
            line = {"session": session, "trial": step["id"], "rating": answer["rating"]}
            self.log.write(json.dumps(line) + "\n")
            self.log.flush()
        self.on_answer()


class _Participant:
    """One listener's way through the study."""

    def __init__(self, crowd: Crowd, client: httpx.AsyncClient, number: int) -> None:
        self._crowd, self._client, self._server = crowd, client, number
        self._brings = crowd.arrival(number)
        seed = f"{crowd.seed}/{number}"
        self._listener = Listener(crowd.model, seed, crowd.ear(seed))
        self._headers = {"X-Page": secrets.token_hex(8)}

    async def take_part(self) -> None:
        started = await self._ask("POST", "api/study/session", self._brings | {"simulated": True})
        cookie = SimpleCookie(started.headers.get("set-cookie", "")).get(COOKIE)
        if cookie is None:
            raise ValueError(f"{self._url} started a session without a cookie: is it a study of this version?")
        self._headers["Cookie"] = f"{COOKIE}={cookie.value}"
        session, step = started.json()["session"], started.json()["step"]
        for _ in range(MAX_STEPS):
            if step["ends"]:
                self._crowd.tally.finished += 1
                return
            if self._listener.leaves(step["progress"]):
                self._crowd.tally.dropped_out += 1
                return
            step = await self._answer(session, step)
        raise ValueError(f"Session {session} did not come to an end after {MAX_STEPS} steps.")

    @property
    def _url(self) -> str:
        return self._crowd.urls[self._server % len(self._crowd.urls)]

    async def _answer(self, session: str, step: dict[str, Any]) -> dict[str, Any]:
        """Answer a step; returns the next."""
        heard = await self._hear(step)
        if self._crowd.think_s:
            await asyncio.sleep(self._crowd.think_s)
        answer, telemetry = self._listener.answer(step, heard), self._listener.telemetry(step)
        body = {"answer": answer, "telemetry": telemetry}
        started = time.perf_counter()
        reply = await self._ask("POST", f"api/study/step/{step['id']}", body)
        self._crowd.tally.latencies_s.append(time.perf_counter() - started)
        content = reply.json()
        if content.get("saved"):
            self._crowd.acknowledged(session, step, answer)
        elif content.get("error") == "too_early":
            await asyncio.sleep(content["retry_after_s"])
        return content.get("step", step)

    async def _hear(self, step: dict[str, Any]) -> list[Stimulus | None]:
        sounds = step["sounds"]
        if self._crowd.stimuli is None and not self._crowd.fetch_audio:
            return [None] * len(sounds)
        replies = [await self._ask("GET", sound) for sound in sounds]
        return [self._crowd.recognise(reply, sound) for reply, sound in zip(replies, sounds, strict=True)]

    async def _ask(self, method: str, address: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """Send until there is an answer; a refusal that no retry can mend is the experimenter's to know."""
        pause_s, since = FIRST_PAUSE_S, time.monotonic()
        while True:
            try:
                url = urljoin(self._url, address)
                reply = await self._client.request(method, url, json=body, headers=self._headers)
                if reply.status_code < 500:
                    return self._checked(reply)
                trouble = f"answered {reply.status_code}"
            except httpx.TransportError as error:
                trouble = str(error) or type(error).__name__
            if time.monotonic() - since > self._crowd.wait_s:
                raise ValueError(
                    f"The server at {self._url} has been away for {self._crowd.wait_s:g} s ({trouble}): "
                    "start it again, or let --wait be longer."
                )
            self._server += 1
            self._crowd.tally.retries += 1
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 1.6, LONGEST_PAUSE_S)

    def _checked(self, reply: httpx.Response) -> httpx.Response:
        if reply.status_code < 400:
            return reply
        content = reply.json() if "json" in reply.headers.get("content-type", "") else {}
        if "step" in content or content.get("error") == "too_early":
            return reply
        said = content.get("message") or f"{reply.request.url} answered {reply.status_code}."
        raise ValueError(said)
