"""Every page that a participant meets, walked in a headless browser in every language, photographed and answered.

A page that looks like one that was met (the same texts but for numbers) is answered over HTTP, so that a study of an
hour is walked in minutes. The session is a simulated one: breaks have no minimum, and a page is answered by its own
controls once its sounds have passed, which they do faster.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.rehearsal import browsers, slow_line
from app.rehearsal.findings import Finding, Tell, Verdict, counted, found
from app.rehearsal.listeners import MODEL
from study.design.listeners import Listener

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

PAGES = "Pages in a browser"
SIZES = {"desktop": (1100, 800), "phone": (390, 780)}
ANSWERED_MS, SHOWN_MS = 20_000, 30_000
WALKER = Path(__file__).with_name("walker.js")
OF_THE_MOMENT = ("id", "sounds", "prefetch", "progress", "level_db")
PLACEHOLDER = re.compile(r"\{\w+\}")


@dataclass(frozen=True)
class Shown:
    """A page as it was photographed: its photographs by size, and what is wrong with it."""

    language: str
    name: str
    photographs: Mapping[str, Path]
    faults: tuple[str, ...] = ()


@dataclass
class Walked:
    """What was seen: pages, faults of the whole, bytes before the first page, seconds to a sound on a slow line."""

    pages: list[Shown] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    page_bytes: int | None = None
    first_sound_s: float | None = None


def finding(walked: Walked, languages: Sequence[str]) -> Finding:
    """Judge what was seen."""
    faults = [f"{page.name} in {page.language}: {fault}." for page in walked.pages for fault in page.faults]
    return found(
        PAGES,
        [*walked.faults, *faults],
        f"{counted(len(walked.pages), 'page')} shown and answered in {', '.join(languages)}, on a desktop and a phone",
        f"{counted(len(walked.faults) + len(faults), 'fault')} on {counted(len(walked.pages), 'page')}",
    )


def not_walked(reason: str, *, wished: bool) -> Finding:
    """Say why no page was walked: as was wished, or because something is missing, which is a no-go."""
    return Finding(PAGES, Verdict.OMITTED if wished else Verdict.FAILED, f"not walked: {reason}")


def walk(
    address: str, languages: Sequence[str], arrivals: Sequence[dict[str, Any]], n_steps: int, out: Path, tell: Tell
) -> Walked:
    """Walk the study at an address once in each language; photographs go to ``out``."""
    walked = Walked()
    out.mkdir(parents=True, exist_ok=True)
    with browsers.chromium() as browser:
        for number, (language, arrival) in enumerate(zip(languages, arrivals, strict=True)):
            way = _Way(browser, address, language, out, walked)
            for step in way.steps(arrival):
                tell(number * n_steps + min(step + 1, n_steps), len(languages) * n_steps)
    return walked


class _Way:
    """One session in one language."""

    def __init__(self, browser: Browser, address: str, language: str, out: Path, walked: Walked) -> None:
        self._address, self._language, self._out, self._walked = address, language, out, walked
        width, height = SIZES["desktop"]
        self._context: BrowserContext = browser.new_context(
            locale=language, viewport={"width": width, "height": height}, reduced_motion="reduce"
        )
        self._context.set_default_timeout(SHOWN_MS)
        self._troubles: list[str] = []
        self._page: Page = self._context.new_page()
        self._page.add_init_script(path=WALKER)
        self._listener = Listener(MODEL, f"walk {language}", lambda sound: 0.0)
        self._requests: list[Any] = []
        self._watch()

    def steps(self, arrival: dict[str, Any]) -> Iterator[int]:
        """Go the whole way; gives the place of each step that was answered."""
        met: set[str] = set()
        try:
            self._page.goto(f"{self._address}/study/")
            self._await("start")
            self._walked.page_bytes = self._walked.page_bytes or self._fetched()
            self._photograph("start")
            step = self._begin(arrival)
            while not step["ends"]:
                look = look_of(step)
                step = self._answered_over_http(step) if look in met else self._walked_through(step)
                met.add(look)
                yield step["progress"]["done"]
            self._show(step)
            self._photograph(step["kind"])
        except browser_error() as error:
            self._walked.faults.append(f"The way in {self._language} broke off: {str(error).splitlines()[0]}.")
        finally:
            self._context.close()

    def _watch(self) -> None:
        """Note what goes wrong on a page, and what it fetches."""
        self._context.on("weberror", lambda error: self._troubles.append(f"an error of its script, {error.error}"))
        self._page.on("request", lambda request: self._is_ours(request.url))
        self._page.on("response", lambda response: self._is_answered(response.status, response.url))
        self._page.on("requestfinished", lambda request: self._requests.append(request))

    def _is_ours(self, url: str) -> None:
        if not url.startswith((self._address, "data:", "blob:")):
            self._troubles.append(f"it asked another machine, {url.split('/')[2]}")

    def _is_answered(self, status: int, url: str) -> None:
        if status >= 400:
            self._troubles.append(f"{url.removeprefix(self._address)} answered {status}")

    def _fetched(self) -> int:
        return sum(request.sizes()["responseBodySize"] for request in self._requests)

    def _begin(self, arrival: dict[str, Any]) -> dict[str, Any]:
        """Begin a simulated session, whose cookie the page then has."""
        return self._ask("POST", "session", arrival | {"simulated": True, "language": self._language})["step"]

    def _answered_over_http(self, step: dict[str, Any]) -> dict[str, Any]:
        heard = [None] * len(step["sounds"])
        body = {"answer": self._listener.answer(step, heard), "telemetry": self._listener.telemetry(step)}
        return self._ask("POST", f"step/{step['id']}", body)["step"]

    def _walked_through(self, step: dict[str, Any]) -> dict[str, Any]:
        """Show a page, photograph it, and answer it by its own controls."""
        self._show(step)
        if step["sounds"] and self._walked.first_sound_s is None:
            self._walked.first_sound_s = slow_line.first_sound_s(self._page)
            self._show(step)
        number = self._photograph(step["kind"])
        try:
            self._page.evaluate("limit_ms => window.rehearse(limit_ms)", ANSWERED_MS)
        except browser_error() as error:
            said = str(error).splitlines()[0].partition("Error: ")[2] or str(error).splitlines()[0]
            self._blame(number, said)
            return self._answered_over_http(step)
        return self._ask("GET", "step")["step"]

    def _show(self, step: dict[str, Any]) -> None:
        """Have the page show a step: it does so by itself after an answer, and anew after those over HTTP."""
        stage = self._page.locator(".stage")
        if stage.get_attribute("data-step") != step["id"]:
            self._page.reload()
        self._page.locator(f".stage[data-step='{step['id']}'][data-kind] > *").first.wait_for()

    def _await(self, kind: str) -> None:
        self._page.locator(f".stage[data-kind='{kind}'] > *").first.wait_for()

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body)
        headers = {"Content-Type": "application/json"}
        url = f"{self._address}/api/study/{path}"
        # An answer sent twice is one row; a connection that was idle may be closed when it is used again.
        reply = self._context.request.fetch(url, method=method, data=data, headers=headers, max_retries=3)
        content: dict[str, Any] = reply.json()
        if not reply.ok:
            raise ValueError(f"The study answered {reply.status} at a step in {self._language}: {content['message']}")
        return content

    def _photograph(self, name: str) -> int:
        """Take the page in every size; gives its number among the pages."""
        number = len(self._walked.pages)
        photographs, faults = {}, self._faults()
        for size, (width, height) in SIZES.items():
            self._page.set_viewport_size({"width": width, "height": height})
            path = self._out / f"{self._language}-{number:03d}-{name}-{size}.jpg"
            self._page.screenshot(path=path, full_page=True, type="jpeg", quality=70, animations="disabled")
            photographs[size] = path
        wide_px = self._page.evaluate("document.documentElement.scrollWidth")
        if wide_px > SIZES["phone"][0]:
            faults.append(f"it is {wide_px} px wide on a phone of {SIZES['phone'][0]}")
        width, height = SIZES["desktop"]
        self._page.set_viewport_size({"width": width, "height": height})
        self._walked.pages.append(Shown(self._language, name, photographs, tuple(faults)))
        return number

    def _faults(self) -> list[str]:
        """What is wrong with the page that is shown, and went wrong since the one before."""
        faults, self._troubles = list(dict.fromkeys(self._troubles)), []
        if (spoken := self._page.evaluate("document.documentElement.lang")) != self._language:
            faults.append(f"it speaks {spoken}")
        if places := PLACEHOLDER.findall(self._page.locator(".stage").inner_text()):
            faults.append(f"{places[0]} is not filled in")
        return faults

    def _blame(self, number: int, fault: str) -> None:
        page = self._walked.pages[number]
        self._walked.pages[number] = Shown(page.language, page.name, page.photographs, (*page.faults, fault))


def look_of(step: Mapping[str, Any]) -> str:
    """What a page shows, but for numbers: two of one look differ in their sounds only."""
    shown = {key: value for key, value in step.items() if key not in OF_THE_MOMENT}
    return re.sub(r"-?\d+(\.\d+)?", "#", json.dumps(shown, sort_keys=True, ensure_ascii=False))


def browser_error() -> type[Exception]:
    """The error of a page that does not do what is expected."""
    from playwright.sync_api import Error

    return Error
