"""One listener's word: recovery on people the prior does not know, the arithmetic, files and bad input."""

import json

import numpy as np
import pytest
from scipy.stats import norm

from model import EQParams, PersonalWord, safe_db
from model.eq import GRID_HZ
from model.personal import Prior, shapes_of
from model.training.personal import fit_prior, recovery
from tests.model.synthetic import pink_noise, safe_row, settings

FREQUENCIES_HZ = np.array([60.0, 1000.0, 9000.0])


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """SAFE rows of 16 made-up people for whom "warm" is anything between the made-up warm and its contrary, airy."""
    rng, rows = np.random.default_rng(0), []
    for number, share in enumerate(norm.ppf(np.linspace(0.05, 0.95, 16), 0.6, 0.6)):
        for warm, airy in zip(settings("warm", 2, number), settings("airy", 2, number), strict=True):
            row = share * warm + (1 - share) * airy
            row[[0, 2, 5, 8, 11]] = np.clip(row[[0, 2, 5, 8, 11]] + rng.normal(0, 0.5, 5), -12, 12)
            rows.append(safe_row(len(rows) + 1, "warm", np.clip(row, safe_db.LOW, safe_db.HIGH), f"u{number}"))
    path = tmp_path_factory.mktemp("safe") / "safe.csv"
    path.write_text("\n".join(rows) + "\n")
    return safe_db.read(path)


@pytest.fixture
def word():
    return PersonalWord.load("warm")


def test_five_judgements_find_the_words_of_unknown_people(people):
    found = recovery(people, "warm", n_judgements=5, n_probes=24)
    assert found["listeners"] == 32
    assert found["prior_poor"] > 0.25, "as hard as SAFE-DB's words"
    assert found["r"] >= 0.88 and found["poor"] <= 0.06
    assert 0.7 < found["coverage"] < 0.95


def test_the_posterior_is_that_of_bayesian_linear_regression(people):
    prior = fit_prior(people, n_probes=6)
    word = PersonalWord(prior, "warm")
    ratings = [0.9, -0.2, 0.4]
    for row, rating in zip(prior.probes, ratings, strict=False):
        word.rate(EQParams.from_safe(row), rating)
    x, precision = prior.shapes(prior.probes[:3]), np.linalg.inv(prior.covariances[0])
    expected = np.linalg.solve(precision + x.T @ x / 0.3**2, precision @ prior.means[0] + x.T @ ratings / 0.3**2)
    shape = expected @ prior.components
    np.testing.assert_allclose(np.corrcoef(word.response(), shape)[0, 1], 1, atol=1e-9)


def test_judgements_pull_the_response_their_way_and_narrow_the_interval(word):
    first = word.next()
    before, (low, high) = word.response(), word.interval()
    word.rate(first, 1.0)
    shape = shapes_of(np.array(first.values)[None])[0][0]
    after, (new_low, new_high) = word.response(), word.interval()
    assert np.corrcoef(after, shape)[0, 1] > np.corrcoef(before, shape)[0, 1]
    assert np.mean(new_high - new_low) < np.mean(high - low)
    assert word.next() != first


def test_a_wider_coverage_is_a_wider_interval_around_the_same(word):
    (low, high), (lower, higher) = word.interval(coverage=0.5), word.interval(coverage=0.9)
    assert (lower < low).all() and (high < higher).all()
    np.testing.assert_array_equal(word.interval(FREQUENCIES_HZ), word.interval(FREQUENCIES_HZ))


def test_the_shipped_prior_knows_warm_from_bright_and_is_small(word):
    tilt = {name: PersonalWord.load(name).response(FREQUENCIES_HZ) for name in ("warm", "bright")}
    assert tilt["warm"][0] > tilt["warm"][2] and tilt["bright"][0] < tilt["bright"][2]
    assert len(word.model_hash) == 64


def test_it_proposes_its_response_whatever_the_audio(word):
    noise = pink_noise(0.1)
    curve = word.propose(noise, 44_100).response(GRID_HZ, 44_100)
    assert np.corrcoef(curve, word.response())[0, 1] > 0.97
    assert word.propose(noise, 44_100, intensity=0).gains_db.any() == 0
    half = word.propose(noise, 44_100, intensity=0.5)
    np.testing.assert_allclose(half.gains_db, word.propose(noise, 44_100).gains_db / 2)


def test_a_word_comes_back_from_json_as_it_was(word):
    for rating in (0.5, -1.0, 1.0):
        word.rate(word.next(), rating)
    again = PersonalWord.from_json(word.to_json())
    np.testing.assert_array_equal(again.response(), word.response())
    assert again.judgements == word.judgements and again.next() == word.next()


def test_a_word_comes_back_from_its_file(word, tmp_path):
    word.rate(word.next(), 0.5)
    file = word.save(tmp_path / "mine.json")
    again = PersonalWord.load(file)
    assert again.judgements == word.judgements and again.descriptor == "warm"
    file.write_text(file.read_text("utf-8"), encoding="utf-8-sig")  # as some editors save it
    assert PersonalWord.load(file).judgements == word.judgements
    with pytest.raises(ValueError, match=r"mine\.txt.*ends? .json"):
        word.save(tmp_path / "mine.txt")
    (tmp_path / "mine.json").write_text(word.to_json().replace('"warm"', json.dumps(str(tmp_path / "mine.json"))))
    with pytest.raises(ValueError, match="Unknown descriptor"):
        PersonalWord.load(tmp_path / "mine.json")


def test_the_prior_comes_back_from_its_file(people, tmp_path):
    prior = fit_prior(people, n_probes=3)
    path = prior.save(tmp_path)
    read = Prior.load(path)
    assert read.descriptors == ["warm"] and read.model_hash[:12] in path.name
    np.testing.assert_allclose(read.covariances, prior.covariances, atol=1e-6)


@pytest.mark.parametrize("rating", [-1.01, 1.01, np.nan, 7])
def test_a_rating_off_the_scale_is_refused(word, rating):
    with pytest.raises(ValueError, match="outside -1 to 1"):
        word.rate(word.next(), rating)
    assert not word.judgements


@pytest.mark.parametrize("rating", [-1, 0, 1])
def test_the_ends_of_the_scale_are_on_it(word, rating):
    word.rate(word.next(), rating)
    assert len(word.judgements) == 1


@pytest.mark.parametrize("coverage", [0, 1, 80])
def test_a_coverage_that_is_none_is_refused(word, coverage):
    with pytest.raises(ValueError, match=r"0\.8 is 80 %"):
        word.interval(coverage=coverage)


def test_a_setting_without_effect_teaches_nothing(word):
    with pytest.raises(ValueError, match="without effect"):
        word.rate(EQParams.flat(), 0.5)


SHELF = [*EQParams.flat().to_safe()[:11], 6.0, 8200.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not a personal word, nor JSON at all"),
        (b"fLaC\x80\xff", "nor JSON at all"),
        (
            json.dumps({"format": 1, "descriptor": "warm", "judgements": [{"parameters": SHELF, "rating": "x"}]}),
            "JSON is",
        ),
        ("[]", "not a personal word"),
        (json.dumps({"format": 2, "descriptor": "warm", "judgements": []}), "format 2, expected 1"),
        (json.dumps({"format": 1, "descriptor": "loud", "judgements": []}), "Unknown descriptor 'loud'"),
        (json.dumps({"format": 1, "descriptor": "warm", "judgements": [{"rating": 1}]}), "not a personal word"),
        (json.dumps({"format": 1, "descriptor": "warm", "judgements": [{"parameters": [0], "rating": 1}]}), "got 1"),
    ],
)
def test_a_text_that_is_no_personal_word_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        PersonalWord.from_json(text)
