"""The calibration by keyboard, and the wait for the sounds that are made of it."""

import threading
from contextlib import ExitStack

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from study.storage.models import Session
from tests.app.study_process import free_port
from tests.app.test_personal import N, probed, study  # noqa: F401
from tests.browser.study_server import application, in_thread
from tests.browser.test_people import findings


@pytest.mark.slow
def test_the_calibration_goes_by_keyboard_and_the_sounds_made_of_it_are_heard(visit, probed, tmp_path):  # noqa: F811
    """On a telephone, in the light and in the dark; the sounds are made behind those of another session."""
    url, file = f"sqlite:///{tmp_path}/study.sqlite", tmp_path / "study.json"
    file.write_text(study().canonical(), encoding="utf-8")
    app, others_done = application(url, probed.folder, file), threading.Event()
    with in_thread(app, free_port()) as address, ExitStack() as at_the_end:
        at_the_end.callback(others_done.set)  # else a failure would keep the server from stopping
        person = visit(address, viewport={"width": 360, "height": 740}, reduced_motion="reduce")
        page, seen = person.page, {}
        page.goto(f"{address}/study/")
        page.locator("button.primary").click()
        app.state.renderer._threads.submit(others_done.wait)
        for number in range(1, N + 1):
            expect(page.get_by_text(f"Judgement {number} of {N}")).to_be_visible()
            expect(page.get_by_role("heading", level=1)).to_have_text(
                "How warm is this version, compared with the untouched clip?"
            )
            expect(page.locator("fieldset.scale")).to_be_enabled()
            seen["calibration"] = looked_at(person, tmp_path)
            page.keyboard.press("9" if number == 1 else "1")
            expect(page.locator("input[type=radio]:checked")).to_have_value("4" if number == 1 else "-4")
            page.keyboard.press("Enter")
        while person.is_shown("trial", "personal").kind == "trial":
            person.answer()
        bar = page.get_by_role("progressbar", name="Sounds made")
        expect(bar).to_have_attribute("max", "3")
        seen["waiting"] = looked_at(person, tmp_path)
        others_done.set()
        person.is_shown("trial")
        expect(page.get_by_role("heading", level=1)).to_have_text("How warm does this sound?")
        with app.state.running.engine.connect() as connection:
            who = connection.execute(select(Session.public_id)).scalar_one()
        assert page.evaluate("fetch('../api/study/made').then((r) => r.json())") == {"ready": 3, "total": 3}
        assert len(app.state.running.made.rows(who)) == 3
    assert seen == {"calibration": [], "waiting": []}


def looked_at(person, folder) -> list[str]:
    """What is wrong with the page as it is; photographs of it are left in the test's folder."""
    for scheme in ("dark", "light"):
        person.page.emulate_media(color_scheme=scheme)
        person.page.screenshot(path=str(folder / f"{person.kind}-{scheme}.png"), full_page=True)
    wider = person.page.evaluate("document.documentElement.scrollWidth > 360")
    return findings(person) + (["wider than a telephone"] if wider else [])
