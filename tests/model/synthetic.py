"""Made-up SAFE rows and sounds: nothing here comes from SAFE-DB or from a recording."""

import numpy as np

from model.eq import FLAT


def settings(kind: str, n: int, seed: int = 0) -> np.ndarray:
    """Return [n, 13]: low-heavy ("warm"), high-heavy ("bright") or high-only ("airy") settings with jitter."""
    rng = np.random.default_rng([seed, *kind.encode()])
    tilt = {"warm": (6, 4, 0, -2, -6), "bright": (-4, -2, 0, 5, 7), "airy": (-5, -3, -2, 1, 5)}[kind]
    rows = np.tile(FLAT, (n, 1))
    rows[:, [0, 2, 5, 8, 11]] = np.clip(tilt + rng.normal(0, 1.5, (n, 5)), -12, 12)
    rows[:, [1, 3, 6, 9, 12]] *= rng.uniform(0.8, 1.25, (n, 5))
    return rows


def safe_row(entry: int, label: str, values, person: str = "") -> str:
    """Return one line of SAFE-DB's 25-column layout."""
    return ",".join([str(entry), label, person, "2", "2", *(f"{value:.6f}" for value in values), *[""] * 7])


def write_safe(path, counts: dict[str, int], seed: int = 0):
    """Write a SAFE file with ``counts`` made-up settings per descriptor; return the path."""
    rows = [(label, values) for label, n in counts.items() for values in settings(label, n, seed)]
    order = np.random.default_rng(seed).permutation(len(rows))
    path.write_text("\n".join(safe_row(entry, *rows[index]) for entry, index in enumerate(order, 1)) + "\n")
    return path


def pink_noise(seconds: float = 2.0, channels: int = 2, sample_rate: int = 44_100, seed: int = 0) -> np.ndarray:
    """Return float32 pink noise [channels, samples] at about -20 dBFS."""
    n = int(seconds * sample_rate)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal((channels, n)))
    spectrum /= np.sqrt(np.maximum(np.arange(spectrum.shape[1]), 1))
    audio = np.fft.irfft(spectrum, n)
    return (0.1 * audio / audio.std()).astype(np.float32)
