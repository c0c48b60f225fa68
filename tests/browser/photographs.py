"""Photographs of every page that a participant can meet: `python -m tests.browser.photographs OUT [--singles FOLDER]`.

Each is taken from a real study in headless Chromium, light and dark, 1100 and 360 px wide. OUT gets one contact sheet
for each of these four; FOLDER keeps the single photographs.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, expect, sync_playwright
from sqlalchemy import create_engine, select

from study import clock, recruitment
from study.storage.models import Step
from tests.app.study_process import free_port
from tests.browser.install import find
from tests.browser.participant import Participant
from tests.browser.study_server import application, in_thread, write_study
from tests.browser.test_player import AHEAD
from tests.browser.test_sound_trouble import NO_DEVICE
from tests.study.sets import write_set

SIZES = {"wide": (1100, 780), "narrow": (360, 740)}
SCHEMES = ("light", "dark")
# Of a contact sheet: photographs in a row, their scale, the ground and the ink of each scheme.
ROWS = {"wide": (4, 0.4), "narrow": (8, 0.7)}
COLOURS = {"light": ("#e0ded8", "#3a4248"), "dark": ("#000000", "#b9c2c8")}
GAP = 24
CLIP_S = 9.0
BARE = {"consent": None, "questionnaire": None, "level": None, "instructions": None, "comments": None, "practice": None}
CHECK = {"test": "woods", "trials": 1, "pass_mark": 1, "attempts": 2}
# Single ones that the documentation shows.
SHOWN = {"start-light": "start-wide-light", "trial-light": "trial-chosen-wide-light"}
SHOWN |= {"trial-dark": "trial-chosen-wide-dark", "headphones-dark": "headphones-choose-wide-dark"}
SHOWN |= {"trial-narrow": "trial-chosen-narrow-light", "level-narrow": "level-narrow-light"}
WAYS = ("with-a-reference", "multistimulus", "pair", "abx")
SHOWN |= {name: f"{name}-wide-light" for name in WAYS[1:]}
# What the server's clock is ahead: as far as the pages' sounds, or their ratings would come too early for it.
AHEAD_S = [0.0]
RULES = {"id_parameters": ["PROLIFIC_PID"], "id_parameter": "PROLIFIC_PID", "id_required": True, "cap": 2}


class Camera:
    """Opens studies and photographs their pages, each four times."""

    def __init__(self, browser: Browser, place: Path, singles: Path):
        self.browser, self.place, self.singles = browser, place, singles
        self.names: list[str] = []
        self.clips = write_set(place / "set", n_clips=3, duration_s=CLIP_S)

    @contextmanager
    def study(self, name: str, n_descriptors: int = 1, **tables: object) -> Iterator[tuple[str, object]]:
        """Serve a study; its address and its database."""
        url, file = f"sqlite:///{self.place}/{name}.sqlite", write_study(self.place / name, n_descriptors, **tables)
        with in_thread(application(url, self.clips, file.rename(file.with_suffix(".json"))), free_port()) as address:
            engine = create_engine(url)
            yield address, engine
            engine.dispose()

    def visitor(self, address: str, locale: str = "en-GB") -> Listener:
        """A browser of its own."""
        page = self.browser.new_context(locale=locale, reduced_motion="reduce").new_page()
        page.add_init_script(AHEAD)
        return Listener(page, address)

    def take(self, name: str, person: Participant) -> None:
        """The page as it is, at each width and in each colour scheme."""
        self.names.append(name)
        for size, (width, height) in SIZES.items():
            person.page.set_viewport_size({"width": width, "height": height})
            for scheme in SCHEMES:
                person.page.emulate_media(color_scheme=scheme)
                person.page.screenshot(path=self.singles / f"{name}-{size}-{scheme}.png", full_page=True)

    def picture(self, shot: str) -> Image.Image:
        """One photograph, in as few colours as it has."""
        return Image.open(self.singles / f"{shot}.png").convert("RGB").quantize(255, dither=Image.Dither.NONE)

    def contact_sheet(self, size: str, scheme: str) -> Image.Image:
        """All photographs of one width and scheme, in order, each under its name."""
        (n, scale), (ground, ink) = ROWS[size], COLOURS[scheme]
        shots = [Image.open(self.singles / f"{name}-{size}-{scheme}.png").convert("RGB") for name in self.names]
        shots = [shot.resize([round(side * scale) for side in shot.size], Image.Resampling.LANCZOS) for shot in shots]
        rows = [shots[start : start + n] for start in range(0, len(shots), n)]
        heights = [max(shot.height for shot in row) + 2 * GAP for row in rows]
        width = shots[0].width + GAP
        sheet = Image.new("RGB", (n * width + GAP, sum(heights) + GAP), ground)
        pen, font, names, top = ImageDraw.Draw(sheet), ImageFont.load_default(14), iter(self.names), GAP // 2
        for row, height in zip(rows, heights, strict=True):
            for column, shot in enumerate(row):
                pen.text((GAP + column * width, top), next(names).replace("-", " "), fill=ink, font=font)
                sheet.paste(shot, (GAP + column * width, top + GAP))
            top += height
        return sheet.quantize(255, dither=Image.Dither.NONE)


class Listener(Participant):
    """A participant for whom a sound is over as soon as it has started."""

    def play(self) -> None:
        super().play()
        self.skip()
        expect(self.stage.locator(".play[data-state='ended'], #level").first).to_be_visible()

    def play_headphones(self) -> None:
        self.primary.click()
        self.skip()
        expect(self.stage.locator(".choice-button").first).to_be_enabled()

    def skip(self) -> None:
        """Set the sound's clock ahead, and the server's."""
        self.page.evaluate(f"window.ahead_s += {CLIP_S + 1}")
        AHEAD_S[0] += CLIP_S + 1


def way(camera: Camera) -> None:
    """From the start to the completion code."""
    tables = {"headphones": [CHECK], "breaks": {"minimum_s": 600}, "checks": {"attention": 1}}
    with camera.study("way", n_descriptors=2, **tables) as (address, engine):
        person = camera.visitor(address).open()
        camera.take("start", person)
        person.primary.click()
        for kind in ("consent", "questionnaire"):
            camera.take(kind, person.is_shown(kind))
            person.answer()
        person.is_shown("level").stage.locator(".play").wait_for()
        camera.take("level", person)
        person.page.get_by_role("button", name="Continue on another device").click()
        camera.take("another-device", person)
        person.page.locator("dialog[open]").get_by_role("button", name="Close").click()
        person.answer()
        expect(person.primary).to_be_enabled()
        camera.take("headphones", person)
        person.play_headphones()
        camera.take("headphones-choose", person)
        with engine.connect() as connection:
            [detail, *_] = connection.scalars(select(Step.detail).where(Step.kind == "headphones"))
        person.stage.locator(".choice-button").nth(detail["expected"][0] % 3).click()  # the one after the right one
        person.stage.locator(".notice").wait_for()
        camera.take("headphones-again", person)
        person.walk(until="instructions")
        camera.take("instructions", person)
        person.answer()
        listening(camera, person)
        person.walk(until="break")
        camera.take("break", person)


def listening(camera: Camera, person: Listener) -> None:
    """A trial in all its states."""
    camera.take("practice-locked", person)
    person.answer()
    expect(person.stage.locator(".play")).to_have_attribute("data-state", "playing")
    camera.take("trial-locked", person)
    person.play()
    camera.take("trial-open", person)
    person.tile(5).check()
    camera.take("trial-chosen", person)
    person.page.get_by_role("button", name="Withdraw from the study").click()
    camera.take("withdraw", person)
    person.page.get_by_role("button", name="Stay in the study").click()
    person.page.context.set_offline(True)
    person.primary.click()
    expect(person.saving).to_contain_text("Reconnecting")
    camera.take("reconnecting", person)
    person.page.context.set_offline(False)
    person.is_shown("trial")
    person.page.wait_for_function("!document.querySelector('.stage').inert")


def ways_of_asking(camera: Camera) -> None:
    """A reference to switch to, and pages of several sounds, when the first sound plays."""
    blocks = (
        ("trial", {"paradigm": "single", "reference": "original", "conditions": ["semantic"]}),
        ("multistimulus", {"paradigm": "multistimulus"}),
        ("pair", {"paradigm": "pair", "reference": "original", "no_difference": True, "strength": True}),
        ("abx", {"paradigm": "abx", "conditions": ["original", "semantic"], "trials": 1}),
    )
    for name, (kind, block) in zip(WAYS, blocks, strict=True):
        checks = {"attention": 0, "audible": 0, "repeats": 0}
        with camera.study(name, **BARE, blocks=[block | {"checks": checks}]) as (address, _):
            person = camera.visitor(address).begin()
            Participant.play(person.is_shown(kind))
            camera.take(name, person)


def end(camera: Camera) -> None:
    """The last pages, and those of who comes too late or twice."""
    with camera.study("end", **BARE | {"comments": {}}, recruitment=RULES) as (address, engine):
        person = camera.visitor(address).open()
        person.primary.click()
        camera.take("id-missing", person.is_shown("unavailable"))
        person = camera.visitor(address).begin("?PROLIFIC_PID=p1").walk(until="comments")
        camera.take("comments", person)
        person.answer()
        camera.take("finished", person)
        late = camera.visitor(address).open("?PROLIFIC_PID=p1")
        late.primary.click()
        camera.take("already-completed", late.is_shown("unavailable"))
        person = camera.visitor(address).begin("?PROLIFIC_PID=p2")
        person.answer()  # who has only looked takes no place
        camera.take("full", camera.visitor(address).open("?PROLIFIC_PID=p3").is_shown("unavailable"))
        newer = Participant(person.page.context.new_page(), address).open().is_shown("trial")
        person.rate(5)
        camera.take("other-tab", person.is_shown("other_page"))
        newer.page.context.route("**/audio/*", lambda route: route.fulfill(status=404))
        newer.page.evaluate("localStorage.clear()")
        camera.take("failure", newer.reload().is_shown("failure"))
        for state in ("paused", "closed"):
            recruitment.set_state(engine, state)
            camera.take(state, camera.visitor(address).open("?PROLIFIC_PID=p4").is_shown("unavailable"))


def leaving(camera: Camera) -> None:
    """A code that is wrong, consent that is not given, a device without sound, a withdrawal."""
    tables = BARE | {"consent": {"version": "1", "text": "You rate short clips of music."}}
    with camera.study("leaving", **tables, recruitment={"invitation": True}) as (address, engine):
        codes = recruitment.invite(engine, 2)
        person = camera.visitor(address).open("?invitation=ABCD-EFGH")
        person.primary.click()
        expect(person.stage.get_by_role("alert")).to_be_visible()
        camera.take("wrong-code", person)
        person = camera.visitor(address).begin(f"?invitation={codes[0]}")
        person.page.get_by_role("button", name="I do not want to take part").click()
        camera.take("declined", person.is_shown("finished"))
        person = camera.visitor(address)
        person.page.add_init_script(NO_DEVICE)
        person.begin(f"?invitation={codes[1]}").answer()
        elsewhere = camera.visitor(address).open(f"?invitation={codes[1]}")
        elsewhere.primary.click()
        camera.take("elsewhere", elsewhere.is_shown("elsewhere"))
        person.stage.locator(".play").click()
        expect(person.stage.get_by_role("alert")).to_be_visible()
        camera.take("no-sound", person)
        person.page.get_by_role("button", name="Withdraw from the study").click()
        person.page.get_by_role("button", name="Delete my answers").click()
        camera.take("withdrawn", person.is_shown("withdrawn"))
    check = CHECK | {"attempts": 1, "pass_mark": 1, "trials": 1, "on_failure": "screen_out"}
    with camera.study("screened", **BARE, headphones=[check]) as (address, _):
        person = camera.visitor(address).begin()
        person.answer()
        while person.kind != "finished":  # guessed right: the next one
            person = camera.visitor(address).begin()
            person.answer()
        camera.take("screened-out", person)


def shared(camera: Camera) -> None:
    """The last page at a computer that many use."""
    with camera.study("shared", **BARE, recruitment={"shared_computer": True}) as (address, _):
        camera.take("another-person", camera.visitor(address).begin().walk())


def languages(camera: Camera) -> None:
    """The first page and a trial in the other languages."""
    with camera.study("languages", **BARE, checks={"attention": 0}) as (address, _):
        for locale in ("de-DE", "es-ES", "zh-CN"):
            person = camera.visitor(address, locale).open()
            camera.take(f"start-{locale[:2]}", person)
            person.primary.click()
            person.is_shown("trial").play()
            camera.take(f"trial-{locale[:2]}", person)


def main() -> None:
    """Photograph, and write the contact sheets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--singles", type=Path)
    options = parser.parse_args()
    clock.now = lambda: time.time() + AHEAD_S[0]
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox", "--disable-gpu"])
        singles = options.singles or Path(place) / "singles"
        singles.mkdir(parents=True, exist_ok=True)
        camera = Camera(browser, Path(place), singles)
        for visits in (way, ways_of_asking, end, leaving, shared, languages):
            visits(camera)
        browser.close()
        for size in SIZES:
            for scheme in SCHEMES:
                camera.contact_sheet(size, scheme).save(options.out / f"participant-{size}-{scheme}.png", optimize=True)
        for name, shot in SHOWN.items():
            camera.picture(shot).save(options.out / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
