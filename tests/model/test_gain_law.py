"""The gain law's measures against their definitions, and what the fit promises, on made-up spectra."""

import numpy as np
import pytest
import torch

from model.encoder import mel_centres_hz
from model.training.gain_law import objective, perceptual_spread, sharpness_acum, tilt_db_per_octave

HZ = mel_centres_hz()


def tilted(*slopes_db):
    """Return spectra [n, 80] that fall or rise by so many dB per octave, without their means."""
    rows = np.outer(slopes_db, np.log2(HZ))
    return torch.as_tensor(rows - rows.mean(axis=1, keepdims=True)).float()


def test_tilt_is_the_slope_over_octaves():
    np.testing.assert_allclose(tilt_db_per_octave(tilted(-3.0, 0.0, 1.5)), [-3, 0, 1.5], atol=1e-4)


def test_sharpness_of_a_narrow_band_at_1_khz_is_1_acum():
    band = torch.full((1, 80), -200.0)
    band[0, np.abs(HZ - 1000).argmin()] = 60.0
    assert float(sharpness_acum(band)) == pytest.approx(1, abs=0.1)


def test_sharpness_rises_with_treble_and_not_with_level():
    dull, sharp = sharpness_acum(tilted(-6.0, -3.0))
    assert sharp > dull
    torch.testing.assert_close(sharpness_acum(tilted(-3.0) + 20), sharp[None])


def test_clips_that_all_come_out_alike_have_no_spread_and_fixed_changes_leave_it_at_1():
    spectra, curve = tilted(-6.0, -4.0, -3.0, -1.0), tilted(1.0)[0]
    assert perceptual_spread(spectra, tilted(-6.0)[0] - spectra, curve) == pytest.approx(0, abs=1e-4)
    assert perceptual_spread(spectra, curve.expand(4, -1), curve) == pytest.approx(1, abs=1e-6)


def test_the_objective_is_0_for_full_compensation_and_1_for_a_fixed_dose():
    curve = tilted(1.0)[0]
    own = torch.tensor([-1.0, 0.0, 1.0])
    spectra, steps = own[:, None] * curve, torch.tensor([-1.0, -0.5, 0.0, 0.5, 1.0])[:, None]
    assert objective(1 - own - steps, spectra, curve) == pytest.approx(0, abs=1e-4)
    assert objective(torch.ones(5, 3), spectra, curve) == pytest.approx(1, abs=1e-4)
