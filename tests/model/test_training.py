"""A tiny but real training run on made-up SAFE rows and pink noise; gradients through the differentiable EQ."""

import csv
from dataclasses import replace

import numpy as np
import pytest
import torch

from model import SemanticEQ, differentiable, eq, safe_db
from model.autoencoder import EQAutoencoder
from model.eq import FLAT, GRID_HZ, response_db
from model.training import losses
from model.training.loop import Plan, train
from model.training.running import Stage, run_stages
from model.training.sources import training_mixture
from tests.model.synthetic import pink_noise, settings, write_safe

TINY = Plan(
    epochs=1,
    autoencoder_steps=30,
    excerpts=8,
    validation_excerpts=4,
    untouched_excerpts=4,
    matching_steps=10,
    end_to_end_steps=2,
    listening_steps=40,
    check_every=10,
)


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    path = write_safe(tmp_path_factory.mktemp("safe") / "safe.csv", {"warm": 12, "bright": 12, "airy": 6})
    return safe_db.read(path), training_mixture(44_100, 2.0, pink_ratio=1.0)


@pytest.fixture(scope="module")
def trained(material, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    known, pink = material
    return (*train(known, pink, pink, pink, folder, TINY), folder)


def test_losses_fall_and_the_weights_load(trained):
    eq, path, folder = trained
    with (folder / "log.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["loss"] == "validation"]
    for stage in ("autoencoder", "listening"):
        values = [float(row["value"]) for row in rows if row["stage"] == stage]
        assert values[-1] < 0.9 * values[0], stage
    assert SemanticEQ.load(path).model_hash == eq.model_hash
    assert eq.descriptors == ["warm", "bright", "airy"]
    assert eq.about["plan"]["epochs"] == 1


def test_even_a_tiny_run_goes_the_right_way(trained):
    eq = trained[0]
    curve = eq.propose(pink_noise(2), 44_100, "bright").response(GRID_HZ, 44_100)
    assert curve[GRID_HZ > 4000].mean() > curve[GRID_HZ < 200].mean()


@pytest.mark.slow
def test_a_killed_run_ends_as_an_uninterrupted_one(material, trained, tmp_path):
    class KilledError(Exception):
        pass

    def kill(stage, step, total, values):
        if stage == "autoencoder" and step == 25:
            raise KilledError

    known, pink = material
    with pytest.raises(KilledError):
        train(known, pink, pink, pink, tmp_path, TINY, report=kill)
    with pytest.raises(ValueError, match="unfinished run with another plan"):
        train(known, pink, pink, pink, tmp_path, replace(TINY, seed=1))
    steps = []
    eq, _ = train(known, pink, pink, pink, tmp_path, TINY, report=lambda stage, step, *_: steps.append((stage, step)))
    assert ("autoencoder", 21) in steps and ("autoencoder", 20) not in steps
    for name, value in trained[0].network.state_dict().items():
        torch.testing.assert_close(eq.network.state_dict()[name], value, msg=name)


def test_pretrained_weights_skip_the_autoencoder(material, trained, tmp_path):
    known, pink = material
    stages = set()
    plan = replace(TINY, end_to_end=False, matching_steps=4, listening_steps=4)
    train(known, pink, pink, pink, tmp_path, plan, pretrained=trained[0], report=lambda stage, *_: stages.add(stage))
    assert "autoencoder" not in stages and "end to end" not in stages and "matching" in stages


def test_without_nature_every_clip_is_taken_for_usual_music(material, tmp_path):
    known, pink = material
    fresh = replace(TINY, end_to_end=False, nature=False, autoencoder_steps=1, listening_steps=4)
    eq, _ = train(known, pink, pink, pink, tmp_path, fresh)
    with torch.no_grad():
        assert eq.network.encoder.nature(torch.randn(2, 12, 80)).abs().max() < 1e-5


@pytest.mark.slow
def test_the_published_recipe_brings_outputs_nearer_to_the_target(material, tmp_path):
    known, pink = material
    plan = replace(TINY, origin="audio", autoencoder_steps=1, end_to_end_steps=12, listening_steps=1)
    values = []
    train(known, pink, pink, pink, tmp_path, plan, report=lambda *said: values.append(said[3].get("target")))
    values = [value for value in values if value is not None]
    assert len(values) == 12 and np.mean(values[-4:]) < np.mean(values[:4])


def test_the_log_has_a_row_per_20_steps(trained):
    with (trained[2] / "log.csv").open() as file:
        steps = [int(row["step"]) for row in csv.DictReader(file) if row["stage"] == "listening"]
    assert sorted(set(steps)) == [10, 20, 30, 40]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 0}, "epochs is 0"),
        ({"device": "abacus"}, "abacus"),
        ({"origin": "z"}, "'z', expected one of flat, audio"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(TINY, **change)


def test_torch_and_numpy_responses_agree():
    rows = np.random.default_rng(5).uniform(eq.LOW, eq.HIGH, (40, 13))
    ours = differentiable.response_db(torch.tensor(rows), GRID_HZ)
    np.testing.assert_allclose(ours, response_db(rows, GRID_HZ, 44_100), atol=1e-6)


def test_gradients_through_dasp_agree_with_finite_differences():
    audio = torch.tensor(pink_noise(0.02, channels=1), dtype=torch.float64)[None]
    values = differentiable.normalise(torch.tensor(settings("warm", 1)))

    def energy_in_each_half(unit):
        output = differentiable.parametric_eq(audio, 44_100, differentiable.denormalise(unit))
        power = torch.fft.rfft(output).abs().square()[0, 0]
        return torch.stack([power[:100].sum().log(), power[100:].sum().log()])

    assert torch.autograd.gradcheck(energy_in_each_half, values.requires_grad_(), eps=1e-5, atol=1e-4)


def test_gradients_of_the_response_agree_with_finite_differences():
    parameters = torch.tensor(settings("bright", 2), requires_grad=True)
    frequencies = np.array([60.0, 900.0, 7000.0])
    assert torch.autograd.gradcheck(lambda p: differentiable.response_db(p, frequencies), parameters, eps=1e-4)


def test_the_flat_code_decodes_to_exactly_no_gain():
    autoencoder = EQAutoencoder()
    decoded = autoencoder.decode(autoencoder.z_flat())
    torch.testing.assert_close(decoded[0, [0, 2, 5, 8, 11]], torch.zeros(5), atol=1e-6, rtol=0)


def test_a_silent_band_has_no_parameters_to_be_wrong_about():
    flat = torch.tensor(FLAT, dtype=torch.float32)[None]
    elsewhere = flat.clone()
    elsewhere[0, [1, 3, 4]] *= 2
    assert losses.parameters(elsewhere, flat) == 0
    louder = flat.clone()
    louder[0, 2] = 6
    assert losses.parameters(louder, flat) > 0


class Diverging(Stage):
    """A stage whose loss is no number."""

    name, learning_rate = "diverging", 0.1

    def __init__(self):
        self.network = torch.nn.Linear(1, 1)

    def begin(self):
        pass

    def trained(self):
        return self.network.parameters()

    def losses(self, progress, validation=False):
        return {"nan": self.network(torch.full((1, 1), float("nan"))).sum()}


def test_a_stage_that_diverges_says_so(tmp_path):
    with pytest.raises(ValueError, match="The loss of stage 'diverging' was never a number"):
        run_stages([(Diverging(), 2)], TINY, tmp_path, {}, {}, lambda *_: None)
