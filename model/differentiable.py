"""The equaliser of `model.eq` in torch, so that gradients pass through it: responses in dB, and audio through dasp.

Settings are tensors [batch, 13] in SAFE-DB's order and units. dasp's `parametric_eq` has one peaking filter more than
SAFE-DB's plug-in; it stays at 0 dB (C. J. Steinmetz et al., "Style transfer of audio effects with differentiable signal
processing", JAES 2022).
"""

from __future__ import annotations

import numpy as np
import torch

from model import eq

NEUTRAL_PEAK = (0.0, 1000.0, eq.SHELF_Q)
_WARPED = np.concatenate([eq.FREQUENCIES, eq.QS])


def _warped_range() -> tuple[torch.Tensor, torch.Tensor]:
    low, high = eq.LOW.copy(), eq.HIGH.copy()
    low[_WARPED], high[_WARPED] = np.log(low[_WARPED]), np.log(high[_WARPED])
    return torch.tensor(low, dtype=torch.float32), torch.tensor(high, dtype=torch.float32)


_LOW, _HIGH = _warped_range()
_IS_WARPED = torch.zeros(13, dtype=torch.bool)
_IS_WARPED[_WARPED] = True


def denormalise(values: torch.Tensor) -> torch.Tensor:
    """Return settings [..., 13] from values in -1..1, as `model.eq.denormalise` does."""
    warped = _LOW.to(values) + (values + 1) / 2 * (_HIGH - _LOW).to(values)
    return torch.where(_IS_WARPED.to(values.device), warped.clamp(max=11).exp(), warped)


def normalise(parameters: torch.Tensor) -> torch.Tensor:
    """Return values in -1..1 from settings [..., 13], as `model.eq.normalise` does."""
    warped = torch.where(_IS_WARPED.to(parameters.device), parameters.clamp_min(1e-3).log(), parameters)
    return 2 * (warped - _LOW.to(parameters)) / (_HIGH - _LOW).to(parameters) - 1


def to_dasp(parameters: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return dasp's 18 controls, each [batch], of settings [batch, 13]."""
    shelf_q = torch.full_like(parameters[:, 0], eq.SHELF_Q)
    neutral = [torch.full_like(shelf_q, value) for value in NEUTRAL_PEAK]
    bands = {
        "low_shelf": [parameters[:, 0], parameters[:, 1], shelf_q],
        "band0": list(parameters[:, 2:5].unbind(1)),
        "band1": list(parameters[:, 5:8].unbind(1)),
        "band2": list(parameters[:, 8:11].unbind(1)),
        "band3": neutral,
        "high_shelf": [parameters[:, 11], parameters[:, 12], shelf_q],
    }
    kinds = ("gain_db", "cutoff_freq", "q_factor")
    return {
        f"{band}_{kind}": value for band, values in bands.items() for kind, value in zip(kinds, values, strict=True)
    }


def parametric_eq(audio: torch.Tensor, sample_rate: float, parameters: torch.Tensor) -> torch.Tensor:
    """Equalise ``audio`` [batch, 1, samples] by one setting each [batch, 13] through dasp-pytorch."""
    # Imported here: with what it imports it takes as long as half of torch, and only training filters audio so.
    import dasp_pytorch.functional

    return dasp_pytorch.functional.parametric_eq(audio, sample_rate, **to_dasp(parameters))


def response_db(parameters: torch.Tensor, frequencies_hz: np.ndarray, sample_rate: float = 44_100) -> torch.Tensor:
    """Return the magnitude responses in dB [batch, frequencies] of settings [batch, 13]."""
    angles = torch.as_tensor(2 * np.pi * np.asarray(frequencies_hz) / sample_rate).to(parameters)
    # Of the power response of a biquad, everything is a polynomial in sin^2(w/2), exact also in single precision.
    phi = (angles / 2).sin().square()
    total = torch.zeros(len(parameters), len(phi), dtype=parameters.dtype, device=parameters.device)
    for band in range(5):
        b, a = _biquad(parameters, band, sample_rate)
        total = total + 10 * torch.log10(_power(b, phi) / _power(a, phi))
    return total


def _power(c: list[torch.Tensor], phi: torch.Tensor) -> torch.Tensor:
    c0, c1, c2 = (value[:, None] for value in c)
    power = (c0 + c1 + c2).square() - 4 * (c0 * c1 + 4 * c0 * c2 + c1 * c2) * phi + 16 * c0 * c2 * phi.square()
    return power.clamp_min(1e-20)


def _biquad(parameters: torch.Tensor, band: int, sample_rate: float) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    gain = 10 ** (parameters[:, eq.GAINS[band]] / 40)
    angle = 2 * torch.pi * (parameters[:, eq.FREQUENCIES[band]] / sample_rate).clamp(max=0.49)
    is_shelf = band in (0, 4)
    q = eq.SHELF_Q if is_shelf else parameters[:, eq.QS[band - 1]]
    cosine, alpha = angle.cos(), angle.sin() / (2 * q)
    if not is_shelf:
        return (
            [1 + alpha * gain, -2 * cosine, 1 - alpha * gain],
            [1 + alpha / gain, -2 * cosine, 1 - alpha / gain],
        )
    side = 1 if band == 0 else -1
    cosine, slope = side * cosine, 2 * gain.sqrt() * alpha
    more, less = gain + 1, gain - 1
    numerator = [more - less * cosine + slope, 2 * side * (less - more * cosine), more - less * cosine - slope]
    denominator = [more + less * cosine + slope, -2 * side * (less + more * cosine), more + less * cosine - slope]
    return [gain * term for term in numerator], denominator
