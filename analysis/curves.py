"""The curve of 13 EQ parameters, for plots: low shelf, three peaks, high shelf, as in the Audio EQ Cookbook
(Bristow-Johnson)."""

import numpy as np

SHELF_Q = 0.71  # as the equaliser has it
FREQUENCIES_HZ = np.geomspace(30, 18_000, 160)


def response_db(
    parameters: np.ndarray, frequencies_hz: np.ndarray = FREQUENCIES_HZ, sample_rate_hz: float = 44_100.0
) -> np.ndarray:
    """Give the magnitude responses in dB, shape [..., frequency].

    Parameters
    ----------
    parameters
        gain dB, Hz | gain dB, Hz, Q (three times) | gain dB, Hz; shape [..., 13].
    frequencies_hz
        Where to evaluate, shape [frequency].
    """
    p = np.moveaxis(np.asarray(parameters, dtype=float), -1, 0)[..., None]
    z = np.exp(-2j * np.pi * frequencies_hz / sample_rate_hz)
    total = _section("low", p[0], p[1], SHELF_Q, z, sample_rate_hz)
    for gain_db, hz, q in (p[2:5], p[5:8], p[8:11]):
        total = total + _section("peak", gain_db, hz, q, z, sample_rate_hz)
    return total + _section("high", p[11], p[12], SHELF_Q, z, sample_rate_hz)


def _section(
    kind: str, gain_db: np.ndarray, hz: np.ndarray, q: np.ndarray | float, z: np.ndarray, sample_rate_hz: float
) -> np.ndarray:
    a = 10 ** (gain_db / 40)
    w = 2 * np.pi * hz / sample_rate_hz
    alpha, cos = np.sin(w) / (2 * q), np.cos(w)
    if kind == "peak":
        b, d = (1 + alpha * a, -2 * cos, 1 - alpha * a), (1 + alpha / a, -2 * cos, 1 - alpha / a)
    else:
        s = 1.0 if kind == "low" else -1.0  # a high shelf is a low shelf with the cosine's sign turned
        root = 2 * np.sqrt(a) * alpha
        b = (
            a * (a + 1 - s * (a - 1) * cos + root),
            2 * s * a * (a - 1 - s * (a + 1) * cos),
            a * (a + 1 - s * (a - 1) * cos - root),
        )
        d = (a + 1 + s * (a - 1) * cos + root, -2 * s * (a - 1 + s * (a + 1) * cos), a + 1 + s * (a - 1) * cos - root)
    numerator, denominator = (c[0] + c[1] * z + c[2] * z**2 for c in (b, d))
    return 20 * np.log10(np.abs(numerator / denominator))
