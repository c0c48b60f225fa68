"""The playground's other two ways: towards another recording, and towards one listener's own word."""

import json

import numpy as np
import pytest

from app.playground.equalisers import INTENSITIES
from app.playground.hearing import centres_hz
from model import EQParams, MatchEQ, PersonalWord
from stimuli.music.clips import built_in

RATE = 44_100
GRID_HZ = np.geomspace(40, 16_000, 96)
API = "/api/playground"
FLAT = EQParams.flat().to_safe()


def learned(client, judgements, descriptor="warm"):
    return client.post(f"{API}/word", json={"descriptor": descriptor, "judgements": judgements})


def judged(client, ratings):
    """What the server says after these ratings of the settings that it proposed, and the judgements."""
    judgements = []
    for rating in ratings:
        setting = learned(client, judgements).json()["next"]
        judgements.append({"parameters": setting, "rating": rating})
    return learned(client, judgements).json(), judgements


@pytest.fixture(scope="module")
def clips(application):
    """The tokens of two clips."""
    from fastapi.testclient import TestClient

    ask = TestClient(application)
    return [ask.post(f"{API}/built-in", json={"name": name}).json()["clip"] for name in ("piano", "bass")]


def test_the_answer_is_what_the_judgements_teach_and_nothing_more(client):
    ratings = (1.0, -0.5, 0.0)
    found, judgements = judged(client, ratings)
    word = PersonalWord.load("warm")
    for rating in ratings:
        word.rate(word.next(), rating)
    low, high = word.interval(centres_hz())
    np.testing.assert_allclose(found["response_db"], word.response(centres_hz()), atol=0.01)
    np.testing.assert_allclose([found["low_db"], found["high_db"]], [low, high], atol=0.01)
    assert found["next"] == word.next().to_safe()
    assert learned(client, judgements).json() == found and learned(client, []).json() != found


def test_the_export_is_a_file_that_the_model_reads(client, tmp_path):
    found, _ = judged(client, (0.5, 1.0))
    file = tmp_path / "warm.json"
    file.write_text(found["file"])
    word = PersonalWord.load(file)
    np.testing.assert_allclose(found["response_db"], word.response(centres_hz()), atol=0.01)
    assert [rating for _, rating in word.judgements] == [0.5, 1.0]


@pytest.mark.parametrize(("n", "status", "more"), [(9, 200, True), (10, 200, False), (11, 422, None)])
def test_ten_judgements_are_the_most(client, n, status, more):
    setting = PersonalWord.load("warm").next().to_safe()
    answer = learned(client, [{"parameters": setting, "rating": 0.5}] * n)
    assert answer.status_code == status
    assert more is None or (answer.json()["next"] is not None) is more


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"rating": -1}, 200),
        ({"rating": 1}, 200),
        ({"rating": -1.01}, 422),
        ({"rating": 1.01}, 422),
        ({"parameters": FLAT}, 400),
        ({"parameters": FLAT[:12]}, 422),
        ({"parameters": [99.0, *FLAT[1:]]}, 400),
        ({"more": 1}, 422),
    ],
)
def test_a_judgement_that_is_none_is_refused(client, change, status):
    one = {"parameters": PersonalWord.load("warm").next().to_safe(), "rating": 0.5} | change
    answer = learned(client, [one])
    assert answer.status_code == status
    assert status == 200 or answer.json().keys() == {"error", "message"}


def test_a_word_is_a_word_and_never_a_file(client, tmp_path):
    file = PersonalWord.load("warm").save(tmp_path / "warm.json")
    for name in ("loud", str(file), "warm.json"):
        assert learned(client, [], name).status_code in (400, 422)


def test_mine_is_as_strong_as_everybodys_and_not_the_same(client):
    _, judgements = judged(client, (-1.0, -1.0, 1.0))
    asked = {"descriptor": "warm", "judgements": judgements}
    found = client.post(f"{API}/word/versions", json=asked).json()
    assert list(found) == ["personal", "everybody", "static"] and {len(path) for path in found.values()} == {21}
    mine, everybodys = (EQParams.from_safe(found[name][20]).response(GRID_HZ, RATE) for name in list(found)[:2])
    assert np.corrcoef(mine, everybodys)[0, 1] < 0.95
    assert np.std(mine) == pytest.approx(np.std(everybodys), rel=0.15)
    untaught = client.post(f"{API}/word/versions", json=asked | {"judgements": []}).json()
    assert untaught["personal"] == untaught["everybody"] == found["everybody"]
    assert untaught["static"] == found["static"]


def test_both_ways_to_another_recording_come_nearer_to_it(client, clips):
    piano, bass = clips
    found = client.post(f"{API}/reference", json={"clip": piano, "reference": bass}).json()
    assert list(found) == ["original", "match", "reference"]
    assert all(len(path) == len(INTENSITIES) for path in found.values())
    expected = MatchEQ().propose(built_in("piano"), RATE, built_in("bass"), RATE).response(GRID_HZ, RATE)
    curves = {name: EQParams.from_safe(path[20]).response(GRID_HZ, RATE) for name, path in found.items()}
    assert np.abs(curves["match"] - expected).max() < 0.2  # clips are kept at 24 bit
    assert np.corrcoef(curves["match"], curves["reference"])[0, 1] > 0.8 and np.ptp(curves["original"]) < 1e-9


def test_a_clip_that_is_not_here_is_no_reference(client, clips):
    for body in ({"clip": clips[0], "reference": "x" * 22}, {"clip": "x" * 22, "reference": clips[0]}):
        answer = client.post(f"{API}/reference", json=body)
        assert (answer.status_code, answer.json()["error"]) == (404, "unknown_clip")


def test_a_setting_that_was_heard_is_downloaded_as_it_is(client, clips):
    setting = EQParams.from_safe([6, 150, -4, 400, 3.0, 5, 2500, 0.6, -3, 6000, 1.5, 8, 9000]).to_safe()
    asked = {"clip": clips[0], "condition": "match", "parameters": setting, "reference": "Mein Bass"}
    asked |= {"intensity": 1, "name": "song"}
    answer = client.post(f"{API}/download", json=asked | {"format": "json"})
    reported = json.loads(answer.text)
    assert reported["parameters"] == setting
    assert (reported["condition"], reported["descriptors"]) == ("match", "like Mein Bass")
    assert 'filename="song-match-100.json"' in answer.headers["content-disposition"]
    own = asked | {"condition": "personal", "descriptors": {"warm": 1}, "reference": "", "format": "preset"}
    preset = client.post(f"{API}/download", json=own)
    assert preset.text.startswith("# personal, warm, intensity 1\n")
    assert 'filename="song-personal-warm-100.txt"' in preset.headers["content-disposition"]
