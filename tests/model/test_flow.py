"""The twelve beta-VAEs: what is shipped, how they are trained, what they propose."""

import numpy as np
import pytest
import torch

from model import FlowEQ, StaticEQ
from model.eq import FREQUENCIES, GRID_HZ
from model.flow import BETAS, DIMENSIONS, from_network, to_network
from model.safe_db import read
from model.training.flow import BetaVAE, annealed_beta, train_flow
from tests.model.synthetic import pink_noise, settings, write_safe

AUDIO = pink_noise(0.2)
DEFAULT = [(2, 0.001)]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return read(write_safe(tmp_path_factory.mktemp("flow") / "safe.csv", {"warm": 30, "bright": 30}))


@pytest.mark.parametrize("dimensions", DIMENSIONS)
@pytest.mark.parametrize("beta", BETAS)
def test_every_shipped_model_makes_warm_darker_than_bright(dimensions, beta):
    eq = FlowEQ.load(dimensions=dimensions, beta=beta)
    tilt = {}
    for name in ("warm", "bright"):
        response = eq.propose(AUDIO, 44_100, name).response([150, 7000], 44_100)
        tilt[name] = response[1] - response[0]
    assert eq.code("warm").shape == (dimensions,)
    assert tilt["warm"] < tilt["bright"]


def test_the_default_model_is_two_dimensional_and_near_the_mean_curves():
    eq, static = FlowEQ.load(), StaticEQ.load()
    assert (eq.dimensions, eq.beta) == (2, 0.001)
    for name in ("warm", "bright"):
        curve = eq.propose(AUDIO, 44_100, name).response(GRID_HZ, 44_100)
        assert np.corrcoef(curve, static.target_db(name))[0, 1] > 0.8


def test_peaks_come_out_sorted_and_parameters_in_range():
    decoded = FlowEQ.load().decode(np.random.default_rng(0).normal(0, 3, (50, 2)))
    assert (np.diff(decoded[:, FREQUENCIES[1:4]], axis=1) >= 0).all()
    np.testing.assert_allclose(from_network(to_network(decoded)), decoded, rtol=1e-4, atol=1e-4)


def test_intensity_scales_the_gains():
    eq = FlowEQ.load()
    full, third = eq.propose(AUDIO, 44_100, "airy"), eq.propose(AUDIO, 44_100, "airy", intensity=0.25)
    np.testing.assert_allclose(third.gains_db, full.gains_db / 4)
    assert eq.propose(AUDIO, 44_100, "airy", intensity=0).gains_db.tolist() == [0] * 5


def test_numpy_decodes_what_torch_trained(data, tmp_path):
    eq = train_flow(data, epochs=1, models=DEFAULT)
    network = BetaVAE(2)
    with torch.no_grad():
        for name, value in network.named_parameters():
            if not name.startswith("log_variance"):
                value.copy_(torch.from_numpy(eq.weights[name]))
        inside = torch.from_numpy(to_network(settings("warm", 4)))
        code = network.mean(torch.relu(network.encoder(inside)))
        out = torch.sigmoid(network.output(torch.relu(network.decoder(code)))).numpy()
    np.testing.assert_allclose(eq.encode(settings("warm", 4)), code.numpy(), atol=1e-5)
    np.testing.assert_allclose(eq.decode(code.numpy()), from_network(out), rtol=1e-4, atol=1e-4)


def test_training_learns_and_repeats_itself_by_its_seed(data):
    before, after, again = (train_flow(data, epochs, models=DEFAULT) for epochs in (1, 90, 90))
    key = "2d_beta_0.001"
    assert after.metadata["held_out_rms_db"][key] < 0.7 * before.metadata["held_out_rms_db"][key]
    np.testing.assert_array_equal(after.code("warm"), again.code("warm"))


def test_beta_is_annealed():
    assert [annealed_beta(epoch, 0.02) for epoch in (0, 100, 200, 500)] == pytest.approx([0, 0, 0.01, 0.02])


def test_a_model_that_does_not_exist_is_reported():
    with pytest.raises(ValueError, match=r"Unknown flow model of 4 dimensions and beta 0\.5"):
        FlowEQ.load(dimensions=4, beta=0.5)
    with pytest.raises(ValueError, match="Unknown descriptor 'loud'"):
        FlowEQ.load().propose(AUDIO, 44_100, "loud")
