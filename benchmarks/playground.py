"""The playground in a browser: how soon the curve and the sound follow the slider.

    python -m benchmarks.playground [--write]

A clip of 10 s is handed in and plays in headless Chromium. At each of 20 moves of the slider the page's own clock is
read at the input event, when the curves are drawn, when the next frame is through, and when all filters and gains, as
the audio thread reports them, have come within a twentieth of their new values; the browser's output latency comes on
top of that.
"""

from __future__ import annotations

import argparse
import io
import statistics
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from playwright.sync_api import expect, sync_playwright

from app.server import create_app
from app.settings import Settings
from benchmarks.timing import machine, write_section
from stimuli.music.clips import built_in
from tests.app.study_process import free_port
from tests.browser.install import find
from tests.browser.study_server import TOKEN, in_thread, write_study
from tests.study.sets import write_set

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
RATE_HZ, CLIP_S, MOVES = 44_100, 10, 20
GOALS_MS = {"curves drawn": 50, "frame shown": 50, "sound changed": 200}
TAP = """
const set = AudioParam.prototype.setTargetAtTime;
window.aims = [];
AudioParam.prototype.setTargetAtTime = function (value, ...rest) {
  window.aims.push([this, this.value, value]);
  return set.call(this, value, ...rest);
};
const Context = AudioContext;
AudioContext = class extends Context { constructor(...given) { super(...given); window.context = this; } };
"""
MOVE = """async (value) => {
  const slider = document.querySelector('#intensity');
  window.aims = [];
  const start = performance.now();
  const since = () => performance.now() - start;
  slider.value = value;
  slider.dispatchEvent(new Event('input'));
  const drawn = Number(document.querySelector('.plot').dataset.drawn_ms) - start;
  const shown = new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(since()))));
  const near = (from, to) => 0.05 * Math.abs(from - to) + 1e-4 * Math.abs(to);
  const there = ([parameter, from, to]) => Math.abs(parameter.value - to) <= near(from, to);
  while (!window.aims.every(there)) await new Promise((again) => setTimeout(again));
  const latency_ms = 1000 * (window.context.baseLatency + (window.context.outputLatency || 0));
  return [drawn, await shown, since() + latency_ms];
}"""


def ten_seconds() -> bytes:
    """A recording of exactly 10 s."""
    sound = built_in("rock").T
    file = io.BytesIO()
    soundfile.write(file, np.resize(sound, (RATE_HZ * CLIP_S, sound.shape[1])), RATE_HZ, format="FLAC")
    return file.getvalue()


def measure() -> dict[str, list[float]]:
    """Milliseconds from the slider's event, for each move."""
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        given = {"database_url": f"sqlite:///{place}/study.sqlite", "admin_token": TOKEN, "playground": "open"}
        folder = write_set(Path(place) / "set", n_clips=3)
        app = create_app(Settings(**given, stimuli=folder, study_file=write_study(Path(place) / "study.json")))
        flags = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
        browser = playwright.chromium.launch(executable_path=find(), args=flags)
        with in_thread(app, free_port()) as address:
            page = browser.new_page()
            page.set_default_timeout(60_000)
            page.add_init_script(TAP)
            page.goto(f"{address}/playground/")
            page.get_by_role("table").wait_for()
            file = {"name": "rock.flac", "mimeType": "audio/flac", "buffer": ten_seconds()}
            page.locator("#file").set_input_files(file)
            expect(page.locator(".status")).to_have_text("10.0 s.", timeout=60_000)
            page.get_by_role("button", name="Play").click()
            page.wait_for_function("window.context.state === 'running' && window.context.currentTime > 0.2")
            moves = [page.evaluate(MOVE, 0.05 * ((7 * number) % 21)) for number in range(MOVES + 1)][1:]
        browser.close()
    return dict(zip(GOALS_MS, zip(*moves, strict=True), strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    rows = [
        f"| {what} | {statistics.median(ms):.0f} | {max(ms):.0f} | {GOALS_MS[what]} |" for what, ms in measure().items()
    ]
    body = f"""
`python -m benchmarks.playground --write`, on {machine()}: {MOVES} moves of the slider while a clip of {CLIP_S} s plays.

| from the slider's event to | median ms | most ms | goal |
| --- | ---: | ---: | ---: |
{chr(10).join(rows)}
"""
    print(body)
    if arguments.write:
        write_section(PAGE, "The playground", body)


if __name__ == "__main__":
    main()
