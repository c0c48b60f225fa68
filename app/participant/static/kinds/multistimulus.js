// All conditions of a clip on one page: they play in step, one is heard at a time, and each has its questions.

import { h } from "../dom.js";
import { draft } from "../draft.js";
import { kinds } from "../kinds.js";
import { control } from "../questions.js";
import { followPlayer, loadPlayer, soundPageParts, untilAnswered } from "../sounding.js";
import { introduction, openWhenHeard } from "./trial.js";

kinds.multistimulus = multistimulus;

/** Shows the page and resolves to its answer, `{answer: {answers: [{name: value}, ...]}, telemetry}`. */
async function multistimulus(step, page) {
  const { t } = page;
  const names = namesOf(step, t);
  const asked = questionsOf(step, names, t);
  const switches = names.map((name) => h("button", { type: "button", class: "sound", "aria-pressed": "false", disabled: true }, name));
  const { next, hint, place, actions } = soundPageParts(t);
  const form = h("form", { class: "multistimulus" }, introduction(step, step.questions[0].text, t), h("p", { class: "hint" }, t("multi_instruction")), place);
  form.append(...board(step, names, switches, asked), hint, actions);
  page.show(form);

  const player = await loadPlayer(step, page, place, { loop: step.loop });
  const hear = (index) => {
    if (!switches[index]) return false;
    player.select(index);
    player.play();
    return true;
  };
  bindSwitches(switches, { step, names, player, hear, page });
  for (const [index, value] of (draft.of(step.id) ?? []).entries()) if (value !== null) asked[index].own.set(value);
  const keep = () => draft.keep(step.id, asked.map(({ own }) => own.value));
  openWhenHeard({ step, player, hint, page, asked, next, keep });
  const keys = Object.fromEntries(switches.flatMap((_, index) => keysOf(step, index).map((key) => [key, () => hear(index)])));
  return untilAnswered(form, { player, next, page, keys, read: () => ({ answers: answersOf(step, asked) }) });
}

/** "Reference", where there is one, then "A", "B" ... */
function namesOf({ sounds, has_reference }, t) {
  const letters = sounds.slice(has_reference ? 1 : 0).map((_, index) => letter(index));
  return has_reference ? [t("multi_reference"), ...letters] : letters;
}

function letter(index) {
  return String.fromCharCode(65 + index);
}

/** A sound's key is its letter; the reference's is R, which no twelve signals reach. */
function keysOf({ has_reference }, index) {
  const key = has_reference && index === 0 ? "R" : letter(index - (has_reference ? 1 : 0));
  return [key, key.toLowerCase()];
}

/** One control for each question about each signal: `{question, own, sound}`. */
function questionsOf(step, names, t) {
  const first = step.has_reference ? 1 : 0;
  return names.slice(first).flatMap((name, index) =>
    step.questions.map((question) => {
      const own = control(question, { t, id: index, about: t("multi_sound", { letter: name }) });
      return { question, own, sound: first + index, index };
    }),
  );
}

/** The reference, then a row for each signal: its switch and its controls; a question that is not the first is written out. */
function board(step, names, switches, asked) {
  const rows = names.map((_, sound) => {
    const own = asked.filter((each) => each.sound === sound);
    const parts = own.map(({ question, own: { element } }, index) => [index > 0 && h("p", { class: "also" }, question.text), element]);
    return h("div", { class: own.length ? "signal" : "signal reference" }, switches[sound], h("div", { class: "asked" }, parts));
  });
  return [h("div", { class: "board" }, rows)];
}

/** Keeps the switches in step with the player: which one is heard, and which were heard enough. */
function bindSwitches(switches, { step, names, player, hear, page }) {
  const { t, signal } = page;
  const called = names.map((name, index) => (step.has_reference && index === 0 ? name : t("multi_sound", { letter: name })));
  const needed = Math.min(step.min_listened_fraction, 0.995);
  for (const [index, button] of switches.entries()) {
    button.disabled = false;
    button.addEventListener("click", () => hear(index), { signal });
  }
  followPlayer(player, switches, signal, (button, index) => {
    const { share } = player.listening.sounds[index];
    button.setAttribute("aria-label", share >= needed ? `${called[index]}, ${t("multi_heard")}` : called[index]);
    button.style.setProperty("--heard", needed ? Math.min(1, share / needed) : 1);
  });
}

function answersOf(step, asked) {
  const answers = step.sounds.slice(step.has_reference ? 1 : 0).map(() => ({}));
  for (const { question, own, index } of asked) if (own.value !== null) answers[index][question.name] = own.value;
  return answers;
}
