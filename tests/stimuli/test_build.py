import collections
import filecmp
import hashlib
import inspect
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile as sf

from stimuli.build import build
from stimuli.manifest import Manifest
from stimuli.music.clips import Clip, built_in_clips, folder_clips
from stimuli.rendering import loudness
from stimuli.rendering.generated import no_louder
from stimuli.rendering.render import take_of

RATE_HZ = 44100


@pytest.fixture
def recordings(tmp_path):
    folder = tmp_path / "music"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in ("one", "two"):
        sf.write(folder / f"{name}.wav", rng.standard_normal((3 * RATE_HZ, 2)) * 0.05, RATE_HZ)
    return folder


def read(manifest, stimulus):
    return sf.read(manifest.audio_path(stimulus.id), dtype="float32")[0].T


def test_a_set_holds_every_clip_under_every_condition_for_every_descriptor(small_set):
    found = collections.Counter((s.clip, s.condition, s.descriptor) for s in small_set.of_kind("stimulus"))
    assert len(found) == 3 * 4 * 2 and set(found.values()) == {1}
    assert small_set.conditions == ["original", "semantic", "flow", "static"]
    kinds = collections.Counter(stimulus.kind for stimulus in small_set.stimuli)
    assert kinds == {"stimulus": 24, "headphones": 6, "huggins": 6, "audible_check": 7, "level": 1}


def test_every_stimulus_is_loudness_matched_and_under_the_ceiling(small_set):
    for stimulus in small_set.of_kind("stimulus"):
        sound = read(small_set, stimulus)
        lufs, dbtp = loudness.integrated_lufs(sound, RATE_HZ), loudness.true_peak_dbtp(sound, RATE_HZ)
        assert lufs == pytest.approx(-23, abs=0.1) and lufs == pytest.approx(stimulus.lufs, abs=0.01)
        assert dbtp < -1 and dbtp == pytest.approx(stimulus.dbtp, abs=0.05)


def test_nothing_about_a_file_but_its_sound_tells_it_apart(small_set):
    paths = [small_set.audio_path(stimulus.id) for stimulus in small_set.stimuli]
    sizes = {s.clip or s.kind: small_set.audio_path(s.id).stat().st_size for s in small_set.stimuli}
    assert all(small_set.audio_path(s.id).stat().st_size == sizes[s.clip or s.kind] for s in small_set.stimuli)
    assert len(set(sizes.values())) > 1
    assert len({(sf.info(path).samplerate, sf.info(path).channels, sf.info(path).subtype) for path in paths}) == 1
    of_clip = collections.defaultdict(set)
    for stimulus in small_set.of_kind("stimulus"):
        of_clip[stimulus.clip].add(sf.info(small_set.audio_path(stimulus.id)).frames)
    assert all(len(lengths) == 1 for lengths in of_clip.values())
    hashes = [stimulus.sha256 for stimulus in small_set.of_kind("stimulus")]
    assert len(set(hashes)) == len(hashes)


def test_the_eq_in_the_manifest_is_the_eq_in_the_sound(small_set):
    from scipy.signal import welch

    from model import EQParams

    chosen = {(s.clip, s.condition, s.descriptor): s for s in small_set.of_kind("stimulus")}
    for condition in ("semantic", "flow", "static"):
        after = chosen["rock", condition, "bright"]
        frequency_hz, power = welch(read(small_set, after).mean(axis=0), RATE_HZ, nperseg=4096)
        _, before = welch(read(small_set, chosen["rock", "original", "bright"]).mean(axis=0), RATE_HZ, nperseg=4096)
        band = (frequency_hz > 60) & (frequency_hz < 8000)
        measured_db = 10 * np.log10(power[band] / before[band])
        expected_db = EQParams.from_safe(after.parameters).response(frequency_hz[band], RATE_HZ)
        difference_db = measured_db - expected_db
        assert np.abs(difference_db - np.median(difference_db)).max() < 1.0


def test_hashes_parameters_and_model_are_recorded(small_set):
    for stimulus in small_set.stimuli:
        data = small_set.audio_path(stimulus.id).read_bytes()
        assert hashlib.sha256(data).hexdigest() == stimulus.sha256
    for stimulus in small_set.of_kind("stimulus"):
        assert len(stimulus.parameters) == 13
        assert bool(stimulus.model_hash) == (stimulus.condition != "original")
        assert stimulus.baseline_score is not None
        assert stimulus.excerpt[1] == pytest.approx(stimulus.duration_s, abs=0.01)


def test_the_level_sound_is_the_loudest_stimulus(small_set):
    loudest = [loudness.blocks_lufs(read(small_set, s), RATE_HZ).max() for s in small_set.of_kind("stimulus")]
    (level,) = small_set.of_kind("level")
    assert loudness.blocks_lufs(read(small_set, level), RATE_HZ).max() == pytest.approx(max(loudest), abs=0.01)


@pytest.mark.slow
def test_two_workers_make_the_same_files_as_one(tmp_path, recordings):
    clips = folder_clips(recordings)
    sets = [
        build(tmp_path / str(n), clips, ("original", "semantic"), ("warm",), name="same", secret="s", workers=n)
        for n in (1, 2)
    ]
    names = ["manifest.json", "manifest.csv", *(f"audio/{stimulus.id}.flac" for stimulus in sets[0].stimuli)]
    _, differing, missing = filecmp.cmpfiles(tmp_path / "1", tmp_path / "2", names, shallow=False)
    assert (differing, missing) == ([], [])
    assert sets[0] == sets[1]


def test_a_set_has_a_secret_of_its_own_and_only_who_has_it_makes_the_same_files(tmp_path, recordings):
    def made(name, secret=None):
        return build(tmp_path / name, folder_clips(recordings)[:1], ("original",), ("warm",), secret=secret, workers=1)

    first, second = made("first"), made("second")
    file = tmp_path / "first" / "secret"
    assert file.stat().st_mode & 0o777 == 0o600 and len(file.read_text().strip()) == 64
    assert file.read_text().strip() not in first.to_json() + first.to_csv()
    again = made("again", file.read_text().strip())
    hashes = [[stimulus.sha256 for stimulus in each.stimuli] for each in (first, second, again)]
    assert hashes[0] == hashes[2] and not set(hashes[0]) & set(hashes[1])
    with pytest.raises(ValueError, match="made otherwise"):
        made("first", "another")


@pytest.mark.parametrize(("above_lu", "gain_db"), [(-0.1, 0.0), (0.0, 0.0), (0.1, -0.1), (3.0, -3.0)])
def test_what_is_louder_than_the_loudest_stimulus_is_turned_down_to_it(above_lu, gain_db):
    take = take_of("audible_check", np.random.default_rng(0).standard_normal((2, RATE_HZ)).astype(np.float32), RATE_HZ)
    quieter = no_louder(take, take.loudest_lufs - above_lu)
    measured = loudness.blocks_lufs(quieter.audio, RATE_HZ).max() - loudness.blocks_lufs(take.audio, RATE_HZ).max()
    assert measured == pytest.approx(gain_db, abs=0.001) and quieter.lufs - take.lufs == pytest.approx(gain_db)


def test_nothing_is_louder_than_the_sound_that_the_level_is_set_with(small_set):
    (level,) = small_set.of_kind("level")
    loudest = {s.id: loudness.blocks_lufs(read(small_set, s), RATE_HZ).max() for s in small_set.stimuli}
    assert max(loudest.values()) <= loudest[level.id] + 0.01
    assert any(loudest[s.id] == pytest.approx(loudest[level.id], abs=0.01) for s in small_set.of_kind("audible_check"))


def test_an_interrupted_build_goes_on_where_it_stopped(tmp_path, recordings):
    def stop(done, total, clip):
        raise KeyboardInterrupt

    clips, made = folder_clips(recordings), ("original",)
    with pytest.raises(KeyboardInterrupt):
        build(tmp_path / "set", clips, made, workers=1, on_progress=stop)
    assert not (tmp_path / "set").exists()
    (first,) = (tmp_path / ".set.building" / "raw").glob("*.json")
    written = first.stat().st_mtime_ns
    again = []
    build(tmp_path / "set", clips, made, workers=1, on_progress=lambda *a: again.append(first.stat().st_mtime_ns))
    assert again == [written, written]
    assert not (tmp_path / ".set.building").exists()


def test_two_builds_of_one_set_at_once_make_it_once(tmp_path, recordings):
    clips, made = folder_clips(recordings)[:1], []
    with ThreadPoolExecutor(2) as pool:
        options = {"workers": 1, "on_progress": lambda *progress: made.append(progress)}
        both = [pool.submit(build, tmp_path / "set", clips, ("original",), ("warm",), **options) for _ in range(2)]
        first, second = (each.result() for each in both)
    assert first == second and len(made) == 1


def test_the_same_set_is_not_built_twice_and_another_not_built_over(tmp_path, recordings):
    clips = folder_clips(recordings)[:1]
    first = build(tmp_path / "set", clips, ("original",), ("warm",), workers=1)
    made = (tmp_path / "set" / "manifest.json").stat().st_mtime_ns
    assert build(tmp_path / "set", clips, ("original",), ("warm",), workers=1) == first
    assert (tmp_path / "set" / "manifest.json").stat().st_mtime_ns == made
    with pytest.raises(ValueError, match="made otherwise"):
        build(tmp_path / "set", clips, ("original",), ("bright",), workers=1)
    other = build(tmp_path / "set", clips, ("original",), ("bright",), workers=1, replace=True)
    assert Manifest.load(tmp_path / "set") == other
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    with pytest.raises(ValueError, match="not empty"):
        build(tmp_path / "full", clips, ("original",), workers=1)


def test_what_cannot_be_used_is_named_and_the_rest_built(tmp_path, recordings):
    (recordings / "broken.mp3").write_bytes(b"ID3" + bytes(50))
    (recordings / "empty.wav").write_bytes(b"")
    sf.write(recordings / "silent.wav", np.zeros(5 * RATE_HZ), RATE_HZ)
    (recordings / "two_again.wav").write_bytes((recordings / "two.wav").read_bytes())
    refused, odd = {}, []
    clips = folder_clips(recordings)
    reported = {"on_refused": refused.__setitem__, "on_odd": lambda *of: odd.append(of)}
    made = build(tmp_path / "set", clips, ("original",), workers=1, **reported)
    assert [clip.clip for clip in made.clips] == ["one", "two", "two_again"]
    hashes = [hashlib.sha256((recordings / clip.source).read_bytes()).hexdigest() for clip in made.clips]
    assert [clip.source_sha256 for clip in made.clips] == hashes
    short = "It lasts 3.0 s, less than the excerpt of 10 s, and is taken whole."
    assert odd == [*((clip.clip, short) for clip in made.clips), ("two_again", "It holds the same sound as two.")]
    assert refused.keys() == {"broken", "empty", "silent"}
    assert all(f"{clip}." in why and why.endswith(".") for clip, why in refused.items())


def test_no_usable_clip_is_an_error_and_leaves_no_set(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="None of the 1 clips"):
        build(tmp_path / "set", folder_clips(tmp_path), ("original",), workers=1)
    assert not (tmp_path / "set").exists()


def test_a_clip_with_high_peaks_is_limited_under_all_conditions_alike(tmp_path):
    rng = np.random.default_rng(2)
    sound = rng.standard_normal((2, 4 * RATE_HZ)) * 0.02
    sound[:, ::22050] = 0.65
    sf.write(tmp_path / "peaky.wav", sound.T, RATE_HZ)
    made = build(tmp_path / "set", [Clip("peaky", "Peaky", tmp_path / "peaky.wav")], ("original", "static"), workers=1)
    assert 0 < made.clips[0].limited_db <= 6
    for stimulus in made.of_kind("stimulus"):
        assert stimulus.dbtp < -1 and stimulus.lufs == pytest.approx(-23, abs=0.1)


def test_a_clip_that_needs_too_much_limiting_is_refused(tmp_path):
    sound = np.random.default_rng(2).standard_normal((2, 4 * RATE_HZ)) * 0.002
    sound[:, ::44100] = 0.9
    sf.write(tmp_path / "clicks.wav", sound.T, RATE_HZ)
    with pytest.raises(ValueError, match=r"clicks\.wav cannot be used: its peaks are too high"):
        build(tmp_path / "set", [Clip("clicks", "", tmp_path / "clicks.wav")], ("original",), workers=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"conditions": ("loud",)}, "Unknown condition 'loud'"),
        ({"conditions": ("flow", "flow")}, "Two conditions"),
        ({"conditions": ("flow:gamma=1",)}, "no option gamma"),
        ({"conditions": ("flow:beta=much",)}, "must be a number"),
        ({"descriptors": ("warm", "warm")}, "each once"),
        ({"descriptors": ("salty",)}, "do not know 'salty'"),
        ({"duration_s": 0.5}, "2 to 60 s"),
        ({"sample_rate_hz": 8000}, "16000 to 96000"),
        ({"clips": []}, "at least one clip"),
        ({"backend": "nowhere", "workers": 2, "clips": built_in_clips()[:2]}, "nowhere"),
    ],
)
def test_wrong_options_are_reported(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        build(tmp_path / "set", **options)
    assert not (tmp_path / "set").exists()


def test_a_sparse_sound_near_the_gates_is_matched_all_the_same():
    # Bursts that decay to where BS.1770's absolute gate is: a gain moves blocks over it and the loudness with them.
    time_s = np.arange(8 * RATE_HZ) / RATE_HZ
    noise = np.random.default_rng(0).standard_normal((2, time_s.size)).astype(np.float32)
    sound = noise * np.float32(1e-3) * np.exp(-np.float32(5.0) * (time_s % 2).astype(np.float32))
    take = take_of("stimulus", sound, RATE_HZ)
    assert loudness.integrated_lufs(take.audio, RATE_HZ) == pytest.approx(-23, abs=0.03)


def test_a_set_is_built_in_cd_quality_of_ten_seconds_and_over_nothing_unless_asked():
    usual = {name: each.default for name, each in inspect.signature(build).parameters.items()}
    assert usual["sample_rate_hz"] == 44_100 and usual["duration_s"] == 10.0 and usual["seed"] == 0
    assert (
        usual["anchors"] is False and usual["replace"] is False and usual["descriptors"] == ("warm", "bright", "airy")
    )
