"""The volume envelope, level and pan of a note as the SoundFont specification (2.04, section 8.1.2) has them."""

import numpy as np
import pytest

from stimuli.music.soundfont import Sample, Zone, _covers, play

ATTACK, DECAY, SUSTAIN, RELEASE, DECAY_PER_KEY, ATTENUATION, PAN, LOOPS = 34, 36, 37, 38, 40, 48, 17, 54
RATE_HZ = 44_100
INSTANT, ONE_S, TWO_S, FOUR_S = -12_000, 0, 1200, 2400  # timecents
STEADY = Sample(np.ones(100, np.float32), (10, 90), RATE_HZ, 60.0)


def level_db(at_s, key=60, held_s=1.0, **generators):
    """The level of a steady tone at a moment."""
    numbers = {LOOPS: 1} | {globals()[name]: value for name, value in generators.items()}
    left, right = play(Zone(STEADY, numbers), key, held_s)[:, round(at_s * RATE_HZ)]
    return 10 * np.log10(left**2 + right**2)


@pytest.mark.parametrize(
    ("at_s", "key", "generators", "expected_db"),
    [
        (0.9, 60, {}, 0.0),
        (0.5, 60, {"DECAY": ONE_S, "SUSTAIN": 1440}, -50.0),  # 100 dB in the decay's time
        (0.9, 60, {"DECAY": ONE_S, "SUSTAIN": 1440}, -90.0),
        (0.9, 60, {"DECAY": ONE_S, "SUSTAIN": 200}, -20.0),
        (0.8, 60, {"DECAY": FOUR_S, "SUSTAIN": 1440}, -20.0),
        (0.8, 48, {"DECAY": ONE_S, "SUSTAIN": 1440, "DECAY_PER_KEY": 100}, -40.0),  # an octave lower, twice as long
        (0.4, 72, {"DECAY": ONE_S, "SUSTAIN": 1440, "DECAY_PER_KEY": 100}, -80.0),
        (0.9, 60, {"ATTENUATION": 100}, -4.0),
        (0.5, 60, {"ATTACK": ONE_S}, 20 * np.log10(0.5)),
        (1.5, 60, {"RELEASE": ONE_S}, -50.0),
        (1.5, 60, {"RELEASE": TWO_S}, -25.0),
    ],
)
def test_a_note_is_as_loud_as_its_zone_says(at_s, key, generators, expected_db):
    assert level_db(at_s, key, **generators) == pytest.approx(expected_db, abs=0.45)  # it begins 2 ms late


@pytest.mark.parametrize(
    ("release", "seconds"), [(INSTANT, 1.001), (ONE_S, 2.0), (702, 2.5), (TWO_S, 2.5), (FOUR_S, 2.5)]
)
def test_a_note_ends_with_its_release_a_second_and_a_half_at_most(release, seconds):
    sound = play(Zone(STEADY, {LOOPS: 1, RELEASE: release}), 60, 1.0)
    assert sound.shape[1] / RATE_HZ == pytest.approx(seconds, abs=0.001)


@pytest.mark.parametrize(
    ("pan", "left", "right"),
    [(0, 0.5, 0.5), (-500, 1.0, 0.0), (500, 0.0, 1.0), (-600, 1.0, 0.0), (250, 0.146, 0.854)],
)
def test_pan_keeps_the_power(pan, left, right):
    powers = play(Zone(STEADY, {LOOPS: 1, PAN: pan}), 60, 0.1)[:, 2000] ** 2
    assert powers == pytest.approx([left, right], abs=0.001)


@pytest.mark.parametrize(
    ("value", "inside"), [(0, False), (35, False), (36, True), (48, True), (49, False), (127, False)]
)
def test_a_zone_covers_its_lowest_and_its_highest_key(value, inside):
    assert _covers(48 << 8 | 36, value) is inside
    assert _covers(None, value)
    assert _covers(127 << 8, value)
