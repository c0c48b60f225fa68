"""The whole way of a participant through a study of real stimuli, and the way back after a reload in every step."""

import pytest
from sqlalchemy import select

from study.storage.models import Session
from tests.browser.participant import STEPS

CLIPS = ["bass", "piano", "rock"]
WHOLE = {
    "clips": CLIPS,
    "design": {"order": "blocked", "min_listened_fraction": 0.05},
    "checks": {"attention": 1, "repeats": 1, "repeat_distance": 3},
    "headphones": [{"test": "woods", "trials": 1, "pass_mark": 1, "attempts": 1}],
    "breaks": {"minimum_s": 1, "suggested_s": 2},
}


def test_from_consent_to_completion_code_every_rating_is_in_the_database(serve, visit, small_set):
    served = serve(small_set.folder, n_descriptors=2, **WHOLE)
    person = visit(served.address).begin().walk()
    ended = select(Session.state, Session.completion_code).where(Session.public_id == person.session)
    assert served.rows(ended) == [("completed", person.stage.locator("code").inner_text())]
    assert served.ratings(person) == person.rated
    assert len(person.rated) == 1 + 2 * len(CLIPS) * 2 + 2
    for row in served.responses(person, "trial", "practice"):
        assert row.plays >= 1 and row.heard_s >= 0.05 * 7 and row.underruns is not None
        assert 0 <= row.rt_ms <= row.rt_start_ms and row.first_play_ms <= row.rt_start_ms
    [[facts]] = served.rows(select(Session.client).where(Session.public_id == person.session))
    assert facts.pop("output_rate_hz") == person.page.evaluate("() => new AudioContext().sampleRate")
    assert 0 < facts.pop("base_latency_ms") < 200 and 0 < facts.pop("output_latency_ms") < 2000
    version = int(person.page.context.browser.version.partition(".")[0])
    assert facts == {"browser": "Chrome", "browser_version": version, "operating_system": "Linux", "device": "desktop"}


@pytest.mark.slow
def test_a_reload_in_every_step_comes_back_to_the_same_step(serve, visit):
    check = {"test": "woods", "trials": 1, "pass_mark": 1, "attempts": 1}
    served = serve(n_descriptors=2, breaks={"minimum_s": 0}, headphones=[check])
    person = visit(served.address).begin()
    reloaded = set()
    while person.kind != "finished":
        shown = person.step, person.kind, person.whereabouts()
        if person.kind not in reloaded:
            person.reload()
            assert (person.step, person.kind, person.whereabouts()) == shown
            reloaded.add(person.kind)
        person.answer()
    assert reloaded == set(STEPS) - {"multistimulus"}  # which test_multistimulus.py reloads
    code = person.stage.locator("code").inner_text()
    assert person.reload().stage.locator("code").inner_text() == code
    assert served.ratings(person) == person.rated and len(person.rated) == 13
