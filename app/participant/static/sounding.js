// What every page of sounds does alike: it fetches them, plays them, and ends with an answer.

import { controls, watchFocus } from "./controls.js";
import { h } from "./dom.js";
import { bindKeys } from "./keyboard.js";
import { Listening } from "./listening.js";
import { Player } from "./player.js";
import { waitingBar } from "./waiting.js";

/** Where the player comes, the line that says what is to be done, and the way on. */
export function soundPageParts(t) {
  const next = h("button", { type: "submit", class: "primary", disabled: true }, t("trial_next"));
  const hint = h("p", { class: "hint", role: "status" }, t("trial_loading"));
  const place = h("div", { class: "player-place", "aria-busy": "true" });
  return { next, hint, place, actions: h("div", { class: "actions" }, next) };
}

/** Fetches the sounds of the page that is shown, and puts a player of them into `place`; the last `n_optional` need not be heard. */
export async function loadPlayer(step, page, place, { n_optional = 0, loop } = {}) {
  const { sounds, t, signal } = page;
  const shown_ms = performance.now();
  place.append(waitingBar(step.sounds, page));
  const buffers = await Promise.all(step.sounds.map((address) => page.sound(address)));
  const listening = new Listening(buffers.map(({ duration }) => duration), shown_ms, page.answered_ms);
  listening.n_optional = n_optional;
  const player = new Player(sounds, buffers, listening);
  place.replaceChildren(...controls(player, t, signal, { loop }));
  place.removeAttribute("aria-busy");
  watchFocus(listening, signal);
  return player;
}

/** Calls `show` with each button and its number whenever the player moves; the sound that is heard is the pressed one. */
export function followPlayer(player, buttons, signal, show = () => {}) {
  const look = () => {
    for (const [index, button] of buttons.entries()) {
      button.setAttribute("aria-pressed", String(index === player.active));
      show(button, index);
    }
  };
  for (const event of ["change", "tick"]) player.addEventListener(event, look, { signal });
  look();
}

/**
 * Plays, and resolves to {answer, telemetry} once the page is sent on; `read()` makes the answer, and `before()` keeps
 * the page where it returns false.
 */
export function untilAnswered(form, { player, next, page, keys, read, before = () => true }) {
  const { sounds, signal } = page;
  return new Promise((resolve) => {
    const submit = () => {
      if (next.disabled) return false;
      if (!before()) return true;
      player.stop();
      resolve({ answer: read(), telemetry: player.listening.telemetry() });
      return true;
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      submit();
    });
    bindKeys({ " ": () => player.toggle(), Enter: submit, ...keys }, signal);
    signal.addEventListener("abort", () => player.stop());
    if (sounds.unlocked) player.play();
  });
}
