"""The study page in a browser: its weight and time to ready, and how soon the next sound starts.

    python -m benchmarks.page [--rounds 9] [--trials 20] [--write]

Weight and time to ready stand beside an empty page of Gradio's, mounted the same way in a bare FastAPI application.
Both are opened in turns in headless Chromium, each time with an empty cache. Weight is what crosses the network; ready
is when the start button, or the empty page's (empty) column, is in the document.

The start of the next sound is what the page itself stores with each answer (`start_gap_ms`, from the answer before to
the sound's start), less what the browser's own clock says of the request that carried that answer.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

import gradio as gr
import pandas as pd
from fastapi import FastAPI
from playwright.sync_api import Browser, Response, sync_playwright
from sqlalchemy import create_engine

from app.audience import Audience
from app.gradio_pages import mount
from benchmarks.timing import machine, write_section
from study.records.export import ratings
from tests.app.study_process import free_port
from tests.browser.install import find
from tests.browser.participant import Participant
from tests.browser.study_server import application, in_thread, write_study
from tests.study.sets import write_set

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
GOAL = 1.3
GAP_GOAL_MS = 50
CLIP_S = 10.0
READY = {"/empty/": ".contain .column", "/study/": ".study[data-ready] .primary"}


def visit(browser: Browser, address: str, ready: str) -> tuple[float, int, int]:
    """Open a page with an empty cache; ms to ready, bytes, requests."""
    context = browser.new_context()
    page = context.new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.add_init_script(
        f"""new MutationObserver((_, watch) => {{
            if (!document.querySelector("{ready}")) return;
            window.ready_ms ??= performance.now();
            watch.disconnect();
        }}).observe(document, {{ childList: true, subtree: true, attributes: true }})"""
    )
    page.goto(address)
    ready_ms = page.wait_for_function("window.ready_ms").json_value()
    page.wait_for_load_state("networkidle")
    n_bytes = sum(
        sum(answer.request.sizes()[part] for part in ("responseBodySize", "responseHeadersSize")) for answer in answers
    )
    context.close()
    return ready_ms, n_bytes, len(answers)


def empty_page() -> FastAPI:
    """A page of Gradio's with nothing on it."""
    app = FastAPI()
    with gr.Blocks(analytics_enabled=False) as nothing:
        pass
    mount(app, nothing, "/empty", Audience.PUBLIC)
    return app


def measure(rounds: int) -> dict[str, list[tuple[float, int, int]]]:
    """Visits of each page, in turns, after one that does not count."""
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        folder = write_set(Path(place), n_clips=3, duration_s=0.3)
        app = application(f"sqlite:///{place}/study.sqlite", folder, write_study(Path(place) / "study.json"))
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox", "--disable-gpu"])
        visits: dict[str, list[tuple[float, int, int]]] = {path: [] for path in READY}
        with in_thread(app, free_port()) as study, in_thread(empty_page(), free_port()) as empty:
            addresses = {"/empty/": empty, "/study/": study}
            for number in range(rounds + 1):
                for path, ready in READY.items():
                    seen = visit(browser, addresses[path] + path, ready)
                    if number:
                        visits[path].append(seen)
        browser.close()
    return visits


def gaps(trials: int) -> tuple[list[float], list[float]]:
    """Sounds that start by themselves after an answer: ms from the answer, and ms of the request that carried it."""
    tables = {
        "clips": None,
        "design": {"order": "blocked", "min_listened_fraction": 0.05},
        "practice": None,
        "level": None,
    }
    tables |= {"consent": None, "questionnaire": None, "instructions": None, "comments": None}
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        folder = write_set(
            Path(place), n_clips=trials // 2 + 2, descriptors=("warm",), duration_s=CLIP_S, rate_hz=44100
        )
        url, file = f"sqlite:///{place}/study.sqlite", write_study(Path(place) / "study.json", **tables)
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox", "--disable-gpu"])
        with in_thread(application(url, folder, file), free_port()) as address:
            person = Participant(browser.new_page(), address).begin()
            for _ in range(trials + 1):
                person.answer()
            requests_ms = person.page.evaluate(
                """performance.getEntriesByType("resource")
                .filter(({ name }) => name.includes("/api/study/step/")).map(({ duration }) => duration)"""
            )
        browser.close()
        engine = create_engine(url)
        starts_ms = list(pd.to_numeric(ratings(engine).sort_values("position").start_gap_ms))[1:]
        engine.dispose()
    return starts_ms, requests_ms[: len(starts_ms)]


def gap_table(starts_ms: list[float], requests_ms: list[float]) -> str:
    """Median and largest of the gaps as a Markdown table."""
    own_ms = [start - request for start, request in zip(starts_ms, requests_ms, strict=True)]
    lines = [f"From an answer to the start of the next sound, {len(starts_ms)} trials with clips of {CLIP_S:.0f} s:\n"]
    lines += ["| ms | median | largest |", "| --- | --- | --- |"]
    rows = {"answer to sound": starts_ms, "of it the request, until the server has committed": requests_ms}
    rows[f"**the page's own** (goal {GAP_GOAL_MS})"] = own_ms
    lines += [f"| {name} | {statistics.median(found):.0f} | {max(found):.0f} |" for name, found in rows.items()]
    return "\n".join(lines)


def table(visits: dict[str, list[tuple[float, int, int]]]) -> str:
    """The medians as a Markdown table; the ratio of times is the median over rounds."""
    empty, study = visits["/empty/"], visits["/study/"]
    lines = [
        f"Measured by `python -m benchmarks.page` ({machine()}; {len(study)} visits of each page in turns, medians).\n"
    ]
    lines += ["| | time to ready, ms | KB | requests |", "| --- | --- | --- | --- |"]
    for name, seen in (("empty Gradio page", empty), ("study page", study)):
        ready_ms, n_bytes, n_requests = (statistics.median(column) for column in zip(*seen, strict=True))
        lines.append(f"| {name} | {ready_ms:.0f} | {n_bytes / 1000:.0f} | {n_requests:.0f} |")
    ready, weight = (
        statistics.median(ours[part] / theirs[part] for ours, theirs in zip(study, empty, strict=True))
        for part in (0, 1)
    )
    lines.append(f"| **ratio** (goal {GOAL}) | **{ready:.2f}** | **{weight:.2f}** | |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and with --write keep the table in docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9, help="visits of each page")
    parser.add_argument("--trials", type=int, default=20, help="trials in which the start of the sound is measured")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    body = table(measure(arguments.rounds)) + "\n\n" + gap_table(*gaps(arguments.trials))
    print(body)
    if arguments.write:
        write_section(PAGE, "The study page", body)


if __name__ == "__main__":
    main()
