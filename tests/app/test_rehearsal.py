"""What a rehearsal must find, each found by its check: sounds, texts, scales, blindness, costs; and the page of it."""

import hashlib
import io
import shutil
import threading
import tomllib

import numpy as np
import pytest
import soundfile
from PIL import Image
from rich.console import Console

from analysis.statistics.distinguishing import HeldOut
from app.commands.rehearse import _print
from app.participant.attack import Outcome
from app.rehearsal import blindness, budget, data, page, pages, sounds, texts
from app.rehearsal.findings import Finding, Verdict, found, is_go, timed
from app.rehearsal.rehearse import Rehearsal, _until, rehearse
from stimuli.manifest import ClipInfo, Manifest, Stimulus
from study.design import definition, templates
from study.design.plan import Plan
from study.design.stimuli import StimulusSet
from tests.study.sets import write_set

RATE_HZ = 44_100
SHIPPED = tomllib.loads(definition.SHIPPED.read_text(encoding="utf-8"))


def study(**tables):
    """The shipped study but for some tables; None leaves one out."""
    return definition.parse({key: value for key, value in (SHIPPED | tables).items() if value is not None})


def still(done, total):
    """Report to nobody."""


@pytest.fixture(scope="module")
def noises(tmp_path_factory):
    return write_set(tmp_path_factory.mktemp("noises"), n_clips=3)


def test_files_as_they_were_built_pass(noises):
    reported = []
    finding = sounds.files(StimulusSet.load(noises), lambda *done: reported.append(done))
    assert finding.verdict is Verdict.PASSED and finding.said == "54 files as the manifest says"
    assert reported == [(32, 54), (54, 54)]


def test_a_damaged_and_a_missing_file_are_named(noises, tmp_path):
    folder = shutil.copytree(noises, tmp_path / "set")
    damaged, missing = (folder / "audio" / f"{row.id}.flac" for row in StimulusSet.load(folder).rows[:2])
    damaged.write_bytes(damaged.read_bytes()[:-1])
    missing.unlink()
    finding = sounds.files(StimulusSet.load(folder), still)
    assert finding.verdict is Verdict.FAILED and finding.said.startswith("2 of 54 files missing or damaged")
    assert finding.details == (
        f"audio/{damaged.name} (clip0 original warm) is damaged.",
        f"audio/{missing.name} (clip0 original bright) is missing.",
    )


def test_a_set_that_does_not_fit_ends_the_rehearsal_and_the_rest_is_reported(noises, tmp_path):
    findings = list(rehearse(Rehearsal(study(conditions=["original", "mine"]), noises, tmp_path)))
    of = {finding.check: finding for finding in findings}
    assert of[sounds.FITS].verdict is Verdict.FAILED and "clip0 / mine / warm" in of[sounds.FITS].said
    assert of[sounds.FILES].verdict is Verdict.PASSED
    assert of[pages.PAGES].verdict is of[data.ANALYSIS].verdict is Verdict.OMITTED
    assert len(of) == len(findings) == 13


def test_a_missing_translation_is_found():
    assert texts.translations(study()).verdict is Verdict.PASSED
    title = {"en": "Sound", "de": "Klang", "es": "Sonido"}
    finding = texts.translations(study(title=title))
    assert finding.verdict is Verdict.FAILED and finding.details == ("Missing: title in zh.",)
    # Also where the study has no English at all.
    words = [word | {"question": {"de": "Wie?", "zh": "吗?"}} for word in SHIPPED["descriptors"]]
    finding = texts.translations(study(descriptors=words, languages=["de", "es"]))
    assert "descriptors[0].question" in " ".join(finding.details)


def test_a_text_that_is_one_for_all_languages_is_noted():
    finding = texts.translations(study(title="Klang"))
    assert finding.verdict is Verdict.NOTED and finding.details == ("title",)
    assert texts.translations(study(title="Klang", languages=["de"])).verdict is Verdict.PASSED


def music(seed=0):
    """Stereo with a middle and sides, one second and a half, float32 [2, samples]."""
    rng = np.random.default_rng(seed)
    middle, side = rng.normal(scale=0.08, size=(2, RATE_HZ * 3 // 2))
    return np.stack([middle + 0.6 * side, middle - 0.6 * side]).astype(np.float32)


def low_passed(sound):
    return np.stack([np.convolve(each, [0.25, 0.5, 0.25], "same") for each in sound])


FAULTY = {
    "as it should be": (low_passed, None),
    "in mono": (lambda sound: np.tile(low_passed(sound).mean(axis=0), (2, 1)), "was it rendered in mono"),
    "inverted": (lambda sound: -low_passed(sound), "inverted polarity"),
    "with one channel inverted": (lambda sound: low_passed(sound) * [[1], [-1]], "right channel inverted"),
    "with channels swapped": (lambda sound: low_passed(sound)[::-1], "left and right swapped"),
    "late": (lambda sound: np.roll(low_passed(sound), 441, axis=1), "10.0 ms (441 samples) later"),
    "short": (lambda sound: low_passed(sound)[:, :-100], "lasts 1.498 s, but the original 1.500 s"),
    "of another song": (lambda sound: low_passed(music(1)), "does not sound like the excerpt"),
}


def rendered(folder, *renders):
    """A set of one word with the original of each clip, and a render of it."""
    (folder / "audio").mkdir()
    rows = [_row(folder, number, "original", music()) for number in range(len(renders))]
    rows += [_row(folder, number, "plug_in", made(music())) for number, made in enumerate(renders)]
    clips = tuple(ClipInfo(f"clip{n}", f"Clip {n}", "noise", 0.0, 1.5) for n in range(len(renders)))
    return Manifest("renders", RATE_HZ, -23.0, None, 0, clips, tuple(rows)).save(folder)


def _row(folder, number, condition, sound):
    name = f"{condition.replace('_', '')}{number}"
    path = folder / "audio" / f"{name}.flac"
    soundfile.write(path, sound.T, RATE_HZ)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return Stimulus(name, "stimulus", f"clip{number}", condition, "warm", None, -23.0, -3.0, sha256, 1.5)


@pytest.mark.parametrize("name", FAULTY)
def test_what_a_render_did_besides_equalising_is_found(tmp_path, name):
    made, said = FAULTY[name]
    manifest = rendered(tmp_path, made)
    finding = sounds.renders(manifest, ["original", "plug_in"], "original", still)
    if said is None:
        assert finding.verdict is Verdict.PASSED and finding.said.startswith("1 render differ")
    else:
        assert finding.verdict is Verdict.FAILED and said in finding.details[0], finding


def test_a_render_that_is_the_original_is_noted_and_all_of_them_fail(tmp_path):
    for folder, renders, verdict in (
        ("one", (lambda sound: 0.9 * sound, low_passed), Verdict.NOTED),
        ("all", (lambda sound: sound, lambda sound: 0.9 * sound), Verdict.FAILED),
    ):
        (tmp_path / folder).mkdir()
        finding = sounds.renders(rendered(tmp_path / folder, *renders), ["plug_in"], "original", still)
        assert finding.verdict is verdict and "was the plug-in bypassed?" in finding.said
        assert finding.details[0] == "clip0 plug_in warm"


def test_what_differs_by_little_is_not_the_same():
    sound = music()
    rest = music(2) * np.sqrt((sound**2).sum() / (music(2) ** 2).sum())
    assert sounds.is_same(sound + 10 ** (-61 / 20) * rest, sound)
    assert not sounds.is_same(sound + 10 ** (-59 / 20) * rest, sound)


def test_conditions_that_the_study_does_not_present_are_not_looked_at(tmp_path):
    manifest = rendered(tmp_path, FAULTY["in mono"][0])
    assert sounds.renders(manifest, ["original", "semantic"], "original", still).verdict is Verdict.PASSED


def rated(name, high):
    return {"paradigm": "single", "questions": [{"name": name, "type": "scale", "low": 1, "high": high}]}


def test_a_scale_that_the_analysis_does_not_know_is_found():
    same = study(blocks=[rated("quality", 5), rated("quality", 5)])
    assert data.scales(same).verdict is data.scales(study()).verdict is Verdict.PASSED
    finding = data.scales(study(blocks=[rated("quality", 5), rated("quality", 7)]))
    assert finding.verdict is Verdict.FAILED
    said = "quality is asked (single) from 1 to 5 in block 1 and from 1 to 7 in block 2: give one of them another name."
    assert finding.details == (said,)


def outcome(low, known=0):
    held_out = HeldOut(0.4, low, 0.5, 0.25, {})
    return Outcome(held_out, held_out, 10, known, 0, 0, 0.0)


def test_an_attack_counts_only_where_it_succeeds_twice():
    never = None
    assert blindness.judged(outcome(0.25), lambda: never).verdict is Verdict.PASSED
    assert blindness.judged(outcome(0.26), lambda: outcome(0.25)).verdict is Verdict.PASSED
    assert blindness.judged(outcome(0.26), lambda: outcome(0.26)).verdict is Verdict.FAILED
    assert blindness.judged(outcome(0.2, known=1), lambda: outcome(0.2, known=1)).verdict is Verdict.FAILED


@pytest.mark.parametrize(("free", "verdict"), [(29_999, "failed"), (30_000, "passed"), (30_001, "passed")])
def test_the_planned_participants_must_find_room(free, verdict):
    assert budget.room(10, 1000.0, free).verdict == verdict


def test_room_for_a_hundred_is_wanted_where_no_number_is_planned():
    assert "100 participants (the study plans no number)" in budget.room(None, 1000.0, 10**9).said
    assert budget.planned(study(recruitment={"cap": 30})) == 30
    assert budget.planned(study(recruitment={"cap": 30}, analysis={"looks": [8, 12]})) == 12


def test_the_first_sound_may_take_half_a_minute_and_no_longer(noises):
    plan = Plan(study(checks=None), StimulusSet.load(noises))
    first = budget.first_sound_bytes(plan)
    assert first == (noises / "audio" / f"{plan.stimuli.of_kind('level')[0].id}.flac").stat().st_size
    for page_bytes, verdict in ((3_750_000 - first, "passed"), (3_770_000 - first, "noted")):
        assert budget.first_sound(plan, page_bytes).verdict == verdict
    assert "was not measured" in budget.first_sound(plan, None).said
    for measured_s, verdict in ((29.9, "passed"), (30.0, "passed"), (30.1, "noted")):
        found = budget.first_sound(plan, 4_000_000, measured_s)
        assert found.verdict == verdict and f"{measured_s} s from opening the page" in found.said


def test_a_line_that_does_not_keep_up_is_noted(noises):
    plan = Plan(study(checks=None), StimulusSet.load(noises))
    for mbit_per_s, verdict in ((0.99, "passed"), (1.0, "passed"), (1.01, "noted")):
        object.__setattr__(plan, "__dict__", {**plan.__dict__, "download_bytes": mbit_per_s * 7.5e6 * plan.minutes})
        assert budget.effort(plan).verdict == verdict


def test_pages_of_one_look_differ_in_numbers_and_sounds_only():
    step = {"id": "a-003", "kind": "trial", "sounds": ["x"], "question": "How warm?", "notice": "Choose 3."}
    other = step | {"id": "a-004", "sounds": ["y"], "notice": "Choose 5."}
    assert pages.look_of(step) == pages.look_of(other) != pages.look_of(step | {"question": "How bright?"})


def test_pages_are_not_walked_without_a_browser_and_that_is_no_go_unless_wished():
    assert pages.not_walked("Playwright is not installed", wished=False).verdict is Verdict.FAILED
    left_out = pages.not_walked("--no-browser was given", wished=True)
    assert left_out.verdict is Verdict.OMITTED and is_go([left_out])


def test_a_users_mistake_is_a_finding_and_another_error_is_not():
    def refuse():
        raise ValueError("There are no ratings.")

    assert timed("Analysis", refuse).said == "There are no ratings."
    with pytest.raises(ZeroDivisionError):
        timed("Analysis", lambda: found("Analysis", [], str(1 // 0), ""))


def test_the_page_says_go_or_no_go_and_needs_no_other_file(tmp_path):
    photograph = tmp_path / "screenshots" / "en-000-start-phone.jpg"
    photograph.parent.mkdir()
    Image.new("RGB", (390, 780), "teal").save(photograph)
    shown = pages.Shown("en", "start", {"phone": photograph}, ("it speaks <b>de</b>",))
    passed, failed = (
        Finding("Texts", Verdict.PASSED, "all there"),
        Finding("Files", Verdict.FAILED, "1 < 2", ("a.flac",)),
    )
    written = page.write("How <i>warm</i>?", [passed, failed], [shown], 3.2, tmp_path).read_text(encoding="utf-8")
    assert "No-go: 1 of 2 checks failed." in written and "1 &lt; 2" in written and "<li>a.flac</li>" in written
    assert "it speaks &lt;b&gt;de" in written and "How &lt;i&gt;warm" in written
    assert 'src="data:image/jpeg;base64,' in written and "http" not in written
    assert page.verdict_text([passed]) == "Go: nothing failed in 1 check."


def test_all_ways_of_asking_have_scales_that_the_analysis_knows():
    for name in templates.NAMES:
        assert not data.unknown_scales(definition.parse(tomllib.loads(templates.template(name))))


def test_who_is_on_the_way_is_stopped_once_the_rehearsal_ends():
    ending, heard = threading.Event(), []
    tell = _until(ending, lambda *how_far: heard.append(how_far))
    tell("Pages", 1, 2)
    ending.set()
    with pytest.raises(InterruptedError):
        tell("Pages", 2, 2)
    assert heard == [("Pages", 1, 2)]


@pytest.mark.parametrize(("seconds", "shown"), [(0.0, ""), (0.049, ""), (0.051, "  0.1 s"), (12.34, "  12.3 s")])
def test_a_check_says_how_long_it_took_where_anybody_would_notice(seconds, shown):
    console = Console(file=io.StringIO(), width=200)
    _print(console, Finding("sounds", Verdict.PASSED, "All are there.", ("one [more]",), seconds))
    first, second = console.file.getvalue().splitlines()
    assert first == f"✓ {'sounds':<24} All are there.{shown}" and second == "    one [more]"
