"""A participant at the page: reads which step is shown and does what a person would do there."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

STEPS = ("consent", "questionnaire", "headphones", "level", "instructions", "practice", "trial", "break", "comments")
STEPS += ("multistimulus",)
COMPARISONS = ("pair", "abx")


class Participant:
    """A person at one browser page; ``choose`` gives the rating of the trial at hand from its number."""

    expect = staticmethod(expect)

    def __init__(self, page: Page, address: str, choose: Callable[[int], int] = lambda number: 1 + number % 7):
        self.page = page
        self.address = address
        self.choose = choose
        self.rated: dict[str, int] = {}

    def open(self, query: str = "") -> "Participant":
        """Go to the study's address and wait until the page has drawn something."""
        self.page.goto(f"{self.address}/study/{query}", wait_until="commit")
        return self.is_shown()

    def reload(self) -> "Participant":
        """Load the page anew."""
        self.page.reload(wait_until="commit")
        return self.is_shown()

    def is_shown(self, *kinds: str) -> "Participant":
        """Wait until a step of one of these kinds is shown; of any, without."""
        wanted = [f".stage[data-kind='{kind}']" for kind in kinds] or [".stage[data-kind]"]
        self.page.locator(", ".join(wanted)).wait_for()
        return self

    @property
    def stage(self) -> Locator:
        """Where the step is shown."""
        return self.page.locator(".stage")

    @property
    def kind(self) -> str:
        """The kind of the step shown."""
        return self.stage.get_attribute("data-kind")

    @property
    def step(self) -> str | None:
        """The id of the step shown."""
        return self.stage.get_attribute("data-step")

    @property
    def session(self) -> str:
        """The session's public id, which begins the ids of its steps."""
        return self.step.rpartition("-")[0]

    def whereabouts(self) -> str:
        """How far the page says one is."""
        return self.page.locator(".progress span").first.inner_text()

    @property
    def saving(self) -> Locator:
        """Where the page says whether answers are saved."""
        return self.page.locator(".saving")

    @staticmethod
    def next_of(step: str) -> str:
        """The id of the step after one."""
        session, _, position = step.rpartition("-")
        return f"{session}-{int(position) + 1:03d}"

    @property
    def primary(self) -> Locator:
        """The button that goes on."""
        return self.stage.locator("button.primary")

    def begin(self, query: str = "") -> "Participant":
        """Open the study and press the start button."""
        self.open(query)
        self.primary.click()
        return self.is_shown(*STEPS, *COMPARISONS, "finished")

    def walk(self, until: str = "finished") -> "Participant":
        """Answer step after step until one of the kind ``until`` is shown."""
        while self.kind != until:
            self.answer()
        return self

    def answer(self) -> None:
        """Answer the step shown, and wait for the next."""
        step = self.step
        assert self.kind in (*STEPS, *COMPARISONS), self.page.inner_text("body")
        getattr(self, f"_{self.kind}")()
        self.expect(self.stage).not_to_have_attribute("data-step", step)
        self.is_shown()

    def _consent(self) -> None:
        boxes = self.stage.get_by_role("checkbox")
        boxes.first.wait_for()
        for box in boxes.all():
            box.check()
        self.primary.click()

    def _questionnaire(self) -> None:
        for question in self.stage.locator("fieldset").all():
            question.get_by_role("radio").first.check()
        self.primary.click()

    def _headphones(self) -> None:
        for part in self.headphone_choices():
            self.play_headphones()
            self.stage.locator(".choice-button").nth(part - 1).click()

    def headphone_choices(self) -> list[int]:
        """What to answer in the headphone check, to be replaced: always the first part."""
        return [1]

    def play_headphones(self) -> None:
        """Play the sound of the headphone check to its end."""
        self.primary.click()
        self.expect(self.stage.locator(".choice-button").first).to_be_enabled()

    def _level(self) -> None:
        self.play()
        self.primary.click()

    def _instructions(self) -> None:
        self.primary.click()

    def _break(self) -> None:
        self.primary.click()

    def _comments(self) -> None:
        self.stage.get_by_role("textbox").fill("It was <b>pleasant</b>.")
        self.primary.click()

    def _trial(self) -> None:
        asked = re.search(r"\d", self.notice())
        self.rate(int(asked[0]) if asked else self.choose(len(self.rated)))

    _practice = _trial

    def notice(self) -> str:
        """What an attention check says is to be answered; empty elsewhere."""
        return "".join(own.inner_text() for own in self.stage.locator("#notice").all())

    def _multistimulus(self) -> None:
        self.play()
        for sound in self.stage.locator(".signal .sound").all():
            sound.click()
            self.expect(sound).to_have_attribute("aria-label", re.compile(".*, heard$"))
        asked = re.search(r"\((.+)\)", self.notice())
        for ticks in self.stage.locator(".ticks").all():
            self.expect(ticks.locator(".tick").first).to_be_enabled()
            words = [tick.inner_text() for tick in ticks.locator(".tick").all()]
            ticks.locator(".tick").nth(words.index(asked[1] if asked else "good")).click()
        self.primary.click()

    def _pair(self) -> None:
        self.hear_all()
        self.stage.locator(".options").get_by_role("radio").first.check()
        for tile in self.stage.locator(".tile input").all()[:1]:
            tile.check()
        self.primary.click()

    def _abx(self) -> None:
        self.hear_all()
        self.stage.locator(".options").get_by_role("radio").first.check()
        step = self.step
        self.primary.click()
        if self.is_reported(step):
            self.primary.click()

    def is_reported(self, step: str) -> bool:
        """Whether practice says what was right, in place of the next step."""
        reported = self.stage.locator(".hint.notice")
        self.page.locator(f".stage:not([data-step='{step}']), .hint.notice").first.wait_for()
        return self.step == step and reported.count() == 1

    def hear_all(self) -> None:
        """Play every sound of a page of several to its end."""
        self.play()
        for button in self.stage.locator(".switch").all():
            self.expect(self.stage.locator(".play")).to_have_attribute("data-state", "ended")
            button.click()
        self.expect(self.stage.locator(".options").get_by_role("radio").first).to_be_enabled()

    def play(self) -> None:
        """Press play unless the sound started by itself."""
        button = self.stage.locator(".play")
        button.wait_for()
        if button.get_attribute("data-state") == "paused":
            button.click()

    def tile(self, rating: int) -> Locator:
        """The button of a rating."""
        return self.stage.locator(f".tile input[value='{rating}']")

    def rate(self, rating: int) -> None:
        """Listen, rate and go on."""
        self.play()
        self.expect(self.tile(rating)).to_be_enabled()
        self.tile(rating).check()
        self.rated[self.step] = rating
        self.primary.click()
