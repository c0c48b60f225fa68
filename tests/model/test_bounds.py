"""The model room's numbers, written out: ranges, limits and the bands it listens in, below, at and above each."""

import numpy as np
import pytest
import torch

from model import PersonalWord, encoder, eq, request, safe_db
from model.evaluation import steadiness
from model.evaluation.clips import Clip
from model.evaluation.hearing import area_under_curve
from tests.model.synthetic import pink_noise, safe_row, settings

GAINS, FREQUENCIES, QS = (0, 2, 5, 8, 11), (1, 3, 6, 9, 12), (4, 7, 10)
LIMITS = dict.fromkeys(GAINS, (-12, 12)) | dict.fromkeys(FREQUENCIES, (10, 22_000)) | dict.fromkeys(QS, (0.1, 10))
PLUG_IN = [
    *((-12, 12), (22, 1000), (-12, 12), (82, 3900), (0.1, 10), (-12, 12), (180, 4700), (0.1, 10), (-12, 12)),
    *((220, 10_000), (0.1, 10), (-12, 12), (580, 20_000)),
]


@pytest.mark.parametrize("index", range(13))
def test_each_of_the_thirteen_numbers_has_its_limits(index):
    low, high = LIMITS[index]
    for value, is_taken in ((low * (1 - np.sign(low) * 1e-3), False), (low, True), (high, True), (high * 1.001, False)):
        values = np.array(eq.FLAT)
        values[index] = value
        if is_taken:
            assert eq.EQParams.from_safe(values).values[index] == pytest.approx(value)
            continue
        with pytest.raises(ValueError, match=f"Parameter {index + 1} of 13"):
            eq.EQParams.from_safe(values)


def test_the_flat_setting_and_the_plug_ins_ranges_are_those_of_safe_db():
    assert list(zip(eq.LOW, eq.HIGH, strict=True)) == PLUG_IN
    assert list(eq.FLAT) == [0, 80, 0, 300, 0.71, 0, 1000, 0.71, 0, 3300, 0.71, 0, 8200] and eq.SHELF_Q == 0.71
    assert (len(eq.GRID_HZ), *eq.GRID_HZ[[0, -1]]) == pytest.approx((96, 40, 16_000))


@pytest.mark.parametrize("index", range(13))
def test_a_dial_may_pass_its_end_by_a_tenth_and_is_held_there(tmp_path, index):
    low, high = PLUG_IN[index]
    furthest = low - 0.1 * abs(low), high * 1.1
    for value, kept in ((furthest[0] + 1e-5 * abs(furthest[0]), low), (furthest[1] * (1 - 1e-5), high)):
        row = np.array(eq.FLAT)
        row[index] = value
        assert safe_db._parse(safe_row(1, "warm", row).split(","), 1, tmp_path)[2][index] == kept
    for value in (furthest[0] - 0.01, furthest[1] + 0.01):
        row = np.array(eq.FLAT)
        row[index] = value
        with pytest.raises(ValueError, match=rf"column {index + 6}: .* outside the plug-in's range"):
            safe_db._parse(safe_row(1, "warm", row).split(","), 1, tmp_path)


@pytest.mark.parametrize(("n_columns", "is_taken"), [(24, False), (25, True), (26, False)])
def test_a_row_of_safe_db_has_25_columns(tmp_path, n_columns, is_taken):
    row = [*safe_row(1, "warm", eq.FLAT).split(","), ""][:n_columns]
    if is_taken:
        assert safe_db._parse(row, 1, tmp_path)[:2] == (1, "warm")
        return
    with pytest.raises(ValueError, match=f"has {n_columns} columns, expected 25"):
        safe_db._parse(row, 1, tmp_path)


@pytest.mark.parametrize(("gain_db", "n"), [(0.05, 5), (-0.05, 5), (0.051, 6), (-0.051, 6)])
def test_a_setting_that_moves_no_gain_is_dropped(tmp_path, gain_db, n):
    nearly_flat = np.array(eq.FLAT)
    nearly_flat[5] = gain_db
    rows = [*settings("warm", 5), nearly_flat]
    path = tmp_path / "safe.csv"
    path.write_text("\n".join(safe_row(entry, "warm", row) for entry, row in enumerate(rows, 1)))
    assert len(safe_db.read(path)) == n


@pytest.mark.parametrize("rate_hz", [3999, 4000, 768_000, 768_001])
def test_sample_rates_are_from_4_to_768_khz(rate_hz):
    audio = np.ones((1, 8), np.float32)
    if 4000 <= rate_hz <= 768_000:
        assert eq.check_audio(audio, rate_hz) is audio
        return
    with pytest.raises(ValueError, match="outside 4000 to 768000"):
        eq.check_audio(audio, rate_hz)


@pytest.mark.parametrize(("shape", "is_taken"), [((64, 1), True), ((65, 1), False), ((1,), True), ((1, 1, 1), False)])
def test_audio_has_64_channels_at_most(shape, is_taken):
    audio = np.ones(shape, np.float32)
    if is_taken:
        assert eq.check_audio(audio, 44_100) is audio
        return
    with pytest.raises(ValueError, match="channels"):
        eq.check_audio(audio, 44_100)


@pytest.mark.parametrize(("sample_rate", "is_taken"), [(3999, False), (4000, True), (768_000, True), (768_001, False)])
def test_curves_have_the_sample_rates_that_audio_has(sample_rate, is_taken):
    setting, word = eq.EQParams.flat(), PersonalWord.load("warm")
    curves = (setting.sos, lambda rate: setting.response([100.0], rate), lambda rate: word.response([100.0], rate))
    for curve in curves:
        if is_taken:
            assert np.isfinite(curve(sample_rate)).all()
            continue
        with pytest.raises(ValueError, match=f"The sample rate is {sample_rate} Hz, outside 4000 to 768000"):
            curve(sample_rate)


def test_samples_so_loud_that_their_energy_overflows_are_taken_and_infinite_ones_are_not():
    loud = np.full((1, 100), 1e30, np.float32)
    assert eq.check_audio(loud, 44_100) is loud
    for value in (np.inf, -np.inf, np.nan):
        loud[0, 50] = value
        with pytest.raises(ValueError, match="NaN or infinite"):
            eq.check_audio(loud, 44_100)


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("n_frames", [1, 63, 64, 65, 130])
def test_frames_are_transformed_in_blocks_as_all_at_once(n_frames, n_channels):
    audio = torch.from_numpy(pink_noise(9, n_channels, 8000)[:, : 512 * (n_frames + 1)])
    spectrum = torch.stft(audio, 1024, 512, window=torch.hann_window(1024), center=False, return_complex=True)
    power = encoder.log_mel(audio[None], 8000)[0]
    assert power.shape == (1, n_frames, 513)
    assert torch.allclose(power[0], spectrum.abs().square().mean(dim=0).T, rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize(("n_samples", "is_taken"), [(1599, False), (1600, True), (1601, True)])
def test_a_fifth_of_a_second_is_needed(n_samples, is_taken):
    audio = pink_noise(1, 1, 8000)[:, :n_samples]
    if is_taken:
        assert np.abs(request.heard(audio, 8000)).max() == pytest.approx(1)
        return
    with pytest.raises(ValueError, match=r"0\.2 s or more"):
        request.heard(audio, 8000)


@pytest.mark.parametrize(("peak", "is_taken"), [(0.9e-5, False), (1.1e-5, True)])
def test_a_peak_below_minus_100_dbfs_is_silence(peak, is_taken):
    audio = pink_noise(1, 1, 8000)
    audio *= peak / np.abs(audio).max()
    if is_taken:
        assert request.heard(audio, 8000).shape == audio.shape
        return
    with pytest.raises(ValueError, match="silent"):
        request.heard(audio, 8000)


@pytest.mark.parametrize(
    ("peak", "share"),
    [(1e-6, 0), (6.1e-5, 0), (6.2e-5, 0), (6.3e-5, 0.0335), (7.874e-5, 0.5), (9.9e-5, 0.979), (1e-4, 1), (1, 1)],
)
def test_a_sound_counts_in_full_from_minus_80_dbfs_on(peak, share):
    assert request.presence(np.array([[peak, -peak]]) + 0.25) == pytest.approx(share, abs=1e-3)


@pytest.mark.parametrize(
    ("value", "is_taken"), [(-0.001, False), (0, True), (1, True), (1.001, False), (np.nan, False)]
)
def test_intensities_and_weights_are_from_0_to_1(value, is_taken):
    if is_taken:
        request.check_intensity(value)
        assert request.read_blend(f"warm:{value}", ["warm"]) == {"warm": value}
        return
    with pytest.raises(ValueError, match="outside 0 to 1"):
        request.check_intensity(value)
    with pytest.raises(ValueError, match="expected a number from 0 to 1"):
        request.read_blend(f"warm:{value}", ["warm"])


def htk_edges_hz() -> np.ndarray:
    """The 82 edges of 80 mel bands from 30 Hz to 18 kHz (HTK's formula)."""
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (30, 18_000))
    return 700 * (10 ** (np.linspace(low, high, 82) / 2595) - 1)


def test_the_bands_are_eighty_from_30_hz_to_18_khz():
    np.testing.assert_allclose(encoder.mel_centres_hz(), htk_edges_hz()[1:-1])


@pytest.mark.parametrize(
    ("rate_hz", "n_samples"), [(8000, 1024), (44_100, 4096), (62_283, 4096), (62_287, 8192), (96_000, 8192)]
)
def test_the_window_is_the_power_of_two_nearest_to_93_ms(rate_hz, n_samples):
    assert encoder.window_samples(rate_hz) == n_samples


@pytest.mark.parametrize("rate_hz", [22_050, 32_000, 44_100])
def test_bands_that_reach_beyond_95_percent_of_the_nyquist_frequency_are_empty(rate_hz):
    is_held = (encoder.mel_bank(float(rate_hz)).sum(dim=1) > 0).numpy()
    assert (is_held == (htk_edges_hz()[2:] <= 0.475 * rate_hz)).all() and is_held.any()


@pytest.mark.parametrize(("n", "kept"), [(1199, 1199), (1200, 1200), (1201, 1200), (5000, 1200)])
def test_what_lasts_longer_than_two_minutes_is_heard_in_twelve_excerpts_of_ten_seconds(n, kept):
    audio = np.arange(n, dtype=float)[None]
    found = encoder.representative(audio, 10)
    assert found.shape == (1, kept)
    if n > 1200:
        assert (found[0, ::100] == np.linspace(0, n - 100, 12).astype(int)).all() and found[0, -1] == n - 1


@pytest.mark.parametrize(("n_loud", "share"), [(0, 0), (8, 0), (12, 0.25), (16, 0.5), (24, 1), (80, 1)])
def test_a_sound_is_judged_by_the_share_of_its_bands_that_are_heard(n_loud, share):
    spectrum = torch.full((1, 80), -61.0)
    spectrum[0, :n_loud] = -59.0
    spectrum[0, :1] = 1e-9 if n_loud else -61.0
    if n_loud == 0:
        spectrum[0, 0] = 1e-9  # the loudest itself is heard: 1 of 80
    assert encoder.heard_share(spectrum) == pytest.approx(share, abs=1e-6)


@pytest.mark.parametrize(
    ("positive", "negative", "expected"),
    [
        ([2], [1], 1),
        ([1], [2], 0),
        ([1], [1], 0.5),
        ([1, 2, 3], [2, 2], 0.5),
        ([1, 3], [2, 0, 4], 0.5),
        ([5, 3], [4], 0.5),
    ],
)
def test_the_area_under_the_curve_counts_pairs(positive, negative, expected):
    assert area_under_curve(positive, negative) == pytest.approx(expected)


def test_the_forms_of_a_clip_are_noise_at_minus_40_db_and_clipping_by_12_db():
    audio = pink_noise(1)
    found = steadiness.forms(Clip("a clip", audio, 44_100))
    noise = found["noise"][0] - audio
    level_db = 20 * np.log10(np.sqrt(np.mean(noise**2) / np.mean(audio**2)))
    assert level_db == pytest.approx(-40, abs=0.1)
    clipped, peak = found["clipped"][0], np.abs(audio).max()
    within = np.abs(audio) * 10 ** (12 / 20) < peak
    np.testing.assert_allclose(clipped[within], audio[within] * 10 ** (12 / 20), rtol=1e-5)
    assert 0 < (~within).mean() < 0.9 and np.abs(clipped[~within]) == pytest.approx(peak)
