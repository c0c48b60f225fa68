"""EQ curves against the equaliser that plays them, and slopes over clips against lme4 through a worked case."""

import numpy as np
import pytest

from analysis.data.ratings import from_table
from analysis.data.stimuli import FREQUENCIES_HZ, PARAMETERS, Stimuli, parameters_in_columns
from analysis.statistics.adaptive import advantage, clip_differences, eq_spread
from model import eq
from tests.analysis.example import example

WARM = [3.0, 120, 2.0, 300, 0.8, -1.5, 1200, 1.4, 0.5, 4000, 2.0, -4.0, 6000]


def response(parameters, frequencies_hz):
    return eq.response_db(parameters, frequencies_hz, 44_100.0)


def manifest_rows(clips):
    """Give stimuli whose semantic EQ is stronger where a clip already sounds less so; static is the same everywhere."""
    rows = []
    for i in range(clips):
        for condition, strength in (("semantic", 1.5 - 0.2 * i), ("static", 1.0)):
            scaled = [x * strength if k in (0, 2, 5, 8, 11) else x for k, x in enumerate(WARM)]
            rows.append({"clip": f"clip{i + 1}", "condition": condition, "descriptor": "warm",
                         "baseline_score": 0.5 * i, "parameters": scaled, "kind": "stimulus"})  # fmt: skip
    return parameters_in_columns(rows)


def stimuli(clips=6):
    return Stimuli.of(manifest_rows(clips), response)


def test_stimuli_keep_the_curve_of_their_own_parameters():
    found = stimuli()
    assert found.curves("warm", "static") == pytest.approx(np.tile(response(np.array([WARM]), FREQUENCIES_HZ), (6, 1)))
    assert found.curves("warm", "original").shape == (0, len(FREQUENCIES_HZ))


def test_a_table_of_an_earlier_version_is_read_with_a_notice():
    earlier = manifest_rows(6).rename(columns={"baseline_score": "already_so"})
    with pytest.warns(FutureWarning, match="already_so is now baseline_score"):
        found = Stimuli.of(earlier, response)
    assert found.table.equals(stimuli().table)


def test_a_stimulus_without_parameters_has_no_curve():
    table = manifest_rows(6)
    table.loc[0, PARAMETERS[0]] = np.nan
    assert len(Stimuli.of(table, response).curves("warm", "semantic")) == 5


def test_a_fixed_curve_has_no_spread_and_an_adaptive_one_follows_the_clip():
    table = eq_spread(stimuli()).set_index("condition")
    assert table.loc["static", "spread_db"] == pytest.approx(0, abs=1e-12)
    assert np.isnan(table.loc["static", "spearman"])
    assert table.loc["semantic", "spread_db"] > 0.3 and table.loc["semantic", "spearman"] == -1


def test_the_slope_is_found_where_the_advantage_shrinks_clip_by_clip():
    table = example(participants=10, clips=6, descriptors=("warm",))
    clip = table["clip"].str[-1].astype(int)
    rng = np.random.default_rng(1)
    table["rating"] = (
        4 + rng.normal(0, 0.2, len(table)) + np.where(table["condition"] == "semantic", 0.5 * (6 - clip), 0)
    )
    found = advantage(from_table(table, (0, 10)), "semantic", "static", stimuli()).iloc[0]
    assert found["slope"] == pytest.approx(-0.5 * np.arange(6).std(ddof=1), abs=0.1)
    assert found["dof"] == 4 and found["p"] < 0.001 and found["spearman"] == pytest.approx(-1)


def test_too_few_clips_give_no_slope():
    table = example(clips=3, descriptors=("warm",))
    assert np.isnan(advantage(from_table(table), "semantic", "static", stimuli(3)).iloc[0]["slope"])


def test_clip_differences_are_means_over_participants():
    table = example()
    row = clip_differences(from_table(table), "semantic", "static").iloc[1]
    own = table[(table["descriptor"] == row["descriptor"]) & (table["clip"] == row["clip"])]
    wide = own.pivot(index="participant", columns="condition", values="rating")
    assert row["diff"] == pytest.approx((wide["semantic"] - wide["static"]).mean())


def test_a_manifest_without_parameters_is_refused():
    with pytest.raises(ValueError, match="no column 'low_shelf_hz'"):
        Stimuli.of(manifest_rows(6).drop(columns=PARAMETERS[1]), response)
