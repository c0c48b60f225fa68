"""Known worths are found again; over many studies intervals cover them and tests keep their level."""

import numpy as np
import pytest
from scipy import stats

from analysis.statistics import preferences
from benchmarks.ways_of_asking import CLIPS, LISTENERS, PLACES, World, _of_differences, presentations, simulated
from tests.analysis.recovery_of_pairs import POSITION, SAME, SD_CLIP, WORTHS, coverage, false_positives, study

STUDIES = 200


def limits(rate):
    return [limit / STUDIES for limit in stats.binom.ppf([0.0005, 0.9995], STUDIES, rate)]


def test_known_worths_position_and_ties_are_found_again():
    found = preferences.scale(study(1, listeners=60, clips=10, sd_listener=0.0), "warm", draws=200)
    true = np.concatenate([WORTHS, [POSITION, SAME]])
    errors = [found.of_listeners(found.one(i)) for i in range(6)]
    assert max(error.se for error in errors) < 0.08  # 3,600 comparisons tell a worth to less than a tenth
    assert all(abs(error.value - value) < 3 * error.se for error, value in zip(errors, true, strict=True))


def test_the_power_simulation_tests_as_the_analysis_does():
    rng = np.random.default_rng(3)
    grid = rng.normal(0.25, 1, (LISTENERS, CLIPS)) + rng.normal(0, 0.3, (LISTENERS, 1))
    for shift in np.linspace(-0.5, 0.5, 11):
        by_t_test = stats.ttest_1samp((grid + shift).mean(axis=1), 0).pvalue < 0.05
        assert _of_differences(grid + shift, np.arange(CLIPS))[0] == by_t_test


def test_a_world_has_its_effect_and_a_time_its_trials():
    worlds = [World.drawn(np.random.default_rng(seed), 0.5, 0.5).places.mean(axis=(0, 1)) for seed in range(300)]
    assert np.mean(worlds, axis=0) == pytest.approx(PLACES + 0.5 * (np.arange(4) == 1), abs=0.05)
    assert len(presentations(14)) == 85 and np.bincount(presentations(24)).tolist() == [5] * 10


@pytest.mark.slow
@pytest.mark.parametrize("sd_clip", SD_CLIP)
def test_intervals_for_new_music_cover_and_its_tests_keep_their_level(sd_clip):
    assert coverage(STUDIES, sd_clip).mean()["new music"] >= limits(0.95)[0]
    share = false_positives(STUDIES, sd_clip).mean()
    assert (share[share.index.str.startswith("new music")] <= limits(0.05)[1]).all(), share
    if sd_clip == 0:
        assert (share <= limits(0.05)[1]).all(), share


@pytest.mark.slow
@pytest.mark.parametrize("way", ["one page of four", "pairs, all six"])
def test_ways_of_asking_keep_their_level_for_new_music_in_the_power_simulation(way):
    assert simulated(way, 0.0, 0.5, 400).mean(axis=0)[1] <= stats.binom.ppf(0.9995, 400, 0.05) / 400
