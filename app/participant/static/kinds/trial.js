// One sound, one question, one rating. Nothing is preset, and the scale opens once the sound was heard.

import { controls, watchFocus } from "../controls.js";
import { h } from "../dom.js";
import { bindKeys } from "../keyboard.js";
import { kinds } from "../kinds.js";
import { Listening } from "../listening.js";
import { Player } from "../player.js";

kinds.trial = trial;

/** Shows the trial and resolves to its answer, `{answer: {rating}, telemetry}`. */
export async function trial(step, page) {
  const { sounds, t, signal } = page;
  const scale = ratingScale(step.scale, t);
  const next = h("button", { type: "submit", class: "primary", disabled: true }, t("trial_next"));
  const hint = h("p", { class: "hint", role: "status" }, t("trial_loading"));
  const place = h("div", { class: "player-place", "aria-busy": "true" });
  const form = h("form", { class: "trial" }, question(step, t), place, scale.element, hint, h("div", { class: "actions" }, next));
  page.show(form);

  const shown_ms = performance.now();
  const buffer = await page.sound(step.sounds[0]);
  const listening = new Listening(buffer.duration, shown_ms, page.answered_ms);
  const player = new Player(sounds, buffer, listening);
  place.replaceChildren(...controls(player, t, signal));
  place.removeAttribute("aria-busy");
  watchFocus(listening, signal);

  const enough = () => listening.share >= Math.min(step.min_listened_fraction, 0.995);
  const open = () => {
    if (!enough() || !scale.element.disabled) return;
    listening.unlock();
    scale.element.disabled = false;
    hint.textContent = t("trial_rate_now");
  };
  hint.textContent = t(step.min_listened_fraction >= 1 ? "trial_listen_first" : "trial_listen_some");
  open();
  player.addEventListener("tick", open, { signal });
  scale.onchange = () => {
    if (!next.disabled) listening.rating_changes += 1;
    next.disabled = false;
    hint.textContent = t("trial_confirm");
  };

  return new Promise((resolve) => {
    const submit = () => {
      if (scale.value === null) return false;
      player.stop();
      resolve({ answer: { rating: scale.value }, telemetry: listening.telemetry() });
      return true;
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      submit();
    });
    bindKeys({ " ": () => player.toggle(), Enter: submit, digit: (value) => scale.choose(value) }, signal);
    signal.addEventListener("abort", () => player.stop());
    if (sounds.unlocked) player.play();
  });
}

function question(step, t) {
  return [
    !step.is_trial && h("p", { class: "tag" }, t("trial_practice")),
    step.counts_from_here && h("p", { class: "tag", id: "counts" }, t("trial_counts")),
    // The focus comes here, and with it a screen reader says what else is to be known.
    h("h1", { tabindex: -1, "aria-describedby": "counts notice" }, step.question),
    step.definition && h("p", { class: "definition" }, step.definition),
    step.notice && h("p", { class: "notice", id: "notice" }, step.notice),
  ];
}

/** The rating tiles from `low` to `high`: a fieldset of radio buttons, closed at first. */
function ratingScale({ low, high, low_label, high_label }, t) {
  const values = Array.from({ length: high - low + 1 }, (_, index) => low + index);
  const label = (value) => {
    const end = value === low ? low_label : value === high ? high_label : "";
    return end ? `${value}, ${end}` : String(value);
  };
  const radios = values.map((value) => h("input", { type: "radio", name: "rating", value, "aria-label": label(value) }));
  const tiles = radios.map((radio, index) => h("label", { class: "tile" }, radio, h("span", { "aria-hidden": "true" }, String(values[index]))));
  const ends = h("div", { class: "ends", "aria-hidden": "true" }, h("span", {}, low_label), h("span", {}, high_label));
  const legend = h("legend", { class: "visually-hidden" }, t("trial_scale", { low, high }));
  const element = h("fieldset", { class: "scale", disabled: true }, legend, h("div", { class: "tiles" }, tiles), ends);
  const scale = {
    element,
    value: null,
    onchange: () => {},
    choose(value) {
      const radio = radios[values.indexOf(value)];
      if (!radio || element.disabled) return false;
      radio.focus();
      if (value === scale.value) return true;
      radio.checked = true;
      scale.value = value;
      scale.onchange();
      return true;
    },
  };
  element.addEventListener("change", (event) => scale.choose(Number(event.target.value)));
  return scale;
}
