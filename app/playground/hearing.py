"""What the page needs to match loudness and to draw spectra while a slider moves, without asking the server again.

Loudness after a linear filter follows from the clip's spectrum: per gating block of ITU-R BS.1770-4 (400 ms, 75 %
overlap) the K-weighted power in each of 160 bands, times the filter's squared response there, summed. The page does
that sum (`static/eq.js`); here are the powers.
"""

import numpy as np

BANDS = 160
LOWEST_HZ, HIGHEST_HZ = 16.0, 20_000.0
BLOCK_S, STEP_S = 0.4, 0.1
SPECTRUM_FLOOR = 1e-12


def centres_hz() -> np.ndarray:
    """The bands' centre frequencies in Hz, logarithmically spaced."""
    edges = _edges_hz()
    return np.sqrt(edges[:-1] * edges[1:])


def block_powers(audio: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """K-weighted power per gating block and band.

    Parameters
    ----------
    audio : float [channels, samples]; left and right weigh 1 each (BS.1770-4, table 3).
    sample_rate_hz : in Hz.

    Returns
    -------
    ndarray
        float32 [blocks, bands]; a row's sum is the block's mean square ``z`` of the standard.
    """
    length, step = round(BLOCK_S * sample_rate_hz), round(STEP_S * sample_rate_hz)
    n_blocks = 1 + max(0, (audio.shape[1] - length) // step)
    powers = _power_of(_blocks(audio, length, step, n_blocks)) * _k_weight(length, sample_rate_hz)
    return _in_bands(powers, length, sample_rate_hz).astype(np.float32)


def spectrum_db(audio: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """The long-term power per band in dB, highest band at 0 dB: what the page draws before and after the EQ."""
    length = round(BLOCK_S * sample_rate_hz)
    n_blocks = max(1, audio.shape[1] // length)
    powers = _in_bands(_power_of(_blocks(audio, length, length, n_blocks)), length, sample_rate_hz).mean(axis=0)
    decibels = 10 * np.log10(np.maximum(powers, SPECTRUM_FLOOR))
    return decibels - decibels.max()


def _edges_hz() -> np.ndarray:
    return np.geomspace(LOWEST_HZ, HIGHEST_HZ, BANDS + 1)


def _blocks(audio: np.ndarray, length: int, step: int, n_blocks: int) -> np.ndarray:
    padded = np.pad(audio, ((0, 0), (0, max(0, length - audio.shape[1]))))
    windows = np.lib.stride_tricks.sliding_window_view(padded, length, axis=1)[:, ::step]
    return windows[:, :n_blocks]


def _power_of(blocks: np.ndarray) -> np.ndarray:
    """Mean-square power per frequency bin, summed over channels: by Parseval a row's sum is the block's mean square."""
    length = blocks.shape[-1]
    power = np.abs(np.fft.rfft(blocks, axis=-1)) ** 2 / length**2
    power[..., 1 : (length + 1) // 2] *= 2
    return power.sum(axis=0)


def _k_weight(length: int, sample_rate_hz: int) -> np.ndarray:
    from pyloudnorm import IIRfilter
    from scipy.signal import freqz

    frequencies = np.fft.rfftfreq(length, 1 / sample_rate_hz)
    shelf = IIRfilter(4.0, 1 / np.sqrt(2), 1500.0, sample_rate_hz, "high_shelf")
    highpass = IIRfilter(0.0, 0.5, 38.0, sample_rate_hz, "high_pass")
    responses = [freqz(f.b, f.a, worN=frequencies, fs=sample_rate_hz)[1] for f in (shelf, highpass)]
    return np.abs(responses[0] * responses[1]) ** 2


def _in_bands(powers: np.ndarray, length: int, sample_rate_hz: int) -> np.ndarray:
    """Sum bins into bands; narrow low bands share the bins between them, so that no power is lost or counted twice."""
    width = sample_rate_hz / length
    cumulative = np.concatenate([np.zeros((len(powers), 1)), np.cumsum(powers, axis=1)], axis=1)
    positions = np.clip(_edges_hz() / width + 0.5, 0, powers.shape[1])
    positions[0], positions[-1] = 0, powers.shape[1]
    whole = np.minimum(positions.astype(int), powers.shape[1] - 1)
    at_edges = cumulative[:, whole] + (positions - whole) * powers[:, whole]
    return np.diff(at_edges, axis=1)
