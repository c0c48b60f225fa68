// Level setting: the loudest sound of the study, looped, with a slider. The level chosen stays for the whole study.

import { controls } from "../controls.js";
import { h, heading, prose } from "../dom.js";
import { rememberFields } from "../draft.js";
import { bindKeys } from "../keyboard.js";
import { kinds } from "../kinds.js";
import { Listening } from "../listening.js";
import { Player } from "../player.js";
import { waitingBar } from "../waiting.js";

kinds.level = level;

/** Resolves to {answer: {level_db}, telemetry} once the sound was played. */
export async function level(step, page) {
  const { t, sounds, signal } = page;
  const slider = levelSlider(step, page);
  const done = h("button", { type: "submit", class: "primary", disabled: true }, t("level_done"));
  const hint = h("p", { class: "hint", role: "status" }, t("level_listen"));
  const place = h("div", { class: "player-place", "aria-busy": "true" });
  const form = h(
    "form",
    {},
    heading(t("level_title")),
    step.html ? prose(step.html) : h("p", {}, t("level_text")),
    place,
    h("label", { for: "level" }, t("level_slider")),
    h("div", { class: "level" }, h("span", {}, t("level_quieter")), slider, h("span", {}, t("level_louder"))),
    hint,
    h("div", { class: "actions" }, done),
  );
  page.show(form);
  rememberFields(step, form);

  place.append(waitingBar(step.sounds, page));
  const buffer = await page.sound(step.sounds[0]);
  const listening = new Listening([buffer.duration]);
  const player = new Player(sounds, [buffer], listening);
  player.setLoop(true);
  place.replaceChildren(...controls(player, t, signal, { simple: true }));
  place.removeAttribute("aria-busy");
  signal.addEventListener("abort", () => player.stop());
  const open = () => {
    done.disabled = false;
    hint.textContent = t("level_locked");
  };
  player.addEventListener("change", () => player.playing && open(), { signal });

  return new Promise((resolve) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!listening.plays) return;
      player.stop();
      resolve({ answer: { level_db: Number(slider.value) }, telemetry: listening.telemetry() });
    });
    bindKeys({ " ": () => player.toggle(), Enter: () => form.requestSubmit(done) }, signal);
  });
}

/** A slider in dB that begins low: too loud at first would be worse than too soft. */
function levelSlider({ minimum_db, maximum_db }, { t, sounds }) {
  const start_db = minimum_db + 0.4 * (maximum_db - minimum_db);
  const slider = h("input", { type: "range", id: "level", min: minimum_db, max: maximum_db, step: 0.5, value: start_db });
  const tell = () => {
    const percent = Math.round((100 * (slider.value - minimum_db)) / (maximum_db - minimum_db));
    sounds.setLevel(Number(slider.value));
    slider.style.setProperty("--done", `${percent}%`);
    slider.setAttribute("aria-valuetext", `${percent} %`);
  };
  slider.addEventListener("input", tell);
  tell();
  return slider;
}
