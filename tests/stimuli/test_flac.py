import io

import av
import numpy as np
import pytest
import soundfile as sf

from stimuli.rendering import flac

RATE_HZ = 44100


@pytest.fixture
def samples():
    return (np.random.default_rng(0).standard_normal((2, RATE_HZ)) * 3000).astype(np.int16)


@pytest.mark.parametrize("extra", [0, 4, 5, 5000, (1 << 24) + 3, (1 << 24) + 9, 40_000_000])
def test_a_padded_file_has_the_size_asked_for_and_the_same_audio(samples, extra):
    data = flac.encode(samples, RATE_HZ)
    larger = flac.padded(data, len(data) + extra)
    assert len(larger) == len(data) + extra
    assert np.array_equal(sf.read(io.BytesIO(larger), dtype="int16")[0].T, samples)


def test_a_file_is_compressed_as_far_as_flac_goes():
    noise = np.random.default_rng(1).standard_normal((2, 3 * RATE_HZ)) * 10
    tones = sum(np.sin(np.arange(3 * RATE_HZ) * step) for step in (0.03, 0.11, 0.31, 0.57, 0.9, 1.3, 1.9))
    samples = (1500 * tones + noise).astype(np.int16)  # whose prediction takes many coefficients
    sizes = []
    for level in np.linspace(0, 1, 9):  # 0 to 8 of the flac program
        file = io.BytesIO()
        sf.write(file, samples.T, RATE_HZ, format="FLAC", subtype="PCM_16", compression_level=level)
        sizes.append(len(file.getvalue()))
    assert len(flac.encode(samples, RATE_HZ)) == sizes[-1] < sizes[5] < sizes[0]


def test_another_decoder_reads_a_padded_file(samples):
    data = flac.padded(flac.encode(samples, RATE_HZ), 300_000)
    with av.open(io.BytesIO(data)) as file:
        decoded = np.concatenate([frame.to_ndarray().reshape(-1, 2) for frame in file.decode(audio=0)])
    assert np.array_equal(decoded.T, samples)


def test_what_cannot_be_padded_is_reported(samples):
    data = flac.encode(samples, RATE_HZ)
    with pytest.raises(ValueError, match="least padding"):
        flac.padded(data, len(data) + 3)
    with pytest.raises(ValueError, match="not a FLAC"):
        flac.padded(b"RIFF", 100)


def test_one_size_holds_all_files():
    size = flac.common_size([100, 5000, 8190])
    assert size == 12288
    assert all(size - n >= 4 for n in (100, 5000, 8190))


def test_dither_is_triangular_and_the_files_own():
    silence = np.zeros((2, 200_000), np.float32)
    one, other = flac.quantise(silence, 1), flac.quantise(silence, 2)
    assert np.array_equal(one, flac.quantise(silence, 1))
    assert not np.array_equal(one, other)
    # A triangular density of width two steps rounds to -1, 0, 1 with probability 1/8, 3/4, 1/8.
    assert [np.mean(one == step) for step in (-1, 0, 1)] == pytest.approx([1 / 8, 3 / 4, 1 / 8], abs=0.005)


def test_full_scale_is_held():
    assert flac.quantise(np.array([[1.5, -1.5]], np.float32), 0).tolist() == [[32767, -32768]]
