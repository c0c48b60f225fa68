"""A page of eight sounds: how soon it can be used, against fetching and decoding them alone.

    python -m benchmarks.several [--rounds 7] [--write]

Both are done in turns in headless Chromium, with sounds of 10 s (44.1 kHz, two channels) that were never fetched.
Ready is when the page's switches can be pressed, counted from the moment in which the step is shown; beside it stands
the time that the same browser takes to fetch, unmask and decode eight other sounds at once, outside of any step.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from benchmarks.timing import machine, write_section
from tests.app.study_process import free_port
from tests.browser.install import find
from tests.browser.participant import Participant
from tests.browser.study_server import application, in_thread, write_study
from tests.browser.test_player import BARE
from tests.study.sets import write_set

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
GOAL = 1.2
N_SOUNDS = 8
CLIP_S = 10.0
READY = """new MutationObserver(() => {
  const stage = document.querySelector(".stage[data-kind='multistimulus']");
  if (!stage) return;
  window.shown_ms ??= performance.now();
  if (stage.querySelector("button.sound:not(:disabled)")) window.ready_ms ??= performance.now();
}).observe(document, { childList: true, subtree: true, attributes: true });"""
MASK = (Path(__file__).resolve().parents[1] / "app/participant/static/mask.js").read_text(encoding="utf-8")
ALONE = """async (addresses) => {{
  {}
  const context = new AudioContext();
  const start_ms = performance.now();
  await Promise.all(addresses.map(async (address) => {{
    const bytes = await (await fetch(address)).arrayBuffer();
    await context.decodeAudioData(unmask(bytes, address.split("#")[1]));
  }}));
  return performance.now() - start_ms;
}}""".format(MASK.replace("export ", ""))


def page_ms(browser: Browser, address: str) -> float:
    """From the step's being shown to its switches."""
    person = Participant(browser.new_context().new_page(), address)
    person.page.add_init_script(READY)
    person.begin()
    ready_ms = person.page.wait_for_function("window.ready_ms && window.ready_ms - window.shown_ms").json_value()
    person.page.context.close()
    return ready_ms


def alone_ms(browser: Browser, address: str) -> float:
    """Fetching, unmasking and decoding the sounds of another session's step."""
    context = browser.new_context()
    step = context.request.post(f"{address}/api/study/session", data={}).json()["step"]
    page = context.new_page()
    page.goto(f"{address}/health/live")
    found = page.evaluate(ALONE, step["sounds"])
    context.close()
    return found


def measure(rounds: int) -> list[tuple[float, float]]:
    """(ms of the page, ms of its sounds alone) in turns, after one that does not count."""
    conditions = [f"condition{number}" for number in range(N_SOUNDS)]
    tables = BARE | {"conditions": conditions, "blocks": [{"paradigm": "multistimulus", "descriptors_per_clip": "one"}]}
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        folder = write_set(
            Path(place), 1, descriptors=("warm",), duration_s=CLIP_S, rate_hz=44100, conditions=conditions
        )
        _url, file = (
            f"sqlite:///{place}/study.sqlite",
            write_study(Path(place) / "study.json", **tables | {"clips": None}),
        )
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox", "--disable-gpu"])
        with in_thread(application(f"sqlite:///{place}/study.sqlite", folder, file), free_port()) as address:
            found = [(page_ms(browser, address), alone_ms(browser, address)) for _ in range(rounds + 1)]
        browser.close()
    return found[1:]


def table(found: list[tuple[float, float]]) -> str:
    """The medians as a Markdown table; the ratio is the median over rounds."""
    ratio = statistics.median(page / alone for page, alone in found)
    page, alone = (statistics.median(column) for column in zip(*found, strict=True))
    lines = [f"Measured by `python -m benchmarks.several` ({machine()}; {len(found)} rounds in turns, medians).\n"]
    lines += [f"| {N_SOUNDS} sounds of {CLIP_S:.0f} s | ms |", "| --- | --- |"]
    lines += [f"| from the step to its switches | {page:.0f} |", f"| fetched and decoded alone | {alone:.0f} |"]
    return "\n".join([*lines, f"| **ratio** (goal {GOAL}) | **{ratio:.2f}** |"])


def main() -> None:
    """Measure, print, and with --write keep the table in docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="pages and turns alone")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    body = table(measure(arguments.rounds))
    print(body)
    if arguments.write:
        write_section(PAGE, "A page of several sounds", body)


if __name__ == "__main__":
    main()
