"""Every kind of participant gets through: by keyboard, on a telephone, with a screen reader, in another language."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

SERIOUS = ("serious", "critical")
WITH_ALL = {"headphones": [{"test": "huggins", "trials": 1, "pass_mark": 1}], "n_descriptors": 2}
WITH_ALL |= {"breaks": {"minimum_s": 0}, "checks": {"attention": 1}}


def findings(person) -> list[str]:
    """What axe-core holds to be serious on the page as it is, and of its colours in the dark."""
    alone = {"resultTypes": ["violations"]}  # all else that it could tell takes as long again
    found = Axe().run(person.page, options=alone).response["violations"]
    person.page.emulate_media(color_scheme="dark")
    contrast = alone | {"runOnly": ["color-contrast"]}
    found += person.page.evaluate("options => axe.run(options)", contrast)["violations"]
    person.page.emulate_media(color_scheme="light")
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found if v["impact"] in SERIOUS]


def test_no_page_has_a_serious_finding_of_axe_nor_is_wider_than_a_telephone(serve, visit):
    served = serve(**WITH_ALL)
    person = visit(served.address, viewport={"width": 360, "height": 740}).open()
    seen = {"start": findings(person)}
    person.primary.click()
    person.is_shown("consent")
    while person.kind != "finished":
        if person.kind not in seen:
            seen[person.kind] = findings(person)
            assert person.page.evaluate("document.documentElement.scrollWidth") == 360, person.kind
        person.answer()
    assert {"consent", "questionnaire", "headphones", "level", "practice", "trial", "break", "comments"} <= set(seen)
    assert {kind: found for kind, found in (seen | {"finished": findings(person)}).items() if found} == {}


def test_the_keyboard_alone_is_enough(serve, visit):
    served = serve(**WITH_ALL)
    person = visit(served.address).open()
    press = person.page.keyboard.press

    def tab_to(locator) -> None:
        for _ in range(60):
            if locator.evaluate("element => element === document.activeElement"):
                return
            press("Tab")
        raise AssertionError(f"Tab never comes to {locator}.")

    tab_to(person.primary)
    press("Enter")
    person.is_shown("consent")
    for box in person.stage.get_by_role("checkbox").all():
        tab_to(box)
        press("Space")
    step_by_key(person, lambda: (tab_to(person.primary), press("Enter")))
    for group in person.stage.locator("fieldset").all():
        tab_to(group.get_by_role("radio").first)
        press("Space")
    step_by_key(person, lambda: press("Enter"))
    person.stage.locator(".play").wait_for()
    press("Space")
    step_by_key(person, lambda: press("Enter"))
    headphones_by_key(person, "2")
    if person.kind == "headphones":
        headphones_by_key(person, "1")
    step_by_key(person, lambda: press("Enter"))
    for rating in (7, 1):
        expect(person.tile(rating)).to_be_enabled()
        press(str(rating))
        step_by_key(person, lambda: press("Enter"))
    assert list(served.ratings(person).values()) == [7, 1]


def headphones_by_key(person, choice: str) -> None:
    """Play the sound of the headphone check once it is there, and answer."""
    expect(person.primary).to_be_enabled()
    person.page.keyboard.press("Space")
    expect(person.stage.locator(".choice-button").first).to_be_enabled()
    step_by_key(person, lambda: person.page.keyboard.press(choice))


def step_by_key(person, act) -> None:
    """Do it, and wait for the next step."""
    step = person.step
    act()
    expect(person.stage).not_to_have_attribute("data-step", step)
    person.is_shown()


@pytest.mark.parametrize(
    ("locale", "start", "question"),
    [
        ("de-AT", "Beginnen", "warm"),
        pytest.param("es-MX", "Comenzar", "cálido", marks=pytest.mark.slow),
        pytest.param("zh-CN", "开始", "温暖", marks=pytest.mark.slow),
    ],
)
def test_the_browsers_language_is_spoken_and_can_be_changed_by_hand(serve, visit, locale, start, question):
    served = serve(consent=None, questionnaire=None, level=None, instructions=None)
    person = visit(served.address, locale=locale).open()
    assert person.page.evaluate("document.documentElement.lang") == locale[:2]
    assert person.primary.inner_text() == start
    person.primary.click()
    person.is_shown("practice")
    assert question in person.stage.locator("h1").inner_text()
    person.page.get_by_role("combobox").select_option("en")
    expect(person.stage.locator("h1")).to_have_text("How warm does this sound?")
    assert person.reload().stage.locator("h1").inner_text() == "How warm does this sound?"
