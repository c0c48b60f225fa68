"""WebKit as Debian packages it (MiniBrowser of WebKitGTK), led by WebDriver, with the calls of Playwright that a
`Participant` makes.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import ElementNotInteractableException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser.participant import Participant

TIMEOUT_S = 60
PASSING = (ElementNotInteractableException, StaleElementReferenceException, IndexError)
ROLES = {"checkbox": "[type=checkbox]", "radio": "[type=radio]", "textbox": "textarea, [type=text]"}


def find() -> tuple[str, str] | None:
    """Paths of WebKitWebDriver and of MiniBrowser, or None."""
    driver = shutil.which("WebKitWebDriver")
    browser = next(Path("/usr").glob("lib*/**/webkit2gtk-4.*/MiniBrowser"), None)
    return (driver, str(browser)) if driver and browser else None


@contextmanager
def page(environment: dict[str, str]) -> Iterator["Page"]:
    """Start WebKit and give its page."""
    found = find()
    if not found:
        raise OSError("WebKitWebDriver or MiniBrowser is missing: install Debian's package webkit2gtk-driver.")
    options = webdriver.WebKitGTKOptions()
    options.binary_location = found[1]
    options.add_argument("--automation")
    service = webdriver.WebKitGTKService(found[0], env=environment)
    driver = webdriver.WebKitGTK(options=options, service=service)
    try:
        driver.set_window_size(1100, 900)
        yield Page(driver)
    finally:
        driver.quit()


class Place:
    """Elements of the page, looked for anew at every use."""

    def __init__(self, driver: Any, find: Callable[[], list[Any]]):
        self.driver = driver
        self.find = find

    def until(self, attempt: Callable[[], Any]) -> Any:
        """What ``attempt`` gives once that is true, tried again while the page is still changing."""
        return WebDriverWait(self.driver, TIMEOUT_S, 0.05, PASSING).until(lambda _: attempt())

    def locator(self, selector: str) -> "Place":
        """Those inside that a CSS selector names."""
        return Place(
            self.driver, lambda: [own for root in self.find() for own in root.find_elements(By.CSS_SELECTOR, selector)]
        )

    def get_by_role(self, role: str) -> "Place":
        """Those inside of this role."""
        return self.locator(ROLES[role])

    def nth(self, index: int) -> "Place":
        """The one at this place."""
        return Place(self.driver, lambda: [self.find()[index]])

    @property
    def first(self) -> "Place":
        """The first one."""
        return self.nth(0)

    def all(self) -> list["Place"]:
        """Each of them."""
        return [self.nth(index) for index in range(self.count())]

    def count(self) -> int:
        """How many there are."""
        return len(self.find())

    def wait_for(self) -> None:
        """Return once it is shown."""
        self.until(lambda: self.find()[0].is_displayed())

    def click(self) -> None:
        """Click on it, with a pointer."""
        self.until(lambda: self.find()[0].click() is None)

    def check(self) -> None:
        """Click on it unless it is chosen."""
        self.until(lambda: self.find()[0].is_selected() or self.find()[0].click())

    def fill(self, text: str) -> None:
        """Type into it."""
        self.until(lambda: self.find()[0].send_keys(text) is None)

    def get_attribute(self, name: str) -> str | None:
        """Its attribute."""
        return self.until(lambda: (self.find()[0].get_dom_attribute(name),))[0]

    def inner_text(self) -> str:
        """Its text as it is shown."""
        return self.until(lambda: (self.find()[0].text,))[0]


class Page(Place):
    """The whole page."""

    def __init__(self, driver: Any):
        super().__init__(driver, lambda: [driver])

    def goto(self, address: str, wait_until: str) -> None:
        """Open an address."""
        self.driver.get(address)

    def reload(self, wait_until: str) -> None:
        """Load it anew."""
        self.driver.refresh()

    def evaluate(self, function: str) -> Any:
        """What a JavaScript function gives."""
        return self.driver.execute_script(f"return ({function})()")

    def screenshot(self, path: Path) -> None:
        """Photograph what is seen of it."""
        self.driver.save_screenshot(str(path))


class Expected:
    """Waits until something holds of a place."""

    def __init__(self, place: Place):
        self.place = place

    def to_be_enabled(self) -> None:
        """It can be used."""
        self.place.until(lambda: self.place.find()[0].is_enabled())

    def to_have_attribute(self, name: str, value: str | re.Pattern[str]) -> None:
        """Its attribute is this, or matches."""
        pattern = re.compile(re.escape(value) + "$") if isinstance(value, str) else value
        self.place.until(lambda: pattern.match(self.place.get_attribute(name) or ""))

    def not_to_have_attribute(self, name: str, value: str) -> None:
        """Its attribute is another."""
        self.place.until(lambda: self.place.get_attribute(name) != value)


class WebKitParticipant(Participant):
    """A person at WebKit."""

    expect = staticmethod(Expected)
