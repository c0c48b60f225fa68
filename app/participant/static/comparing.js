// Two sounds of a clip, and a third where there is one: switched between in place, and one question about them.

import { controls, watchFocus } from "./controls.js";
import { h } from "./dom.js";
import { bindKeys } from "./keyboard.js";
import { introduction, openWhenHeard } from "./kinds/trial.js";
import { Listening } from "./listening.js";
import { Player } from "./player.js";

/**
 * Shows the sounds under `names` and what is asked of them, and resolves to {answer, telemetry}.
 * `asked` holds questions with their controls, the choice first; `read()` makes the answer of them; `before(hint)` is
 * called when the answer is given and keeps the page where it returns false.
 */
export async function compare(step, page, { names, asked, read, before = () => true }) {
  const { sounds, t, signal } = page;
  const next = h("button", { type: "submit", class: "primary", disabled: true }, t("trial_next"));
  const hint = h("p", { class: "hint", role: "status" }, t("trial_loading"));
  const place = h("div", { class: "player-place", "aria-busy": "true" });
  const form = h("form", { class: "trial compare" }, introduction(step, step.question, t), place, asked.map(({ own, element }) => element ?? own.element), hint, h("div", { class: "actions" }, next));
  page.show(form);

  const shown_ms = performance.now();
  const buffers = await Promise.all(step.sounds.map((address) => page.sound(address)));
  const listening = new Listening(buffers.map(({ duration }) => duration), shown_ms, page.answered_ms);
  const player = new Player(sounds, buffers, listening);
  const buttons = switches(player, names, step.min_listened_fraction, { t, signal });
  place.replaceChildren(...controls(player, t, signal), buttons.element);
  place.removeAttribute("aria-busy");
  watchFocus(listening, signal);
  openWhenHeard({ step, player, listening, hint, page, asked, next, then: "trial_answer_now" });
  const [{ own: choice, changed = () => {} }] = asked;
  const counted = choice.onchange;
  choice.onchange = () => {
    changed();
    counted();
  };
  const remind = () => {
    const left = buttons.unheard();
    if (choice.disabled && left.length) hint.textContent = t("compare_listen", { sounds: left.join(", ") });
  };
  player.addEventListener("tick", remind, { signal });
  remind();

  return new Promise((resolve) => {
    const submit = () => {
      if (next.disabled) return false;
      if (!before(hint)) return true;
      player.stop();
      resolve({ answer: read(), telemetry: listening.telemetry() });
      return true;
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      submit();
    });
    bindKeys({ " ": () => player.toggle(), Enter: submit, digit: (value) => choice.choose(value), ...buttons.keys }, signal);
    signal.addEventListener("abort", () => player.stop());
    if (sounds.unlocked) player.play();
  });
}

/** A button for each sound, by its name's first letter from the keyboard; a line under it shows how much was heard. */
function switches(player, names, needed, { t, signal }) {
  const heard = (index) => player.listening.sounds[index].share;
  const isEnough = (index) => heard(index) >= Math.min(needed, 0.995);
  const hear = (index) => {
    player.select(index);
    if (player.ended) player.restart();
    else player.play();
  };
  const buttons = names.map((name, index) => h("button", { type: "button", class: "switch", onclick: () => hear(index) }, h("span", { "aria-hidden": "true" }, name)));
  const show = () => {
    for (const [index, button] of buttons.entries()) {
      button.setAttribute("aria-pressed", String(index === player.active));
      button.setAttribute("aria-label", t(isEnough(index) ? "compare_heard" : "compare_hear", { sound: names[index] }));
      button.style.setProperty("--heard", `${Math.round(100 * heard(index))}%`);
    }
  };
  for (const event of ["change", "tick"]) player.addEventListener(event, show, { signal });
  show();
  const letters = names.flatMap((name, index) => [name[0].toLowerCase(), name[0].toUpperCase()].map((key) => [key, () => hear(index)]));
  return {
    element: h("div", { class: "switches", role: "group", "aria-label": t("compare_sounds") }, buttons),
    keys: Object.fromEntries(letters),
    unheard: () => names.filter((_, index) => !isEnough(index)),
  };
}
