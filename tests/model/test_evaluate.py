"""The evaluation's measures on systems whose values follow from their definitions, and its files."""

import csv
import sys

import numpy as np
import pytest
import soundfile as sf
import torch
from typer.testing import CliRunner

from app.cli import cli
from model import SemanticEQ, request, safe_db
from model.encoder import features
from model.eq import GRID_HZ, EQParams
from model.evaluation import adaptivity, hearing, report, steadiness
from model.evaluation.clips import Clip, filtered
from model.profile import profile
from model.static import fit_static
from tests.model.synthetic import pink_noise, write_safe


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    path = write_safe(tmp_path_factory.mktemp("safe") / "safe.csv", {"warm": 12, "bright": 12})
    return safe_db.read(path)


@pytest.fixture(scope="module")
def clips():
    return [Clip(f"noise {seed}", pink_noise(1.5, seed=seed), 44_100) for seed in range(3)]


def test_filtering_has_the_given_response():
    noise = pink_noise(2, channels=1)
    output = filtered(noise, 44_100, GRID_HZ, np.linspace(-6, 6, len(GRID_HZ)))
    change = 20 * np.log10(np.abs(np.fft.rfft(output) / np.fft.rfft(noise)))[0]
    bins_hz = np.fft.rfftfreq(noise.shape[1], 1 / 44_100)
    middle = np.sqrt(GRID_HZ[0] * GRID_HZ[-1])
    assert abs(np.interp(middle, bins_hz, change)) < 0.05
    assert np.interp(GRID_HZ[-1], bins_hz, change) == pytest.approx(6, abs=0.05)


def test_a_fixed_curve_has_slope_0_spread_1_dose_1(settings, clips):
    static = fit_static(settings, starts=2)
    rows = adaptivity.responses({"static": static.propose}, clips, settings, ["warm"])
    table = adaptivity.summarise(rows, settings).iloc[0]
    assert table.slope == pytest.approx(0, abs=1e-9) and table.spread == pytest.approx(1, abs=1e-9)
    assert table.spearman == 0 and table.wrong_way == 0 and table.variety_db == 0
    assert table.mean_dose == pytest.approx(1, abs=0.1) and table.curve_r > 0.97


def test_full_compensation_has_slope_minus_1_and_spread_0(settings, clips):
    mean = settings.mean_response_db()["bright"]
    static = fit_static(settings, starts=2)
    curve = static.propose(clips[0].audio, 44_100, "bright").response(GRID_HZ, 44_100)
    usual = [adaptivity.baseline_score(clip.audio, 44_100, mean) for clip in clips]

    def compensating(audio, sample_rate, descriptor):
        already = adaptivity.baseline_score(audio, sample_rate, mean) - np.mean(usual)
        return EQParams.flat() if already >= 1 else static.propose(audio, sample_rate, "bright").scaled(1 - already)

    rows = adaptivity.responses({"full": compensating}, clips, settings, ["bright"])
    assert np.corrcoef(curve, mean)[0, 1] > 0.97
    table = adaptivity.summarise(rows[rows.k.isin([-0.5, 0.0, 0.5])], settings).iloc[0]
    assert table.slope == pytest.approx(-1, abs=0.1) and table.spread < 0.1 and table.spearman < -0.95


def test_a_fixed_curve_leaves_clips_as_different_as_they_were(settings, clips):
    static = fit_static(settings, starts=2)
    rows = adaptivity.responses({"static": static.propose}, clips, settings, ["warm"])
    table = adaptivity.summarise(rows, settings).iloc[0]
    assert table.perceptual == pytest.approx(1, abs=0.1)
    assert table.perceptual_low <= table.perceptual <= table.perceptual_high


@pytest.mark.parametrize(("swing_db", "inaudible"), [(0.99, 1.0), (1.01, 0.0)])
def test_a_curve_that_swings_less_than_1_db_is_inaudible(settings, clips, swing_db, inaudible):
    curve = EQParams.from_safe((6, 300, 0, 300, 0.7, 0, 1000, 0.7, 0, 3000, 0.7, 0, 8000))
    swing = np.ptp(curve.response(GRID_HZ, 44_100))
    propose = lambda audio, rate, word: _scaled_to(curve, swing_db)  # noqa: E731
    table = adaptivity.summarise(adaptivity.responses({"x": propose}, clips[:1], settings, ["warm"]), settings).iloc[0]
    assert swing > 1 and table.inaudible == inaudible and table.swing_db == pytest.approx(swing_db, abs=0.001)


def _scaled_to(params: EQParams, swing_db: float) -> EQParams:
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        swing = np.ptp(params.scaled(middle).response(GRID_HZ, 44_100))
        low, high = (middle, high) if swing < swing_db else (low, middle)
    return params.scaled(low)


def test_a_perfect_estimate_has_no_error_and_none_has_the_settings_size(settings, clips):
    flat = hearing.blind_error({"none": lambda audio, rate: np.zeros(len(GRID_HZ))}, clips[:2], settings)
    assert flat.rms_db[0] == flat.rms_db[1] > 1


def test_a_rule_gives_the_fixed_curve_in_its_dose_and_a_shuffled_system_hears_another_clip(clips):
    curve = EQParams.from_safe((6, 300, 0, 300, 0.7, 0, 1000, 0.7, 0, 3000, 0.7, 0, 8000))
    rule = adaptivity.ruled(lambda audio, rate, word: 0.5, lambda audio, rate, word: curve)
    assert rule(clips[0].audio, 44_100, "warm") == curve.scaled(0.5)
    heard = []
    other = adaptivity.shuffled(lambda audio, rate, word: heard.append(audio), clips[1:])
    other(clips[0].audio, 44_100, "warm")
    assert any(heard[0] is clip.audio for clip in clips[1:])


def test_another_form_of_the_same_music_is_another_sound_to_those_who_listen(clips):
    pairs = [(clips[0], clips[1])]
    louder = EQParams.from_safe((6, 300, 0, 300, 0.7, 0, 1000, 0.7, 0, 3000, 0.7, 0, 8000))

    def by_treble(audio, sample_rate, descriptor):
        power = np.abs(np.fft.rfft(audio[0])) ** 2
        hz = np.fft.rfftfreq(audio.shape[1], 1 / sample_rate)
        return louder.scaled(float(np.sqrt(power[hz > 4000].sum() / power.sum())))

    rows = steadiness.differences({"deaf": lambda *_: louder, "by treble": by_treble}, pairs, ["warm"])
    table = steadiness.summarise(rows).set_index(["system", "form"]).median_db
    assert (table["deaf"] == 0).all() and len(table["deaf"]) == 7
    assert table["by treble", "low-pass"] > table["by treble", "mp3"] > 0 and table["by treble", "padded"] < 0.05


def test_a_sound_that_is_remembered_is_analysed_once_and_heard_the_same(monkeypatch):
    calls, (first, second) = [], (pink_noise(0.5, seed=1), pink_noise(0.5, seed=2))
    fresh = request.analysed(first, 44_100)
    monkeypatch.setattr(request, "features", lambda *asked: calls.append(asked) or features(*asked))
    with request.remembering():
        again = [request.analysed(sound, rate) for sound in (first, second, first) for rate in (44_100, 48_000)]
    assert len(calls) == 4
    assert torch.equal(again[4][0], fresh[0]) and again[0] is again[4] and not torch.equal(again[2][0], fresh[0])
    request.analysed(first, 44_100)
    assert len(calls) == 5


def test_area_under_curve_is_the_share_of_ordered_pairs():
    rng = np.random.default_rng(0)
    positive, negative = rng.integers(0, 5, 20), rng.integers(0, 4, 30)
    pairs = positive[:, None] - negative[None]
    expected = (pairs > 0).mean() + (pairs == 0).mean() / 2
    assert hearing.area_under_curve(positive, negative) == pytest.approx(expected)


def test_tables_are_written_three_ways_with_the_plots(settings, clips, tmp_path):
    eq = SemanticEQ.load()
    rows = adaptivity.responses({"semantic": eq.propose}, clips[:2], settings, ["warm"])
    aucs = hearing.separation({"semantic": eq.describe}, clips[:1], settings, n_settings=3)
    blind = hearing.blind_error({"semantic": eq.applied_eq}, clips[:1], settings, n_settings=2)
    more = {report.BLIND: blind}
    report.write(tmp_path, adaptivity.summarise(rows, settings), rows, aucs, settings, clips[:2], eq, more)
    with (tmp_path / "adaptivity.csv").open() as file:
        row = next(csv.DictReader(file))
    assert row["descriptor"] == "warm" and float(row["slope"]) < 0 and float(row["wrong_way"]) == 0
    assert r"\toprule" in (tmp_path / "describe.tex").read_text()
    assert (tmp_path / "adaptivity.md").read_text().startswith("| system | descriptor |")
    assert (tmp_path / "blind.md").read_text().startswith("| system | rms_db |")
    assert {"curves-warm.png", "dose-warm.pdf", "latent-space.png"} <= {path.name for path in tmp_path.iterdir()}


def test_a_profile_follows_the_sound():
    noise = pink_noise(2)
    darker = EQParams.from_safe((9, 200, 0, 300, 0.7, 0, 1000, 0.7, 0, 3000, 0.7, -12, 2000)).apply(noise, 44_100)
    moments = profile(SemanticEQ.load(), np.concatenate([noise, darker, 0 * noise], axis=1), 44_100, 2.0, 2.0)
    assert [moment.start_s for moment in moments] == [0, 2, 4]
    assert moments[0].scores["bright"] > moments[1].scores["bright"] and moments[2].scores is None


def test_the_profile_of_ten_words_fits_a_terminal_of_80_columns(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    sf.write(tmp_path / "in.wav", np.concatenate([pink_noise(2), 0 * pink_noise(2)], axis=1).T, 44_100)
    result = run("profile", tmp_path / "in.wav", "--step", 2, "--window", 2)
    header, row, silent = result.stdout.splitlines()
    assert header.split() == ["time", *SemanticEQ.load().descriptors] and max(map(len, (header, row))) <= 80
    assert len(row.split()) == 12 and silent.split() == ["2-4", "s", "silent"]


def run(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.mark.parametrize("condition", ["original", "semantic", "flow", "static"])
def test_process_equalises_a_file(tmp_path, condition):
    noise = pink_noise(1)
    sf.write(tmp_path / "in.wav", noise.T, 44_100, subtype="FLOAT")
    result = run("process", tmp_path / "in.wav", tmp_path / "out.wav", "--descriptor", "warm", "--condition", condition)
    assert result.exit_code == 0, result.output
    output, rate = sf.read(tmp_path / "out.wav")
    assert rate == 44_100 and output.shape == noise.T.shape
    assert (np.abs(output - noise.T).max() < 1e-3) == (condition == "original")


EVALUATE = ["evaluate", "--safe", "safe.csv", "--clips"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["process", "none.wav", "out.wav", "--descriptor", "warm"], "no file none.wav"),
        (["process", "in.wav", "out.wav", "--descriptor", "loud"], "Unknown descriptor 'loud'"),
        (["process", "in.wav", "out.wav", "--descriptor", "warm", "--condition", "best"], "Unknown condition 'best'"),
        (["process", "in.wav", "no/out.wav", "--descriptor", "warm"], "There is no folder no to write out.wav"),
        (["process", "in.wav", "out.xyz", "--descriptor", "warm"], "cannot be written"),
        (["profile", "in.wav", "--step", "0"], "The step is 0 s"),
        (["train", "--safe", "safe.csv", "--pink-ratio", "2"], "pink ratio is 2"),
        (["train", "--safe", "safe.csv", "--music", "nowhere"], "nowhere is not there"),
        (["train", "--safe", "safe.csv", "--fma-genre", "Rock"], "the FMA ratio is 0"),
        (["train", "--safe", "safe.csv", "--fma", ".", "--fma-ratio", "1", "--fma-subset", "small"], "tracks.csv"),
        (["train", "--safe", "safe.csv", "--clap", "nowhere"], "neither a folder here nor a name on the hub"),
        (["train", "--safe", "safe.csv", "--wandb"], "pip install 'semantic-eq[wandb]'"),
        ([*EVALUATE, "nowhere", "--descriptors", "warm"], "nowhere is not there"),
        ([*EVALUATE, ".", "--descriptors", "warm", "--max-clips", "0"], "At most 0 clips were to be read"),
        ([*EVALUATE, "nowhere"], "airy': weights and safe.csv both have warm, bright"),  # before reading clips
        (["train", "--safe", "safe.csv", "--reference", "--clap", "x"], "leave out --clap"),
    ],
)
def test_a_mistake_on_the_command_line_is_reported_in_a_sentence(tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "wandb", None)  # as where it is not installed
    sf.write("in.wav", pink_noise(1).T, 44_100)
    write_safe(tmp_path / "safe.csv", {"warm": 8, "bright": 8})
    result = run(*arguments)
    assert isinstance(result.exception, (ValueError, OSError)) and message in str(result.exception)


def test_the_baseline_score_of_a_sound_grows_by_the_doses_put_on_it(settings):
    noise, mean = pink_noise(3), settings.mean_response_db(GRID_HZ)["warm"]
    before = adaptivity.baseline_score(noise, 44_100, mean)
    more = adaptivity.baseline_score(filtered(noise, 44_100, GRID_HZ, 0.5 * mean), 44_100, mean)
    assert more - before == pytest.approx(0.5, abs=0.03)


def test_differences_are_root_mean_squares_of_curves(clips):
    shelf = EQParams.from_safe([6, 200, 0, 500, 1, 0, 2000, 2, 0, 4000, 1, 0, 6000])

    def propose(audio, sample_rate, descriptor):
        return EQParams.flat() if np.array_equal(audio, clips[0].audio) else shelf

    rows = steadiness.differences({"x": propose}, [(clips[0], clips[1])], ["warm"])
    curve = shelf.response(GRID_HZ, 44_100)
    assert rows.set_index("form").difference_db["excerpts"] == pytest.approx(np.sqrt(np.mean(curve**2)), rel=1e-6)
