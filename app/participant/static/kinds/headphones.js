// Headphone screening: each sound has three parts; which one is different? Each plays once, and nothing is marked right
// or wrong in between.

import { muteNotice } from "../controls.js";
import { h, heading, prose } from "../dom.js";
import { draft } from "../draft.js";
import { bindKeys } from "../keyboard.js";
import { kinds } from "../kinds.js";
import { Listening } from "../listening.js";
import { Player } from "../player.js";
import { waitingBar } from "../waiting.js";

kinds.headphones = headphones;

/** All trials of the screening; resolves to {answer: {choices}, telemetry}. */
export async function headphones(step, page) {
  const { t } = page;
  const view = screen(step, page);
  page.show(view.parts);
  const { choices, rt_start_ms } = draft.of(step.id) ?? { choices: [], rt_start_ms: [] };
  while (choices.length < step.sounds.length) {
    view.count.textContent = t("headphones_count", { number: choices.length + 1, of: step.sounds.length });
    view.hint.textContent = t("trial_loading");
    const address = step.sounds[choices.length];
    view.notices.replaceChildren(waitingBar([address], page));
    const buffer = await page.sound(address);
    const listening = new Listening([buffer.duration]);
    choices.push(await oneTrial(view, new Player(page.sounds, [buffer], listening), page));
    rt_start_ms.push(listening.telemetry().rt_start_ms);
    draft.keep(step.id, { choices, rt_start_ms });
  }
  return { answer: { choices }, telemetry: { rt_start_ms: rt_start_ms.reduce((sum, ms) => sum + ms, 0) } };
}

function screen(step, { t }) {
  const question = t(`headphones_${step.test}`);
  const count = h("p", { class: "tag" });
  const play = h("button", { type: "button", class: "primary", disabled: true }, t("headphones_play"));
  const hint = h("p", { class: "hint", role: "status" });
  const notices = h("div", {});
  const choices = Array.from({ length: step.intervals }, (_, index) =>
    h("button", { type: "button", class: "choice-button", disabled: true }, t("headphones_part", { number: index + 1 })),
  );
  const group = h("div", { class: "choices", role: "group", "aria-label": question }, choices);
  const parts = [
    count,
    heading(t("headphones_title")),
    step.failed_before && h("p", { class: "notice" }, t("headphones_again")),
    step.html ? prose(step.html) : h("p", { class: "question" }, question),
    h("p", {}, t("headphones_text")),
    h("div", { class: "actions start" }, play),
    h("div", {}, hint, notices),
    group,
  ];
  return { parts, count, play, hint, notices, choices };
}

/** Plays one sound once (again where it broke off) and resolves to the number of the part chosen. */
function oneTrial(view, player, page) {
  const { t } = page;
  const trial = new AbortController();
  const signal = AbortSignal.any([trial.signal, page.signal]);
  const { play, hint, choices, notices } = view;
  notices.replaceChildren(muteNotice(player, t, signal));
  play.disabled = false;
  hint.textContent = t("headphones_press");
  play.focus({ preventScroll: true });
  signal.addEventListener("abort", () => player.stop());
  const onChange = () => {
    const waiting = !player.playing && !player.ended;
    play.disabled = !waiting;
    hint.textContent = t(waiting ? "headphones_press" : player.playing ? "headphones_listen" : "headphones_choose");
    for (const button of choices) button.disabled = !player.ended;
    if (player.ended) choices[0].focus({ preventScroll: true });
  };
  player.addEventListener("change", onChange, { signal });

  return new Promise((resolve) => {
    const choose = (number) => {
      if (!player.ended || number < 1 || number > choices.length) return false;
      for (const button of choices) button.disabled = true;
      trial.abort();
      resolve(number);
      return true;
    };
    const start = () => {
      if (play.disabled) return false;
      player.restart();
      return true;
    };
    play.addEventListener("click", start, { signal });
    choices.forEach((button, index) => button.addEventListener("click", () => choose(index + 1), { signal }));
    bindKeys({ " ": start, digit: choose }, signal);
  });
}
