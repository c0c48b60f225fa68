"""The page of a report: what stands above everything else."""

import pytest

from analysis.writing.report import page


@pytest.mark.parametrize("simulated", [False, True])
def test_simulated_participants_are_named_above_the_title_and_in_it(simulated):
    html = page("Warm & bright", ["It was <so>."], simulated, ["<h2>Means</h2>"])
    assert ("these numbers say nothing about people" in html) == simulated
    assert ("<title>SIMULATED: Warm &amp; bright</title>" in html) == simulated
    assert "It was &lt;so&gt;." in html and "<h2>Means</h2>" in html
