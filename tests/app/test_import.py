"""webMUSHRA's configurations as studies: every kind of page, what is left out, and the sounds that are there."""

import tomllib

import numpy as np
import pytest
import soundfile as sf

from app.server import create_app
from app.settings import Settings
from stimuli.checking.verify import verify
from stimuli.manifest import Manifest
from study.design import definition, webmushra
from study.design.webmushra import markdown, read
from tests.analysis.test_commands import run
from tests.app.study_process import free_port
from tests.browser.study_server import TOKEN, in_thread

RATE_HZ = 16000
CONFIGURATION = """
testname: Codecs of the year
testId: codecs 2026
bufferSize: 2048
language: en
remoteService: service/write.php
pages:
  - type: generic
    id: hello
    name: Welcome
    content: "<p>You will hear <b>codecs</b>.</p><ul><li>One</li><li>Two</li></ul>"
  - {type: consent, id: yes, name: Consent, mustConsent: true, content: Your answers are stored.}
  - {type: volume, id: vol, name: Volume, content: Make it comfortable., stimulus: a/ref.wav, defaultVolume: 0.4}
  - - random
    - type: mushra
      id: speech
      name: Rate
      content: Rate the <i>basic audio quality</i>.
      showWaveform: true
      enableLooping: true
      reference: a/ref.wav
      createAnchor35: true
      createAnchor70: true
      stimuli: {C1: a/one.wav, C2: a/two.wav}
    - type: mushra
      id: music
      name: Rate
      enableLooping: true
      reference: b/ref.wav
      createAnchor35: true
      createAnchor70: true
      stimuli: {C1: b/one.wav, C2: b/two.wav}
  - type: paired_comparison
    id: speech
    name: Which is the reference?
    unforced: I do not know
    reference: a/ref.wav
    stimuli: {C1: a/one.wav}
  - &alone
    type: likert_single_stimulus
    id: music
    name: Alone
    content: How pleasant?
    mustRate: true
    mustPlayback: ended
    stimuli: {C1: b/one.wav, C2: b/two.wav}
    response: [{value: low, label: Not}, {value: mid, label: Partly}, {value: high, label: Very}]
  - {<<: *alone, id: speech, stimuli: {C1: a/one.wav, C2: a/two.wav}}
  - {<<: *alone, id: noise, stimuli: {C1: a/one.wav, C2: b/two.wav}}
  - type: spatial_localization
    id: where
    stimuli: {C1: a/one.wav}
  - type: finish
    name: Thanks
    content: Thank you!
    showResults: true
    questionnaire:
      - {type: number, label: Age, name: age, min: 0, max: 100, optional: true}
      - type: likert
        label: Experience
        name: experience
        response: [{value: none, label: None}, {value: much, label: Much}]
"""


@pytest.fixture(scope="module")
def imported():
    return read(CONFIGURATION)


def test_pages_become_blocks_and_texts(imported):
    study = definition.parse(imported.study)
    mushra, abx, single = study.effective_blocks
    assert (mushra.preset, mushra.reference, mushra.anchors, mushra.loop) == ("bs1534", "reference", True, True)
    assert mushra.clips == ["speech", "music"] and mushra.conditions == ["reference", "C1", "C2"]
    assert mushra.instructions == "## Rate\n\nRate the *basic audio quality*."
    assert [list(pair) for pair in abx.pairs] == [["reference", "C1"]] and (abx.trials, abx.clips) == (1, ["speech"])
    (question,) = single.questions
    assert (question.text, question.low, question.high) == ("How pleasant?", 1, 3)
    assert question.labels == {"1": "Not", "2": "Partly", "3": "Very"} and question.required
    assert single.min_listened_fraction == 1.0
    assert study.welcome == "You will hear **codecs**.\n\n- One\n- Two"
    assert study.consent.text == "Your answers are stored." and study.level.text == "Make it comfortable."
    assert study.completion.text == "Thank you!" and study.stimuli == "codecs_2026"
    assert [(q.id, q.type, q.required) for q in study.questionnaire.questions] == [
        ("age", "number", False),
        ("experience", "choice", True),
    ]


def test_what_is_left_out_is_named(imported):
    reported = "\n".join(imported.left_out)
    for part in (
        "bufferSize of the configuration",
        "showWaveform of page speech",
        "showResults of page Thanks",
        "page where: pages of type spatial_localization",
        "the answer 'I do not know' on page speech",
        "the random order of pages",
        "asking the questionnaire at the end",
        "answers are stored as 1, 2, 3",
    ):
        assert part in reported
    assert len(imported.left_out) == len(set(imported.left_out))


def page(**keys):
    return "pages: [" + str({"id": "p", "stimuli": {"A b": "x.wav"}} | keys).replace("True", "true") + "]"


def test_bs1116_has_a_block_for_each_condition_and_several_scales_are_several_questions():
    study = read(page(type="bs1116", reference="r.wav", stimuli={"C1": "1.wav", "C2": "2.wav"})).study
    assert [block["conditions"] for block in study["blocks"]] == [["reference", "C1"], ["reference", "C2"]]
    points = [{"value": "a", "label": "a"}, {"value": "b", "label": "b"}]
    two = read(page(type="likert_multi_stimulus", response=[points, points], stimuli={"C1": "1", "C2": "2"}))
    assert any("single ratings need 3 pages" in each for each in read(page(type="likert_single_stimulus")).left_out)
    (block,) = definition.parse(two.study).effective_blocks
    assert [question.name for question in block.questions] == ["rating", "rating_2"] and block.preset == "bs2132"
    assert not any(question.required for question in block.questions)


@pytest.mark.parametrize(("n", "is_taken"), [(1, False), (2, True), (11, True), (12, False)])
def test_a_likert_scale_has_two_to_eleven_points(n, is_taken):
    found = read(page(type="likert_single_stimulus", response=[{"value": i, "label": f"at {i}"} for i in range(n)]))
    assert bool(found.study["blocks"][0]["questions"]) is is_taken
    assert any(f"it has {n} points" in each for each in found.left_out) is not is_taken


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pages: [", "is not valid YAML"),
        ("testname: alone", "has no list of pages"),
        ("pages: [{type: generic, content: hello}]", "has no page with sounds"),
    ],
)
def test_what_is_no_configuration_is_refused(text, said):
    with pytest.raises(ValueError, match=said):
        read(text)


def test_html_becomes_markdown():
    assert markdown("<h2>Task</h2><p>Rate <strong>all</strong><br/>of them &amp; more</p>") == (
        "## Task\n\nRate **all**\nof them & more"
    )
    assert markdown(None) == "" and markdown(7) == "7"


def write_sounds(root):
    rng = np.random.default_rng(1)
    for folder in "ab":
        (root / folder).mkdir()
        for name, length in (("ref", 1.0), ("one", 1.0), ("two", 0.9)):
            noise = 0.05 * rng.standard_normal((round(length * RATE_HZ), 1 + (name == "two")))
            sf.write(root / folder / f"{name}.wav", noise, RATE_HZ, subtype="FLOAT")


def test_a_configuration_runs_with_its_sounds(tmp_path):
    (tmp_path / "configs").mkdir()
    config, file, sounds = tmp_path / "configs" / "codecs.yaml", tmp_path / "study.toml", tmp_path / "set"
    config.write_text(CONFIGURATION)
    reported = run("study", "import", "webmushra", config, "--out", file, "--set", sounds).output
    assert "No set is built: 8 of 8 sounds are not there" in reported and "Left out" in reported
    write_sounds(tmp_path)
    file.unlink()
    reported = run("study", "import", "webmushra", config, "--out", file, "--set", sounds).output
    assert "8 sounds are in" in reported
    assert verify(sounds) == []
    manifest = Manifest.load(sounds)
    assert {s.duration_s for s in manifest.stimuli} == {1.0} and len(manifest.of_kind("anchor")) == 4
    assert "Way" in run("study", "check", file, "--set", sounds).output
    url = f"sqlite:///{tmp_path}/study.sqlite"
    settings = Settings(database_url=url, stimuli=sounds, study_file=file, allow_simulated=True, admin_token=TOKEN)
    with in_thread(create_app(settings), free_port()) as address:
        assert "2 of 2 finished" in run("simulate", "-n", 2, "--url", address, "--set", sounds).output
    out = run("export", "--database-url", url, "--out", tmp_path / "out").output
    # 2 people x (2 clips x (3 conditions + 2 anchors) of MUSHRA, and 3 clips x 2 conditions alone)
    assert f"{2 * (2 * 5 + 3 * 2)} responses of 2 sessions" in out


def test_a_study_file_that_is_there_is_not_written_over(tmp_path):
    (tmp_path / "c.yaml").write_text(CONFIGURATION)
    (tmp_path / "study.toml").write_text("mine")
    with pytest.raises(ValueError, match="already exists"):
        run("study", "import", "webmushra", tmp_path / "c.yaml", "--out", tmp_path / "study.toml")
    assert (tmp_path / "study.toml").read_text() == "mine"


def test_the_study_file_is_one_that_can_be_read_again(tmp_path, imported):
    (tmp_path / "c.yaml").write_text(CONFIGURATION)
    run("study", "import", "webmushra", tmp_path / "c.yaml", "--out", tmp_path / "s.toml", "--set", tmp_path / "set")
    again = definition.parse(tomllib.loads((tmp_path / "s.toml").read_text(encoding="utf-8")))
    assert again == definition.parse(imported.study) and again.descriptors[0].name == webmushra.DESCRIPTOR
