"""Over 200 simulated studies intervals cover and tests keep their level, within what 200 studies can tell (99.9 %)."""

import pytest
from scipy import stats

from tests.analysis.recovery import coverage, false_positives

STUDIES = 200


def limits(rate):
    return [limit / STUDIES for limit in stats.binom.ppf([0.0005, 0.9995], STUDIES, rate)]


@pytest.mark.slow
def test_intervals_cover_the_true_difference_at_their_rate():
    share = coverage(STUDIES).mean()
    low, high = limits(0.95)
    for name in ("t-test, all descriptors", "t-test, one descriptor", "mixed model, slopes"):
        assert low <= share[name] <= high, (name, share[name])
    assert share["mixed model, intercepts"] < share["mixed model, slopes"]  # it does not know that listeners differ


@pytest.mark.slow
def test_tests_without_an_effect_are_significant_one_time_in_twenty():
    share = false_positives(STUDIES).mean()
    _, high = limits(0.05)
    assert (share <= high).all(), share
