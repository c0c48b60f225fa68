"""The rehearsal as a whole: its checks in order, and what was not reached."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from app.participant.attack import Outcome, Wiretap, evaluate
from app.rehearsal import blindness, browsers, budget, data, listeners, pages, sounds, texts
from app.rehearsal.findings import Finding, Verdict, timed
from app.rehearsal.serving import DATABASE, served
from stimuli.manifest import Manifest
from study.design.definition import Definition
from study.design.plan import Plan
from study.design.stimuli import StimulusSet
from study.records.export import ratings

if TYPE_CHECKING:
    from sqlalchemy import Engine

RESULTS, SCREENSHOTS = "results", "screenshots"
SERVED = (pages.PAGES, listeners.LISTENERS, blindness.BLINDNESS, data.EXPORT, data.ANALYSIS, budget.DISK)
Report = Callable[[str, int, int], None]
"""Called with a check by name, how much of it is done, of how much; it may raise to stop the rehearsal."""


@dataclass(frozen=True)
class Rehearsal:
    """What is rehearsed, and how.

    Attributes
    ----------
    definition
        The study.
    folder
        Of its stimulus set.
    out
        Where screenshots and the analysis's results go.
    data
        Where the study's database will lie; it is looked at for its free space only.
    participants
        Simulated listeners; three or more can be attacked.
    with_browser
        Whether the pages are walked.
    """

    definition: Definition
    folder: Path
    out: Path
    data: Path = Path("data")
    participants: int = 6
    with_browser: bool = True
    walked: pages.Walked = field(default_factory=pages.Walked)

    @cached_property
    def stimuli(self) -> StimulusSet:
        """The set."""
        return StimulusSet.load(self.folder)

    @cached_property
    def plan(self) -> Plan:
        """The study with its set."""
        return Plan(self.definition, self.stimuli)


def rehearse(rehearsal: Rehearsal, report: Report = lambda check, done, total: None) -> Iterator[Finding]:
    """Do every check; gives each finding as it is there."""
    definition = rehearsal.definition
    yield timed(texts.TEXTS, lambda: texts.translations(definition))
    yield timed(data.SCALES, lambda: data.scales(definition))
    files = timed(sounds.FILES, lambda: sounds.files(rehearsal.stimuli, partial(report, sounds.FILES)))
    yield files
    fits = timed(sounds.FITS, lambda: sounds.fits(definition, rehearsal.stimuli))
    yield fits
    if Verdict.FAILED in (files.verdict, fits.verdict):
        yield from _not_reached(sounds.RENDERS, budget.EFFORT, *SERVED, budget.FIRST_SOUND)
        return
    yield timed(sounds.RENDERS, lambda: _renders(rehearsal, report))
    yield timed(budget.EFFORT, lambda: budget.effort(rehearsal.plan))
    yield from _as_served(rehearsal, report)
    walked = rehearsal.walked
    wait = partial(budget.first_sound, rehearsal.plan)
    yield timed(budget.FIRST_SOUND, lambda: wait(walked.page_bytes, walked.first_sound_s))


def _not_reached(*checks: str) -> list[Finding]:
    said = "not reached: the set must be mended first"
    return [Finding(check, Verdict.OMITTED, said) for check in checks]


def _renders(rehearsal: Rehearsal, report: Report) -> Finding:
    definition, manifest = rehearsal.definition, Manifest.load(rehearsal.folder)
    tell = partial(report, sounds.RENDERS)
    return sounds.renders(manifest, definition.conditions, definition.analysis.unprocessed, tell)


@dataclass(frozen=True)
class _Live:
    """The study being served over a temporary database."""

    rehearsal: Rehearsal
    report: Report
    place: Path
    address: str
    engine: Engine

    def crowd(self, named: str, seed: int) -> Wiretap:
        """Give listeners who have not come yet."""
        rehearsal = self.rehearsal
        arrivals = listeners.arrivals(self.engine, rehearsal.definition, rehearsal.participants, named)
        return listeners.crowd(self.address, rehearsal.stimuli, arrivals, seed)

    def attack(self, tap: Wiretap) -> Finding:
        """Attack what a crowd received."""
        return blindness.attack(tap, self._ratings, self.rehearsal.stimuli, self._again)

    def _again(self) -> Outcome:
        tap = self.crowd("again", 1)
        listeners.take(tap, partial(self.report, blindness.BLINDNESS))
        hashes = {row.sha256 for row in self.rehearsal.stimuli.rows}
        return evaluate(self._ratings, tap.masked, tap.headers, hashes)

    @property
    def _ratings(self) -> Any:
        return ratings(self.engine, simulated=True)

    def disk(self, n: int) -> Finding:
        """Hold what each participant's answers take to what is free."""
        size = sum(path.stat().st_size for path in self.place.glob(f"{DATABASE}*"))
        return budget.disk(self.rehearsal.definition, size / max(n, 1), self.rehearsal.data)

    def analysis(self) -> Finding:
        """Analyse what the crowd answered."""
        url, out = f"sqlite:///{self.place}/{DATABASE}", self.rehearsal.out / RESULTS
        return data.analysed(url, out, partial(self.report, data.ANALYSIS))


def _as_served(rehearsal: Rehearsal, report: Report) -> Iterator[Finding]:
    """The checks that need the running server; the pages are walked while the listeners take part."""
    ending = threading.Event()
    tell = _until(ending, report)
    with ThreadPoolExecutor(2) as threads, _walking(rehearsal, tell, threads) as walked:
        try:
            with _live(rehearsal, tell) as live:
                yield from _listened(live, threads)
            yield walked()
        finally:
            ending.set()  # an interrupted rehearsal does not wait for participants in progress


def _until(ending: threading.Event, report: Report) -> Report:
    """Tell on, and stop whoever tells once the rehearsal ends."""

    def tell(check: str, done: int, total: int) -> None:
        if ending.is_set():
            raise InterruptedError("The rehearsal ended.")
        report(check, done, total)

    return tell


def _listened(live: _Live, threads: ThreadPoolExecutor) -> Iterator[Finding]:
    """Have listeners take part, and look at what they received and left."""
    tap = live.crowd("listener", 0)
    take = partial(listeners.take, tap, partial(live.report, listeners.LISTENERS))
    # In a thread without an event loop: whoever calls may have one.
    took = threads.submit(timed, listeners.LISTENERS, take).result()
    yield took
    if took.verdict is Verdict.FAILED:
        checks = (blindness.BLINDNESS, data.EXPORT, data.ANALYSIS, budget.DISK)
        yield from (Finding(check, Verdict.OMITTED, "not reached: nobody came to the end") for check in checks)
        return
    yield threads.submit(timed, blindness.BLINDNESS, partial(live.attack, tap)).result()
    yield timed(budget.DISK, lambda: live.disk(len(tap.arrivals)))
    yield timed(data.EXPORT, lambda: data.exported(live.engine))
    yield timed(data.ANALYSIS, live.analysis)


@contextmanager
def _walking(rehearsal: Rehearsal, report: Report, threads: ThreadPoolExecutor) -> Iterator[Callable[[], Finding]]:
    """Begin to walk the pages; gives what waits for the finding.

    They are those of a study of its own, so that nobody who walks is among those who are analysed.
    """
    missing = browsers.missing() if rehearsal.with_browser else None
    if missing or not rehearsal.with_browser:
        yield lambda: pages.not_walked(missing or "--no-browser was given", wished=missing is None)
        return
    with _live(rehearsal, report) as live:
        walking = threads.submit(timed, pages.PAGES, lambda: _walk(live))
        yield walking.result


def walk_pages(rehearsal: Rehearsal, report: Report) -> Finding:
    """Walk the pages and do nothing else; call it from a thread without an event loop."""
    with _live(rehearsal, report) as live:
        return timed(pages.PAGES, lambda: _walk(live))


def _walk(live: _Live) -> Finding:
    rehearsal, definition = live.rehearsal, live.rehearsal.definition
    languages, n_steps, out = definition.languages, len(rehearsal.plan.sample), rehearsal.out / SCREENSHOTS
    arrivals = listeners.arrivals(live.engine, definition, len(languages), "walk")
    walked = pages.walk(live.address, languages, arrivals, n_steps, out, partial(live.report, pages.PAGES))
    rehearsal.walked.pages, rehearsal.walked.page_bytes = walked.pages, walked.page_bytes
    rehearsal.walked.first_sound_s = walked.first_sound_s
    return pages.finding(walked, languages)


@contextmanager
def _live(rehearsal: Rehearsal, report: Report) -> Iterator[_Live]:
    """Serve the study over a database that goes afterwards; nobody is turned away for being one too many."""
    recruitment = rehearsal.definition.recruitment.model_copy(update={"cap": None})
    definition = rehearsal.definition.model_copy(update={"recruitment": recruitment})
    with TemporaryDirectory(prefix="semantic-eq-rehearsal-") as place:
        file = Path(place) / "study.json"
        file.write_text(definition.canonical(), encoding="utf-8")
        with served(place, file, rehearsal.folder) as (address, engine):
            yield _Live(rehearsal, report, Path(place), address, engine)
