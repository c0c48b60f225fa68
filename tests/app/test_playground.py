"""The playground's endpoints: a real clip through the real equalisers, and what can be taken home from it."""

import csv
import io
import json
import re

import numpy as np
import pyloudnorm
import pytest
import soundfile

from app.playground.decoding import UPLOAD_LIMIT_BYTES
from app.playground.endpoints import attachment
from app.playground.equalisers import INTENSITIES
from model import EQParams
from stimuli.music.clips import built_in

RATE = 44_100
GRID_HZ = np.geomspace(30, 18_000, 200)
API = "/api/playground"
FLAT = EQParams.flat().to_safe()


@pytest.fixture(scope="module")
def clip(application):
    """The built-in piano, uploaded as somebody's own file."""
    from fastapi.testclient import TestClient

    file = io.BytesIO()
    soundfile.write(file, built_in("piano").T, RATE, format="WAV", subtype="PCM_16")
    answer = TestClient(application).post(f"{API}/clips", content=file.getvalue())
    assert answer.status_code == 200, answer.text
    return answer.json()


def wanted(clip, **more):
    return {"clip": clip["clip"], "descriptors": {"warm": 1}, **more}


def download(client, clip, format, **more):
    answer = client.post(
        f"{API}/download", json=wanted(clip, condition="semantic", intensity=0.6, format=format, **more)
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith("attachment")
    return answer


@pytest.fixture(scope="module")
def curves(application, clip):
    from fastapi.testclient import TestClient

    return TestClient(application).post(f"{API}/curves", json=wanted(clip)).json()


def test_limits_and_choices_are_reported_before_any_upload(client):
    about = client.get(API).json()
    assert about["limits"]["bytes"] == UPLOAD_LIMIT_BYTES and len(about["clips"]) == 10
    assert {"warm", "bright", "airy"} <= set(about["descriptors"])


def test_clip_comes_back_with_its_profile_and_spectrum(clip):
    assert {"warm", "bright", "airy"} <= clip["profile"].keys()
    assert len(clip["bands_hz"]) == len(clip["spectrum_db"]) and max(clip["spectrum_db"]) == 0


def test_curves_start_flat_and_grow_with_intensity(curves):
    size = {
        name: [np.ptp(EQParams.from_safe(setting).response(GRID_HZ, RATE)) for setting in path]
        for name, path in curves.items()
    }
    assert all(len(path) == len(INTENSITIES) and path[0] < 1e-9 for path in size.values())
    assert max(size["original"]) < 1e-9
    assert all(size[name][20] > size[name][10] > size[name][2] > 0 for name in ("semantic", "flow", "static"))


def test_static_is_the_same_for_every_clip_and_semantic_is_not(client, clip, curves):
    other = client.post(f"{API}/built-in", json={"name": "drums"}).json()
    others = client.post(f"{API}/curves", json=wanted(other)).json()
    assert others["static"] == curves["static"] and others["flow"] == curves["flow"]
    assert others["semantic"] != curves["semantic"]


def test_blend_lies_between_its_words(client, clip):
    def static(**words):
        answer = client.post(f"{API}/curves", json={"clip": clip["clip"], "descriptors": words}).json()
        return EQParams.from_safe(answer["static"][20]).response(GRID_HZ, RATE)

    mean = (static(warm=1) + static(bright=1)) / 2
    assert np.sqrt(np.mean((static(warm=0.5, bright=0.5) - mean) ** 2)) < 0.5


def test_downloaded_audio_is_the_proposed_eq_at_the_studys_loudness(client, clip, curves):
    audio, rate = soundfile.read(io.BytesIO(download(client, clip, "flac").content))
    assert pyloudnorm.Meter(rate).integrated_loudness(audio) == pytest.approx(-23, abs=0.1)
    expected = EQParams.from_safe(curves["semantic"][12]).apply(built_in("piano"), RATE)
    correlation = np.corrcoef(audio[:, 0], expected[0, : len(audio)])[0, 1]
    assert correlation > 0.9999


def test_json_and_csv_hold_the_same_thirteen_numbers(client, clip, curves):
    shown = json.loads(download(client, clip, "json").text)
    rows = list(csv.DictReader(io.StringIO(download(client, clip, "csv").text)))
    assert shown["parameters"] == pytest.approx(curves["semantic"][12])
    assert [float(row["gain_db"]) for row in rows] == pytest.approx([shown["parameters"][i] for i in (0, 2, 5, 8, 11)])


# Equalizer APO, "Configuration reference", Filter: `Filter <n>: ON <Type> Fc <Frequency> Hz Gain <gain> dB Q <Q>`.
FILTER = re.compile(r"Filter (\d+): ON (PK|LSC|HSC) Fc ([\d.]+) Hz Gain (-?[\d.]+) dB Q ([\d.]+)")


def cookbook_db(kind: str, frequency_hz: float, gain_db: float, q: float) -> np.ndarray:
    """R. Bristow-Johnson's cookbook as Equalizer APO applies it, written out here anew: alpha = sin(w) / 2Q for all."""
    a, w = 10 ** (gain_db / 40), 2 * np.pi * frequency_hz / RATE
    alpha, c, root = np.sin(w) / (2 * q), np.cos(w), 2 * np.sqrt(a)
    if kind == "PK":
        b, d = (1 + alpha * a, -2 * c, 1 - alpha * a), (1 + alpha / a, -2 * c, 1 - alpha / a)
    elif kind == "LSC":
        b = (a * (a + 1 - (a - 1) * c + root * alpha), 2 * a * (a - 1 - (a + 1) * c))
        b = (*b, a * (a + 1 - (a - 1) * c - root * alpha))
        d = (a + 1 + (a - 1) * c + root * alpha, -2 * (a - 1 + (a + 1) * c), a + 1 + (a - 1) * c - root * alpha)
    else:
        b = (a * (a + 1 + (a - 1) * c + root * alpha), -2 * a * (a - 1 + (a + 1) * c))
        b = (*b, a * (a + 1 + (a - 1) * c - root * alpha))
        d = (a + 1 - (a - 1) * c + root * alpha, 2 * (a - 1 - (a + 1) * c), a + 1 - (a - 1) * c - root * alpha)
    z = np.exp(-2j * np.pi * GRID_HZ / RATE)
    return 20 * np.log10(np.abs(np.polyval(b[::-1], z) / np.polyval(d[::-1], z)))


def test_preset_read_back_by_another_program_has_the_same_response(client, clip, curves):
    lines = download(client, clip, "preset").text.splitlines()
    preamp_db = float(re.fullmatch(r"Preamp: (-?[\d.]+) dB", lines[1])[1])
    filters = [FILTER.fullmatch(line).groups() for line in lines[2:]]
    response = sum(cookbook_db(kind, *map(float, numbers)) for _, kind, *numbers in filters)
    expected = EQParams.from_safe(curves["semantic"][12]).response(GRID_HZ, RATE)
    assert [kind for _, kind, *_ in filters] == ["LSC", "PK", "PK", "PK", "HSC"]
    assert np.abs(response - expected).max() < 0.05
    assert response.max() + preamp_db < 0.1


@pytest.mark.parametrize(
    "change, status",
    [
        ({"descriptors": {"loud": 1}}, 400),
        ({"descriptors": {}}, 422),
        ({"descriptors": {'warm"\r\nX: y': 1}}, 422),
        ({"descriptors": {"warm": 0}}, 400),
        ({"descriptors": {"warm": 7}}, 422),
        ({"clip": "../../study.sqlite"}, 404),
        ({"clip": "x" * 22}, 404),
        ({"intensity": 2}, 422),
        ({"condition": "the other"}, 422),
        ({"condition": "personal"}, 422),
        ({"condition": "match", "parameters": [0.0] * 12}, 422),
        ({"condition": "match", "parameters": [0.0] * 13}, 400),
        ({"condition": "match", "parameters": FLAT, "reference": "a\nFilter 1: ON"}, 422),
        ({"more": 1}, 422),
    ],
)
def test_wrong_requests_are_reported(client, clip, change, status):
    body = wanted(clip, condition="static", intensity=1.0, format="csv") | change
    answer = client.post(f"{API}/download", json=body)
    assert (answer.status_code, answer.json().keys()) == (status, {"error", "message"})


@pytest.mark.parametrize("token", ["..%2f..%2fstudy.sqlite", "%2fetc%2fpasswd", "a" * 22, "..", "é" * 22])
def test_no_file_but_a_clip_is_served(client, token):
    assert client.get(f"{API}/clips/{token}/audio").status_code == 404


def test_study_stimuli_are_no_clips_of_the_playground(client, application):
    for row in application.state.running.stimuli.rows[:3]:
        assert client.get(f"{API}/clips/{row.id}/audio").status_code == 404


def test_upload_over_the_limit_is_refused_before_it_is_read(client):
    answer = client.post("/api/playground/clips", content=b"", headers={"Content-Length": str(UPLOAD_LIMIT_BYTES + 1)})
    assert answer.status_code == 413


def test_damaged_upload_is_reported_in_a_sentence_and_leaves_nothing(client, application):
    answer = client.post("/api/playground/clips", content=b"no audio at all")
    assert answer.status_code == 400 and "not an audio file" in answer.json()["message"]


@pytest.mark.parametrize(
    ("clip", "plain", "full"),
    [
        ("", "x.csv", "x.csv"),
        ("My song (live)", "My-song-live-x.csv", "My-song-live-x.csv"),
        ("Für Elise", "Fr-Elise-x.csv", "F%C3%BCr-Elise-x.csv"),
        ("歌", "x.csv", "%E6%AD%8C-x.csv"),
        ('../a"\r\nb;c', "a-b-c-x.csv", "a-b-c-x.csv"),
        ("n" * 81, "n" * 80 + "-x.csv", "n" * 80 + "-x.csv"),
    ],
)
def test_a_download_is_called_after_its_clip(clip, plain, full):
    assert attachment(clip, "x.csv") == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{full}"
