"""When the sound does not come: a line that stalls, a damaged file, a device that is taken away or never starts."""

import re
import shutil

import pytest
from playwright.sync_api import expect

BARE = {"consent": None, "questionnaire": None, "level": None, "instructions": None, "comments": None, "practice": None}
CHECK = {"test": "woods", "trials": 1, "pass_mark": 1, "attempts": 1}
# The device is taken away in the moment in which the first sound starts, as by a telephone call, or as soon as the
# device runs. The sounds are long, so that none has come to its end by then.
CALL = """
const { start } = AudioBufferSourceNode.prototype;
AudioBufferSourceNode.prototype.start = function (...when) {
  AudioBufferSourceNode.prototype.start = start;
  const { context } = this;
  const take = async () => { await context.suspend(); window.called = true; };
  if (context.state === "running") setTimeout(take);
  else context.addEventListener("statechange", take, { once: true });
  return start.apply(this, when);
};
"""
NO_DEVICE = """
window.AudioContext = class extends AudioContext {
  constructor(...options) { super(...options); this.suspend(); }
  resume() { return new Promise(() => {}); }
};
"""
SLOW = {"offline": False, "latency": 0, "uploadThroughput": -1}
COUNT = """
window.counts = { decodeAudioData: 0, start: 0 };
for (const [from, name] of [[BaseAudioContext, "decodeAudioData"], [AudioBufferSourceNode, "start"]]) {
  const own = from.prototype[name];
  from.prototype[name] = function (...given) {
    const result = own.apply(this, given);
    Promise.resolve(result).then(() => (window.counts[name] += 1));
    return result;
  };
}
"""


@pytest.fixture
def person(serve, visit):
    """A participant before the first page of a study that is nothing but six trials."""
    return visit(serve(**BARE).address)


def test_a_sound_whose_bytes_stop_coming_is_asked_for_anew(person):
    person.page.clock.install()
    held = []
    person.page.route("**/audio/*", lambda route: held.append(route), times=1)
    with person.page.expect_request("**/audio/*"):
        person.begin()
    expect(person.stage.locator(".player-place")).to_have_attribute("aria-busy", "true")
    person.page.clock.fast_forward(16_000)
    person.play()
    expect(person.saving).to_have_text("")  # no more "Reconnecting"
    person.answer()
    assert len(held) == 1


def test_a_damaged_sound_is_fetched_once_more(person):
    person.page.route("**/audio/*", lambda route: route.fulfill(body=b"no sound", content_type="audio/flac"), times=1)
    person.begin().answer()
    assert len(person.rated) == 1


def test_a_sound_that_breaks_off_is_shown_as_paused_and_goes_on(serve, visit, long):
    design = {"order": "blocked", "min_listened_fraction": 0.05}
    person = visit(serve(long, **BARE | {"design": design}).address)
    person.page.add_init_script(CALL)
    person.begin()
    person.page.wait_for_function("window.called")
    expect(person.stage.locator(".play")).to_have_attribute("data-state", "paused")
    person.answer()


@pytest.mark.slow
def test_a_headphone_check_that_breaks_off_is_played_again(serve, visit, long):
    person = visit(serve(long, **BARE | {"headphones": [CHECK]}).address)
    person.page.add_init_script(CALL)
    person.begin()
    person.primary.click()
    person.page.wait_for_function("window.called")
    expect(person.primary).to_be_enabled()
    assert person.stage.locator(".choice-button").first.is_disabled()
    person.answer()


def test_a_device_that_never_starts_is_reported(person):
    person.page.add_init_script(NO_DEVICE)
    person.page.clock.install()
    person.begin()
    person.play()
    expect(person.stage.locator(".play")).to_have_attribute("data-state", "playing")
    person.page.clock.fast_forward(4_000)
    expect(person.stage.get_by_role("alert")).to_contain_text("The sound does not start")


def test_nothing_sounds_on_the_page_of_who_withdrew_while_a_sound_was_loading(person):
    person.page.add_init_script(COUNT)
    held = []
    person.page.route("**/audio/*", lambda route: held.append((route, route.fetch())))
    with person.page.expect_request("**/audio/*"):
        person.begin()
    person.page.get_by_role("button", name="Withdraw from the study").click()
    person.page.get_by_role("button", name="Delete my answers").click()
    person.is_shown("withdrawn")
    for route, answer in held:
        route.fulfill(response=answer)
    person.page.wait_for_function("window.counts.decodeAudioData > 0")
    assert person.page.evaluate("window.counts.start") == 0


def test_a_sound_missing_on_the_server_is_a_pause_that_ends_by_itself(serve, visit, tmp_path, moments):
    """Nothing is answered meanwhile, nothing is lost, and the study goes on when the file is back."""
    folder = shutil.copytree(moments, tmp_path / "set")
    person = visit(serve(folder=folder, **BARE).address)
    shutil.move(folder / "audio", folder / "away")
    person.begin()
    pause = person.page.locator(".complaint").filter(has_text="paused")
    expect(pause).to_be_visible()
    expect(person.stage.locator(".scale input").first).to_be_disabled()
    shutil.move(folder / "away", folder / "audio")
    expect(pause).to_be_hidden()
    person.answer()
    assert len(person.rated) == 1


@pytest.mark.slow
def test_a_slow_line_is_reported_with_a_bar_until_the_sound_is_there(person):
    person.page.clock.install()
    line = person.page.context.new_cdp_session(person.page)

    def bytes_per_s(n):
        line.send("Network.emulateNetworkConditions", SLOW | {"downloadThroughput": n})

    def slowly(route):
        bytes_per_s(500)
        route.continue_()

    line.send("Network.enable")
    person.page.route("**/audio/*", slowly, times=1)
    with person.page.expect_request("**/audio/*"):
        person.begin()
    bar = person.stage.get_by_role("progressbar", name="Loading the sound")
    expect(bar).to_be_hidden()  # not yet: most sounds are there at once
    person.page.clock.run_for(1_000)
    expect(bar).to_be_visible()
    person.page.wait_for_function("document.querySelector('.waiting progress').value > 0")
    first = bar.evaluate("bar => bar.value / bar.max")
    person.page.wait_for_function("first => document.querySelector('.waiting progress').position > first", arg=first)
    assert 0 < first < 1
    expect(person.stage.locator(".waiting p")).to_have_text(re.compile(r"^\d\.\d of \d\.\d MB$"))
    bytes_per_s(-1)
    person.play()
    expect(bar).to_have_count(0)
