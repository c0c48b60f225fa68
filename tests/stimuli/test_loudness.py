import numpy as np
import pyloudnorm
import pytest

from stimuli.rendering import loudness

RATE_HZ = 48000


def tone(frequency_hz, dbfs, seconds=5.0, rate_hz=RATE_HZ, phase=0.0):
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    return 10 ** (dbfs / 20) * np.sin(2 * np.pi * frequency_hz * time_s + phase) * np.ones((2, 1))


def measure_with_ffmpeg(audio, rate_hz):
    """Integrated loudness and true peak of FFmpeg's own ebur128 filter, which shares no code with ours."""
    import av

    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=rate_hz, format="flt", layout="stereo", time_base=f"1/{rate_hz}")
    meter = graph.add("ebur128", "peak=true:metadata=1")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(audio.T.astype(np.float32).reshape(1, -1), format="flt", layout="stereo")
    frame.sample_rate = rate_hz
    graph.push(frame)
    graph.push(None)
    found = {}
    while True:
        try:
            found |= graph.pull().metadata
        except (av.BlockingIOError, av.EOFError):
            break
    peaks = [float(found[f"lavfi.r128.true_peaks_ch{channel}"]) for channel in (0, 1)]
    return float(found["lavfi.r128.I"]), 20 * np.log10(max(peaks))


@pytest.mark.parametrize("dbfs", [-23.0, -33.0])
def test_the_reference_tone_of_ebu_tech_3341_reads_as_it_should(dbfs):
    # EBU Tech 3341, cases 1 and 2: a stereo sine of 1000 Hz at -23 (-33) dBFS for 20 s is -23 (-33) LUFS +-0.1.
    assert loudness.integrated_lufs(tone(1000, dbfs, 20), RATE_HZ) == pytest.approx(dbfs, abs=0.1)


@pytest.mark.parametrize(("frequency_hz", "phase"), [(RATE_HZ / 4, np.pi / 4), (RATE_HZ / 6, np.pi / 3), (997, 0)])
def test_true_peaks_between_samples_are_found(frequency_hz, phase):
    # EBU Tech 3341, cases 15 to 19: tones whose samples miss the peak; allowed error +0.2 / -0.4 dB.
    steady = tone(frequency_hz, -6, 2, phase=phase)
    assert -0.4 <= loudness.true_peak_dbtp(steady[:, 480:-480], RATE_HZ) + 6 <= 0.5


def test_loudness_and_peaks_agree_with_ffmpeg():
    rng = np.random.default_rng(5)
    audio = np.cumsum(rng.standard_normal((2, 8 * RATE_HZ)), axis=1)
    audio = np.diff(audio, n=1, axis=1) * 0.05 + tone(220, -20, 8)[:, 1:]
    lufs, dbtp = measure_with_ffmpeg(audio, RATE_HZ)
    assert loudness.integrated_lufs(audio, RATE_HZ) == pytest.approx(lufs, abs=0.1)
    assert loudness.true_peak_dbtp(audio, RATE_HZ) == pytest.approx(dbtp, abs=0.3)


def test_gating_is_pyloudnorms_own():
    rng = np.random.default_rng(3)
    for level in (1e-4, 1e-3, 0.05):
        audio = rng.standard_normal((2, 6 * RATE_HZ)) * level * np.repeat(rng.uniform(0, 1, 12) ** 4, RATE_HZ // 2)
        expected = pyloudnorm.Meter(RATE_HZ).integrated_loudness(audio.T)
        assert loudness.integrated_lufs(audio, RATE_HZ) == pytest.approx(expected, abs=1e-9)


def test_the_loudest_part_is_found():
    audio = np.concatenate([tone(1000, -30, 4), tone(1000, -20, 1), tone(1000, -30, 4)], axis=1)
    assert loudness.blocks_lufs(audio, RATE_HZ).max() == pytest.approx(-20, abs=0.1)


def test_silence_and_snippets_are_reported():
    with pytest.raises(ValueError, match="silent"):
        loudness.gain_to(-23, loudness.blocks_lufs(np.zeros((2, RATE_HZ)), RATE_HZ))
    with pytest.raises(ValueError, match=r"0\.4 s"):
        loudness.integrated_lufs(np.zeros((2, 100)), RATE_HZ)


def test_the_limiter_holds_the_ceiling_and_leaves_the_rest_alone():
    audio = tone(997, -20, 3)
    audio[:, 70000:70040] *= 9
    limited = loudness.limit(audio, RATE_HZ, -6.0)
    assert loudness.true_peak_dbtp(limited, RATE_HZ) <= -5.9
    assert np.array_equal(limited[:, :68000], audio[:, :68000])
    assert np.array_equal(limited[:, 73000:], audio[:, 73000:])
    assert loudness.limit(audio, RATE_HZ, 6.0) is audio
