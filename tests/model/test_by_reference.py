"""The measures of equalising by reference, on systems whose values follow from the definitions."""

import numpy as np
import pytest
import soundfile as sf

from model import EQParams, MatchEQ
from model.eq import GRID_HZ
from model.evaluation import by_reference
from model.evaluation.clips import read_clips
from model.safe_db import Settings
from tests.model.synthetic import pink_noise

RATE_HZ = 8000
EQ = EQParams.from_safe((6, 200, 0, 500, 1, 0, 1000, 0.7, -5, 2000, 1, 0, 3500))
DARKER = EQParams.from_safe((0, 200, 0, 500, 1, 0, 1000, 0.7, 0, 2000, 1, -9, 1500))


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("music")
    noise = pink_noise(61, channels=1, sample_rate=RATE_HZ)
    sf.write(folder / "one.wav", noise.T, RATE_HZ, subtype="FLOAT")
    sf.write(folder / "other.wav", DARKER.apply(noise, RATE_HZ).T, RATE_HZ, subtype="FLOAT")
    sf.write(folder / "short.wav", noise[:, : 15 * RATE_HZ].T, RATE_HZ, subtype="FLOAT")
    settings = Settings(np.array([1]), np.array(["warm"]), np.array([EQ.values]))
    systems = {"flat": by_reference.flat, "undone": lambda *sounds: EQ.scaled(-1), "match": MatchEQ().propose}
    rows = by_reference.distances(systems, read_clips(folder), folder, settings)
    return by_reference.summarise(rows).set_index(["seconds", "system"])


def test_what_is_missed_is_the_eq_itself_or_nothing(table):
    for seconds in by_reference.LENGTHS_S:
        assert table.same_db[seconds, "flat"] == pytest.approx(np.std(EQ.response(GRID_HZ, 44_100)))
        assert table.same_db[seconds, "undone"] == pytest.approx(0, abs=1e-9)
        assert table.same_p90_db[seconds, "flat"] == pytest.approx(table.same_rms_db[seconds, "flat"])


def test_another_recordings_spectrum_comes_nearer_or_stays_where_it_is(table):
    assert table.other[30, "flat"] == pytest.approx(1)
    assert table.other[30, "match"] < 0.4 and table.other[30, "undone"] > 0.4
    assert np.isnan(table.other[10, "match"])


def test_only_recordings_of_two_such_halves_count(table):
    assert set(table.recordings) == {2}
