"""CLAP through transformers: a small ClapModel with random weights, saved to disk and loaded as a real one is.

Random weights know nothing of sound: these tests hold the path from file to EQ, the projection's training and the
handling of words, not how well a word is understood.
"""

import shutil
import sys

import numpy as np
import pytest
import soundfile as sf
import torch
from safetensors.torch import load_file, save_file
from tokenizers import ByteLevelBPETokenizer
from transformers import BertConfig, ClapConfig, ClapFeatureExtractor, ClapModel, ClapProcessor, RobertaTokenizer
from typer.testing import CliRunner

from app.cli import cli
from model import SemanticEQ, StaticEQ
from model.clap import COMMON_WORDS, PROMPT, RATE_HZ, Clap, ClapEQ, _mono, _windows
from model.eq import GRID_HZ
from model.safe_db import read
from model.training.clap import train_clap
from model.training.sources import Mixture, PinkNoise
from tests.model.synthetic import pink_noise, write_safe

RATE = 44_100


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A ClapModel of CLAP's own layout with two small layers per branch, its tokenizer and feature extractor."""
    place = tmp_path_factory.mktemp("clap")
    tokens = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokens.train_from_iterator([PROMPT.format(word) for word in COMMON_WORDS], vocab_size=400, special_tokens=special)
    tokens.save_model(str(place))
    tokenizer = RobertaTokenizer.from_pretrained(str(place))
    extractor = ClapFeatureExtractor(
        feature_size=16, hop_length=1920, fft_window_size=2048, truncation="rand_trunc", padding="repeatpad"
    )
    audio = {
        "num_mel_bins": 16, "spec_size": 64, "patch_size": 4, "patch_stride": (4, 4), "window_size": 4,
        "patch_embeds_hidden_size": 16, "depths": [1, 1], "num_attention_heads": [2, 2], "hidden_size": 32,
        "num_hidden_layers": 2, "num_classes": 8,
    }  # fmt: skip
    text = {
        "vocab_size": 400, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 64, "max_position_embeddings": 66,
    }  # fmt: skip
    torch.manual_seed(0)
    model = ClapModel(ClapConfig(text_config=text, audio_config=audio, projection_dim=512))
    model.save_pretrained(place)
    ClapProcessor(feature_extractor=extractor, tokenizer=tokenizer).save_pretrained(place)
    return place


@pytest.fixture(scope="module")
def clap(folder) -> Clap:
    return Clap.load(folder)


@pytest.fixture(scope="module")
def eq(clap, tmp_path_factory) -> ClapEQ:
    safe = read(write_safe(tmp_path_factory.mktemp("safe") / "safe.csv", {"warm": 12, "bright": 12}))
    noise = Mixture([PinkNoise(RATE, 1.0)], [1.0])
    place = tmp_path_factory.mktemp("heard")
    return train_clap(SemanticEQ.load(), clap, noise, safe.split()[0], place, n_clips=8, n_settings=3, epochs=40)


def test_embeddings_are_those_of_transformers_own_forward_pass(clap):
    mono = pink_noise(3.0, channels=1, sample_rate=RATE_HZ)
    inputs = clap.processor.feature_extractor(
        [mono[0] / np.abs(mono).max()], sampling_rate=RATE_HZ, return_tensors="pt"
    )
    words = clap.processor.tokenizer([PROMPT.format("warm")], return_tensors="pt")
    with torch.no_grad():
        both = clap.model(**inputs, **words)
    torch.testing.assert_close(clap.embed_audio(mono, RATE_HZ), both.audio_embeds[0], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(clap.embed_text(["warm"]), both.text_embeds, atol=1e-5, rtol=1e-4)


def test_nothing_of_clap_is_trained(clap, eq, folder):
    fresh = ClapModel.from_pretrained(folder).state_dict()
    assert all(torch.equal(value, fresh[name]) for name, value in eq.clap.model.state_dict().items())
    assert not any(parameter.requires_grad for parameter in clap.model.parameters())


def test_long_audio_is_cut_into_windows_and_stereo_made_mono():
    assert [len(window) for window in _windows(np.ones(int(20.5 * RATE_HZ)))] == [480_000, 480_000]
    assert [len(window) for window in _windows(np.ones(int(12 * RATE_HZ)))] == [480_000, 96_000]
    side = pink_noise(0.1, channels=1)
    np.testing.assert_array_equal(_mono(np.concatenate([side, -side])), side[0])


@pytest.mark.parametrize("seed", [50, 51, 52])
def test_the_projection_learns_which_eq_was_put_on_a_clip(eq, seed):
    audio, static = pink_noise(1.0, seed=seed), StaticEQ.load()
    heard = {
        word: eq.describe(static.propose(audio, RATE, word).apply(audio, RATE), RATE) for word in ("warm", "bright")
    }
    assert heard["bright"]["bright"] > heard["warm"]["bright"] + 0.1
    assert heard["warm"]["warm"] > heard["bright"]["warm"] + 0.1


def test_a_killed_training_hears_no_clip_twice_and_ends_as_an_uninterrupted_one(clap, tmp_path):
    class KilledError(Exception):
        pass

    def train(folder, on_clip):
        noise = Mixture([PinkNoise(RATE, 1.0)], [1.0])
        return train_clap(SemanticEQ.load(), clap, noise, safe, folder, 3, 1, epochs=2, on_clip=on_clip)

    def kill(clips):
        if clips == 2:
            raise KilledError

    safe = read(write_safe(tmp_path / "safe.csv", {"warm": 12, "bright": 12}))
    heard = []
    with pytest.raises(KilledError):
        train(tmp_path / "killed", kill)
    resumed, whole = train(tmp_path / "killed", heard.append), train(tmp_path / "whole", None)
    assert heard == [3]
    torch.testing.assert_close(resumed.projection.state_dict(), whole.projection.state_dict())


def test_the_projection_has_the_stated_size(eq):
    shapes = [tuple(parameter.shape) for parameter in eq.projection.parameters()]
    assert shapes == [(128, 512), (128,), (32, 128), (32,)]


def test_any_phrase_is_a_target_as_strong_as_safes_descriptors(eq):
    knowing = eq.with_words(["like rain on a tin roof"])
    read = eq.network.autoencoder.read_curve
    strengths = read(knowing.network.directions()).norm(dim=1).detach()
    assert knowing.descriptors[-1] == "like rain on a tin roof"
    assert float(strengths[-1]) == pytest.approx(float(strengths[:-1].mean()), rel=1e-3)
    assert eq.with_words(["warm"]) is eq


def test_phrases_and_blends_give_eqs_that_grow_with_intensity(eq):
    audio = pink_noise(1.0, seed=3)
    sizes = [
        np.abs(eq.propose(audio, RATE, "underwater:0.7,warm:0.3", intensity=value).response(GRID_HZ, RATE)).mean()
        for value in (0.0, 0.5, 1.0)
    ]
    assert sizes[0] < 1e-9 and sizes[0] < sizes[1] < sizes[2]
    assert set(eq.describe(audio, RATE)) == set(eq.descriptors)


def test_level_does_not_matter(eq):
    audio = pink_noise(1.0, seed=4)
    torch.testing.assert_close(eq.embed(0.01 * audio, RATE), eq.embed(audio, RATE), atol=1e-3, rtol=1e-3)


def test_it_survives_being_saved(eq, tmp_path, folder):
    again = ClapEQ.load(eq.save(tmp_path), clap=folder)
    audio = pink_noise(1.0, seed=5)
    for phrase in ("warm", "velvet"):
        np.testing.assert_allclose(
            again.propose(audio, RATE, phrase).values, eq.propose(audio, RATE, phrase).values, rtol=1e-4
        )


def test_what_cannot_be_heard_is_reported(eq):
    with pytest.raises(ValueError, match="silent"):
        eq.propose(np.zeros((2, RATE)), RATE, "warm")


def test_a_clap_that_is_none_is_reported(folder, tmp_path, monkeypatch):
    BertConfig().save_pretrained(tmp_path / "bert")
    shutil.copytree(folder, tmp_path / "cut")
    weights = load_file(tmp_path / "cut" / "model.safetensors")
    kept = {name: value for name, value in weights.items() if not name.startswith("text_projection")}
    save_file(kept, tmp_path / "cut" / "model.safetensors", {"format": "pt"})
    (tmp_path / "empty").mkdir()
    for name, sentence in {
        "bert": "a model of type bert",
        "cut": "4 of its weights are missing, like text_projection",
        "empty": "No CLAP could be loaded",
        "cut/config.json": "is a file",
        "nowhere": "is neither a folder here nor a name on the hub",
    }.items():
        with pytest.raises(ValueError, match=sentence):
            Clap.load(tmp_path / name)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ValueError, match=r"No CLAP could be loaded from 'nobody/has-this' \(.*connect"):
        Clap.load("nobody/has-this")
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ValueError, match=r"pip install 'semantic-eq\[clap\]'"):
        Clap.load(folder)


def run(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


def test_it_is_trained_and_used_from_the_command_line(folder, tmp_path):
    safe = write_safe(tmp_path / "safe.csv", {"warm": 12, "bright": 12})
    sf.write(tmp_path / "in.wav", pink_noise(1.0).T, RATE)
    options = ["--clap", folder, "--clap-clips", 2, "--epochs", 2, "--pink-ratio", 1]
    result = run("train", "--safe", safe, "--out", tmp_path / "weights", *options)
    assert result.exit_code == 0, result.output
    (weights,) = (tmp_path / "weights").glob("clap-*.safetensors")
    phrase = ["--descriptor", "like rain on a roof", "--weights", weights]
    result = run("process", tmp_path / "in.wav", tmp_path / "out.wav", *phrase)
    assert result.exit_code == 0, result.output
    assert np.abs(sf.read(tmp_path / "out.wav")[0] - sf.read(tmp_path / "in.wav")[0]).max() > 1e-3
    result = run("profile", tmp_path / "in.wav", "--weights", weights)
    assert result.exit_code == 0 and "0-1 s" in result.output, result.output
    result = run("profile", tmp_path / "in.wav", "--clap", folder)
    assert "needs --weights" in str(result.exception)
