"""The player: ready before it is asked for, fair about what was heard, free of clicks, at the level that was set."""

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.study.sets import write_set

BARE = {"consent": None, "questionnaire": None, "level": None, "instructions": None, "comments": None, "practice": None}
# Listens to what reaches the loudspeaker: every node that is connected to the destination is recorded as well.
# Recorded by the thread that renders: a busy page loses nothing of it. The page must be opened with `HEARD_IN`.
RECORD = """
const source = `registerProcessor("recorder", class extends AudioWorkletProcessor {
  process([[samples]]) {
    this.port.postMessage(samples ? samples.slice() : new Float32Array(128));
    return true;
  }
})`;
const module = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
const connect = AudioNode.prototype.connect;
window.recorded = [];
window.heard = 0; // samples since the first that is not silent
AudioNode.prototype.connect = function (to, ...more) {
  if (to instanceof AudioDestinationNode && !(this instanceof AudioWorkletNode)) {
    window.output = this;
    this.context.audioWorklet.addModule(module).then(() => {
      const recorder = new AudioWorkletNode(this.context, "recorder");
      recorder.port.onmessage = ({ data }) => {
        const first = window.heard ? 0 : data.findIndex((sample) => sample !== 0);
        if (first >= 0) window.heard += data.length - first;
        window.recorded.push(...data);
      };
      connect.call(this, recorder);
      connect.call(recorder, to);
      window.recording = true;
    });
  }
  return connect.call(this, to, ...more);
};
"""
HEARD_IN = {"bypass_csp": True}  # the recorder's own code

# The sound's clock can be set ahead, so that the end has come before the page has noticed it.
AHEAD = """
const { get } = Object.getOwnPropertyDescriptor(BaseAudioContext.prototype, "currentTime");
window.ahead_s = 0;
Object.defineProperty(BaseAudioContext.prototype, "currentTime", {
  get() { return get.call(this) + window.ahead_s; },
});
"""


@pytest.fixture(scope="module")
def seconds(tmp_path_factory):
    """A stimulus set of noises of three seconds each."""
    return write_set(tmp_path_factory.mktemp("seconds"), n_clips=3, duration_s=3.0)


def play_button(person):
    return person.stage.locator(".play")


def test_the_next_sound_is_there_before_the_answer_and_starts_by_itself(serve, visit):
    person = visit(serve(**BARE).address)
    sounds = []
    person.page.on("requestfinished", lambda request: sounds.append(request.url) if "/audio/" in request.url else None)
    person.begin()
    person.play()
    expect(person.tile(3)).to_be_enabled()
    fetched = "performance.getEntriesByType('resource').filter(({ name }) => name.includes('/audio/')).length"
    person.page.wait_for_function(f"{fetched} > 1")
    before = set(sounds)
    with person.page.expect_request("**/step/*") as sent:
        person.rate(3)
    following = sent.value.response().json()["step"]["sounds"][0].partition("#")[0]
    assert any(address.endswith(following) for address in before)
    expect(play_button(person)).to_have_attribute("data-state", "ended")  # nobody pressed play


def test_the_scale_opens_when_all_was_heard_and_not_by_jumping_to_the_end(serve, visit, seconds):
    served = serve(seconds, **BARE)
    person = visit(served.address).begin()
    person.play()
    position = person.stage.locator(".position")
    position.press("End")
    expect(play_button(person)).to_have_attribute("data-state", "ended")
    expect(person.tile(5)).to_be_disabled()
    person.page.keyboard.press("5")
    person.page.keyboard.press("Enter")
    assert person.rated == {} and served.responses(person) == []
    person.stage.get_by_label("From the beginning").click()
    expect(person.tile(5)).to_be_enabled()
    assert person.stage.locator("input:checked").count() == 0
    for rating in (5, 6, 2):
        person.page.keyboard.press(str(rating))
    person.page.evaluate("window.dispatchEvent(new Event('blur'))")
    step = person.step
    person.primary.click()
    expect(person.stage).to_have_attribute("data-step", person.next_of(step))
    [row] = served.responses(person)
    assert (row.rating, row.plays, row.rating_changes, row.focus_losses) == (2, 2, 2, 1)
    assert 2.9 <= row.heard_s <= 6.0
    assert row.rt_ms < row.rt_start_ms


def test_pausing_fades_and_does_not_click(serve, visit, seconds):
    person = visit(serve(seconds, **BARE).address, **HEARD_IN)
    person.page.add_init_script(RECORD)
    person.begin()
    person.stage.get_by_label("Repeat").click()  # so that it does not end before it is paused
    play_button(person).evaluate("(button) => button.dataset.state === 'playing' && button.click()")
    silent = "window.recorded.length > 8000 && window.recorded.slice(-8000).every((sample) => sample === 0)"
    person.page.wait_for_function(silent)
    person.page.evaluate("window.recorded = []")
    play_button(person).click()
    person.page.wait_for_function("window.recorded.some((sample) => sample !== 0)")
    play_button(person).click()
    expect(play_button(person)).to_have_attribute("data-state", "paused")
    person.page.wait_for_function(silent)
    samples = np.array(person.page.evaluate("window.recorded"))
    rate_hz = person.page.evaluate("window.output.context.sampleRate")
    first, last = np.flatnonzero(samples)[[0, -1]]

    def rms(start_s, stop_s, origin):
        return np.sqrt(np.mean(samples[origin + int(start_s * rate_hz) : origin + int(stop_s * rate_hz)] ** 2))

    # Ramps of 5 ms: over their outer fifth the sound is at most at a fifth of its level.
    assert rms(0, 0.001, first) < 0.3 * rms(0.01, 0.03, first)
    assert rms(-0.001, 0, last) < 0.3 * rms(-0.03, -0.01, last)


def test_an_answer_in_the_moment_in_which_the_sound_ends_is_taken(serve, visit, seconds):
    served = serve(seconds, **BARE | {"design": {"order": "blocked", "min_listened_fraction": 0.05}})
    person = visit(served.address)
    person.page.add_init_script(AHEAD)
    person.begin()
    person.play()
    person.tile(4).check()
    step = person.step
    person.page.evaluate(
        """document.querySelector("[aria-label='From the beginning']").click();  // it plays, however slow the machine
        window.ahead_s = 9;
        document.querySelector("form").requestSubmit();"""
    )
    expect(person.stage).to_have_attribute("data-step", person.next_of(step))
    assert [row.rating for row in served.responses(person)] == [4]


@pytest.mark.slow
def test_the_sound_of_the_level_goes_round_until_the_level_is_set(serve, visit):
    person = visit(serve(**BARE | {"level": {}}).address, **HEARD_IN)
    person.page.add_init_script(RECORD)
    person.begin()
    person.play()
    length = "window.recorded.filter((sample) => sample !== 0).length / window.output.context.sampleRate"
    person.page.wait_for_function(f"window.output && {length} > 1")  # of a sound of a third of a second
    expect(play_button(person)).to_have_attribute("data-state", "playing")


@pytest.mark.slow
def test_the_level_that_was_set_stays_through_a_reload(serve, visit):
    served = serve(**BARE | {"level": {}})
    person = visit(served.address, **HEARD_IN)
    person.page.add_init_script(RECORD)
    person.begin()
    person.play()
    for _ in range(6):
        person.stage.locator("#level").press("ArrowLeft")
    chosen_db = float(person.stage.locator("#level").input_value())
    person.primary.click()
    person.is_shown("trial").reload().is_shown("trial")
    person.play()
    expect(person.tile(1)).to_be_enabled()
    assert person.page.evaluate("window.output.gain.value") == pytest.approx(10 ** (chosen_db / 20), rel=1e-3)
    assert person.page.locator("#level").count() == 0
