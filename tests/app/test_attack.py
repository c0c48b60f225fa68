"""An attack that would find the conditions if they could be told apart, and does not."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.commands.attack import RECEIVED, UNMASKED, attacked
from tests.browser.study_server import write_study

SESSIONS = 4


@pytest.fixture(scope="module")
def outcomes(small_set, tmp_path_factory):
    checks = {"attention": 0, "audible": 0, "repeats": 4, "repeat_distance": 3}
    conditions = ["original", "semantic", "flow", "static"]
    parts = {"conditions": conditions, "checks": checks, "clips": ["bass", "piano", "rock"], "questionnaire": None}
    file = write_study(tmp_path_factory.mktemp("attacked") / "study.json", 2, **parts)
    with ThreadPoolExecutor(1) as alone:  # a browser of other tests has the event loop of this thread
        return alone.submit(attacked, file, small_set.folder, SESSIONS).result()


def test_without_the_masks_the_attack_finds_original_looks_files_up_and_links_repeats(outcomes):
    found = outcomes[UNMASKED]
    assert found.by_session.low > found.by_session.chance == 0.25 and found.by_session.recall["original"] > 0.9
    assert found.n_hashes_known == found.n_sounds and found.n_repeats_linked == found.n_repeats == 4 * SESSIONS
    assert not found.is_blind


def test_with_them_it_finds_what_guessing_would(outcomes):
    found = outcomes[RECEIVED]
    n = SESSIONS * 3 * 4 * 2
    five_sigma = 5 * (0.25 * 0.75 / n) ** 0.5  # of a right guess among four; the interval itself fails once in twenty
    assert abs(found.by_clip.accuracy - 0.25) < five_sigma and abs(found.by_session.accuracy - 0.25) < five_sigma
    assert found.by_session.accuracy < outcomes[UNMASKED].by_session.accuracy - 0.25
    assert found.n_hashes_known == 0
    assert found.n_repeats_linked < found.n_repeats
