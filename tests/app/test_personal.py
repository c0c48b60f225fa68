"""A study with the condition personal, from the judgements of simulated participants to the export."""

import hashlib
import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import soundfile
from scipy.signal import lfilter
from sqlalchemy import select

from app.participant.own_words import own_words
from app.participant.rendering import Judgement, Renderer, render, shared
from app.participant.simulated import Crowd
from app.server import create_app
from app.settings import Settings
from study import recruitment
from study.design import definition
from study.design.describe import describe
from study.design.listeners import Model
from study.design.stimuli import StimulusSet
from study.kinds.calibration import KIND as CALIBRATION
from study.records import export
from study.records.verification import verify
from study.refusals import Refusal
from study.storage.models import Session
from tests.app.conftest import TOKEN
from tests.app.deployed import run
from tests.app.study_process import free_port
from tests.browser.study_server import in_thread

N = 2


@pytest.fixture(scope="module")
def probed(tmp_path_factory):
    """A set of three short clips with probes of one word."""
    from stimuli.build import build
    from stimuli.music.clips import folder_clips

    recordings, rng = tmp_path_factory.mktemp("recordings"), np.random.default_rng(1)
    for name in "abc":
        noise = lfilter([1], [1, -0.9], rng.standard_normal(int(2.5 * 44100)))
        soundfile.write(recordings / f"{name}.wav", 0.1 * noise / noise.std(), 44100)
    folder = tmp_path_factory.mktemp("sets") / "probed"
    clips = folder_clips(recordings)
    return build(folder, clips, ("original", "static"), ("warm",), workers=1, probes=N, sample_rate_hz=44100)


def study(**changes):
    """A study of three clips under three conditions, one of them personal."""
    table = {
        "title": "Own words",
        "conditions": ["original", "static", "personal"],
        "descriptors": [{"name": "warm", "label": "warm", "definition": "Full and soft."}],
        "calibration": {"judgements": N, "min_listened_fraction": 0},
        "design": {"min_listened_fraction": 0},
        "completion": {"code": "DONE", "text": "Thank you."},
    }
    return definition.parse({key: value for key, value in (table | changes).items() if value is not None})


@pytest.mark.slow
def test_probes_are_hidden_among_the_files_of_their_clip(probed):
    probes = probed.of_kind("probe")
    assert [row.descriptor for row in probes] == ["warm"] * N and {row.clip for row in probes} == {"a"}
    sizes = {
        probed.audio_path(row.id).stat().st_size
        for row in probed.stimuli
        if row.clip == "a" and row.kind != "audible_check"
    }
    assert len(sizes) == 1 and all(row.lufs == pytest.approx(-23, abs=0.01) for row in probes)


@pytest.mark.slow
def test_a_file_says_how_many_judgements_and_the_set_has_them(probed):
    stimuli = StimulusSet.load(probed.folder)
    described = describe(study(), stimuli)
    assert described.refused is None
    more = describe(study(calibration={"judgements": N + 1}), stimuli)
    assert "3 probes of warm (it has 2: build it with --probes)" in more.refused
    assert "personal" in describe(study(calibration=None), stimuli).refused


@pytest.mark.parametrize("judgement", [-5, 5, 0.5, True, None, "1"])
def test_a_judgement_off_the_scale_is_refused(judgement):
    with pytest.raises(Refusal):
        CALIBRATION.check({"judgement": judgement}, None, None)


@pytest.mark.parametrize(("judgement", "kept"), [(-4, -1.0), (0, 0.0), (4, 1.0)])
def test_a_judgement_is_kept_from_minus_one_to_one(judgement, kept):
    assert CALIBRATION.check({"judgement": judgement}, None, None) == {"judgement": kept}


@pytest.mark.parametrize(("n", "sizes"), [(0, []), (1, [1]), (2, [1, 1]), (3, [2, 1]), (30, [15, 15])])
def test_the_sounds_of_a_session_are_shared_among_two_processes(n, sizes):
    files = {str(number): f"{number}.flac" for number in range(n)}
    parts = shared(files, 2)
    assert sorted((len(part) for part in parts), reverse=True) == sizes
    assert [name for part in parts for name in part] == list(files)


@pytest.mark.slow
def test_from_judgements_to_the_export(probed, tmp_path):
    database = f"sqlite:///{tmp_path}/study.sqlite"
    file = tmp_path / "study.json"
    file.write_text(study().canonical(), encoding="utf-8")
    given = {"database_url": database, "stimuli": probed.folder, "study_file": file, "admin_token": TOKEN}
    app = create_app(Settings(**given, allow_simulated=True, playground="off"))
    running, stimuli = app.state.running, StimulusSet.load(probed.folder)
    with in_thread(app, free_port()) as address:
        crowd = Crowd(address, Model(inattentive=0, lapse=0), stimuli, seed=3)
        assert crowd.run(2, 2).finished == 2
        made = running.made
        with running.engine.connect() as connection:
            people = list(connection.execute(select(Session.public_id)).scalars())
        folders = [made.folder / name for name in people]
        for folder in folders:
            assert folder.stat().st_mode & 0o077 == 0
            for sound, source in made.sources.items():
                path = folder / f"{sound}.flac"
                assert path.stat().st_mode & 0o777 == 0o600
                assert path.stat().st_size == probed.audio_path(source).stat().st_size
        counts = export.write(running.engine, tmp_path / "export")
        assert counts["personal"] == 2 * len(made.sources) and counts["calibration"] == 2 * N
        table = pd.read_csv(tmp_path / "export" / "personal.csv")
        for row in table.itertuples():
            content = (made.folder / row.session / f"{row.stimulus}.flac").read_bytes()
            assert hashlib.sha256(content).hexdigest() == row.sha256
        assert table.sha256.is_unique
        again_is_the_same(made, probed, running, people[0])
        recruitment.withdraw(running.engine, people[0])
        assert not folders[0].exists() and folders[1].exists()
    rated = pd.read_csv(tmp_path / "export" / "responses.csv")
    assert set(rated.query("kind == 'rating'").condition) == {"original", "static", "personal"}
    assert verify(tmp_path / "export")["sessions"]["exported"] == 2


def again_is_the_same(made, probed, running, person):
    """A file that is lost is made anew, from the stored judgements, byte for byte."""
    sound = next(iter(made.sources))
    path = made.folder / person / f"{sound}.flac"
    before = path.read_bytes()
    path.unlink()
    assert made.read(person, sound) is None
    reported = pd.read_csv(path.parents[2] / "export" / "calibration.csv").query("session == @person")
    judgements = [
        Judgement(row.descriptor, probed.get(row.stimulus).parameters, row.judgement) for row in reported.itertuples()
    ]
    files = {sound: str(probed.audio_path(made.sources[sound]))}
    render(made, files, running.secret, person, judgements)
    assert path.read_bytes() == before == made.read(person, sound)


@pytest.mark.slow
def test_the_analysis_treats_it_as_any_condition(probed, tmp_path):
    """Calibration, simulated participants, tables and report: from the database, and the same from the export."""
    database, file = f"sqlite:///{tmp_path}/study.sqlite", tmp_path / "study.json"
    file.write_text(study(conditions=["original", "personal", "static"]).canonical(), encoding="utf-8")
    given = {"database_url": database, "stimuli": probed.folder, "study_file": file, "admin_token": TOKEN}
    app = create_app(Settings(**given, allow_simulated=True, playground="off"))
    with in_thread(app, free_port()) as address:
        model = Model({"personal": 2.0, "static": 1.0}, noise_sd=0.5, inattentive=0, lapse=0)
        assert Crowd(address, model, StimulusSet.load(probed.folder), seed=3).run(10, 5).finished == 10
        export.write(app.state.running.engine, tmp_path / "export")
    compared = ("--compare", "personal", "static")
    run("analyse", "--database-url", database, "--out", "of_database", *compared, folder=tmp_path)
    run("analyse", "export", "--out", "of_export", *compared, folder=tmp_path)
    folder = tmp_path / "of_database"
    means = pd.read_csv(folder / "descriptives.csv").set_index("condition")["mean"]
    assert means["personal"] - means["static"] == pytest.approx(1, abs=0.4)
    assert means["static"] - means["original"] == pytest.approx(1, abs=0.4)
    pairs = pd.read_csv(folder / "main_model_contrasts.csv")
    assert {"personal"} < set(pairs["a"]) | set(pairs["b"]) and len(pairs) == 3
    assert "personal was rated" in (folder / "report.html").read_text(encoding="utf-8")
    for path in folder.glob("*.csv"):
        assert path.read_bytes() == (tmp_path / "of_export" / path.name).read_bytes(), path.name


@pytest.mark.slow
def test_a_listener_hears_probes_by_a_curve_of_their_own(probed):
    probes = {row["id"]: row for row in json.loads((probed.folder / "manifest.json").read_text())["stimuli"]}
    sounds = StimulusSet.load(probed.folder).of_kind("probe")
    heard = [[own_words(probes, seed)(sound) for sound in sounds] for seed in ("a", "a", "b")]
    assert heard[0] == heard[1] != heard[2] and all(-1 <= value <= 1 for own in heard for value in own)


@pytest.mark.parametrize(
    ("position", "has_sounds", "expected"),
    [
        *((0, True, []), (1, True, ["processes"]), (2, True, ["abc"]), (3, True, []), (4, True, []), (2, False, [])),
        (1, False, []),
    ],
)
def test_sounds_are_begun_with_the_last_judgement(position, has_sounds, expected):
    sample = [{"kind": kind} for kind in ("consent", "calibration", "calibration", "trial")]
    running, done = SimpleNamespace(plan=SimpleNamespace(sample=sample), made=has_sounds), []
    own = {"begin": done.append, "_submit": lambda work: done.append(work), "_processes": "processes"}
    Renderer.judged(SimpleNamespace(_running=running, **own), "abc", position)
    assert done == expected
