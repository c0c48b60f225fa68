// One sound, one question or several. Nothing is preset, and the questions open once the sound was heard.

import { controls, watchFocus } from "../controls.js";
import { h } from "../dom.js";
import { bindKeys } from "../keyboard.js";
import { kinds } from "../kinds.js";
import { Listening } from "../listening.js";
import { Player } from "../player.js";
import { control } from "../questions.js";

kinds.trial = trial;

/** Shows the trial and resolves to its answer, `{answer: {rating, answers}, telemetry}`. */
export async function trial(step, page) {
  const { sounds, t, signal } = page;
  const asked = step.questions.map((question, index) => ({ question, own: control(question, { t, id: index }) }));
  const next = h("button", { type: "submit", class: "primary", disabled: true }, t("trial_next"));
  const hint = h("p", { class: "hint", role: "status" }, t("trial_loading"));
  const place = h("div", { class: "player-place", "aria-busy": "true" });
  const [first, ...others] = asked;
  const more = others.map(({ question, own }) => h("div", { class: "question-field" }, h("h2", { class: "question" }, question.text), own.element));
  const form = h("form", { class: "trial" }, introduction(step, first.question.text, t), place, first.own.element, more, hint, h("div", { class: "actions" }, next));
  page.show(form);

  const shown_ms = performance.now();
  const buffers = await Promise.all(step.sounds.map((address) => page.sound(address)));
  const listening = new Listening(buffers.map(({ duration }) => duration), shown_ms, page.answered_ms);
  listening.n_optional = step.has_reference ? 1 : 0;
  const player = new Player(sounds, buffers, listening);
  place.replaceChildren(...controls(player, t, signal), step.has_reference ? comparison(player, page) : "");
  place.removeAttribute("aria-busy");
  watchFocus(listening, signal);
  openWhenHeard({ step, player, listening, hint, page, asked, next });

  return new Promise((resolve) => {
    const submit = () => {
      if (next.disabled) return false;
      player.stop();
      resolve({ answer: answerOf(asked), telemetry: listening.telemetry() });
      return true;
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      submit();
    });
    bindKeys({ " ": () => player.toggle(), Enter: submit, digit: (value) => first.own.choose(value) }, signal);
    signal.addEventListener("abort", () => player.stop());
    if (sounds.unlocked) player.play();
  });
}

/** Opens the questions once enough was heard, and the way on once all that must be answered is. */
export function openWhenHeard({ step, player, listening, hint, page, asked, next, keep = () => {}, then = null }) {
  const { t, signal } = page;
  const [first] = asked;
  const several = listening.sounds.length - listening.n_optional > 1;
  let isOpen = false; // once: what a step closes again after that, such as an answer that was judged, stays closed
  const look = () => {
    next.disabled = first.own.disabled || asked.some(({ question, own: { value } }) => question.required && value === null);
    if (!next.disabled) hint.textContent = t("trial_confirm");
  };
  const open = () => {
    if (isOpen || listening.share < Math.min(step.min_listened_fraction, 0.995)) return;
    isOpen = true;
    listening.unlock();
    for (const { own } of asked) own.disabled = false;
    hint.textContent = t(then ?? (several ? "multi_rate_now" : first.question.type === "scale" ? "trial_rate_now" : "trial_answer_now"));
    look();
  };
  hint.textContent = t(several ? "trial_listen_each" : step.min_listened_fraction >= 1 ? "trial_listen_first" : "trial_listen_some");
  const answered = new Set(asked.filter(({ own: { value } }) => value !== null));
  for (const each of asked) {
    each.own.onchange = () => {
      if (answered.has(each)) listening.rating_changes += 1;
      answered.add(each);
      keep();
      look();
    };
  }
  open();
  player.addEventListener("tick", open, { signal });
}

/** Two buttons that switch in place between the sound, which is rated, and the reference. */
function comparison(player, { t, signal }) {
  const buttons = [t("trial_this"), t("multi_reference")].map((name, index) => {
    const hear = () => {
      player.select(index);
      player.play();
    };
    return h("button", { type: "button", class: "sound", onclick: hear }, name);
  });
  const show = () => buttons.forEach((button, index) => button.setAttribute("aria-pressed", String(player.active === index)));
  player.addEventListener("change", show, { signal });
  show();
  return h("div", { class: "comparison" }, buttons);
}

/** A number that is asked for first is the rating; all else goes by the names of the questions. */
function answerOf(asked) {
  const given = asked.filter(({ own }) => own.value !== null).map(({ question, own }) => [question.name, own.value]);
  const isRated = "low" in asked[0].question;
  const answers = Object.fromEntries(isRated ? given.slice(1) : given);
  return { ...(isRated && { rating: asked[0].own.value }), ...(Object.keys(answers).length && { answers }) };
}

export function introduction(step, asked, t) {
  return [
    step.is_practice && h("p", { class: "tag" }, t("trial_practice")),
    step.counts_from_here && h("p", { class: "tag", id: "counts" }, t("trial_counts")),
    // The focus comes here, and with it a screen reader says what else is to be known.
    h("h1", { tabindex: -1, "aria-describedby": "counts notice" }, asked),
    step.definition && h("p", { class: "definition" }, step.definition),
    step.notice && h("p", { class: "notice", id: "notice" }, step.notice),
  ];
}
