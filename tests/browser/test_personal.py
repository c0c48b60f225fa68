"""The calibration by keyboard, and the wait for the sounds that are made of it."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from study.storage.models import Session
from tests.app.study_process import free_port
from tests.app.test_personal import N, probed, study  # noqa: F401
from tests.browser.study_server import application, in_thread


@pytest.mark.slow
def test_the_calibration_goes_by_keyboard_and_the_sounds_made_of_it_are_heard(visit, probed, tmp_path):  # noqa: F811
    url, file = f"sqlite:///{tmp_path}/study.sqlite", tmp_path / "study.json"
    file.write_text(study().canonical(), encoding="utf-8")
    app = application(url, probed.folder, file)
    with in_thread(app, free_port()) as address:
        page = visit(address).page
        page.goto(f"{address}/study/")
        page.locator("button.primary").click()
        for number in range(1, N + 1):
            expect(page.get_by_text(f"Judgement {number} of {N}")).to_be_visible()
            expect(page.get_by_role("heading", level=1)).to_have_text(
                "How warm is this version, compared with the original?"
            )
            expect(page.locator("fieldset.scale")).to_be_enabled()
            page.screenshot(path=str(tmp_path / f"calibration-{number}.png"))
            page.keyboard.press("9" if number == 1 else "1")
            expect(page.locator("input[type=radio]:checked")).to_have_value("4" if number == 1 else "-4")
            page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("How warm does this sound?")
        with app.state.running.engine.connect() as connection:
            person = connection.execute(select(Session.public_id)).scalar_one()
        while page.evaluate("fetch('../api/study/made').then((r) => r.json())") != {"ready": 3, "total": 3}:
            page.wait_for_timeout(200)
        assert len(app.state.running.made.rows(person)) == 3
