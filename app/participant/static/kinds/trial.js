// One sound, one question or several. Nothing is preset, and the questions open once the sound was heard.

import { h } from "../dom.js";
import { kinds } from "../kinds.js";
import { control } from "../questions.js";
import { followPlayer, loadPlayer, soundPageParts, untilAnswered } from "../sounding.js";

kinds.trial = trial;

/** Shows the trial and resolves to its answer, `{answer: {rating, answers}, telemetry}`. */
export async function trial(step, page) {
  const { t } = page;
  const asked = step.questions.map((question, index) => ({ question, own: control(question, { t, id: index }) }));
  const { next, hint, place, actions } = soundPageParts(t);
  const [first, ...others] = asked;
  const more = others.map(({ question, own }) => h("div", { class: "question-field" }, h("h2", { class: "question" }, question.text), own.element));
  const form = h("form", { class: "trial" }, introduction(step, first.question.text, t), place, first.own.element, more, hint, actions);
  page.show(form);

  const player = await loadPlayer(step, page, place, { n_optional: step.has_reference ? 1 : 0 });
  if (step.has_reference) place.append(comparison(player, page, step.names));
  openWhenHeard({ step, player, hint, page, asked, next });
  return untilAnswered(form, { player, next, page, keys: { digit: (value) => first.own.choose(value) }, read: () => answerOf(asked) });
}

/** Opens the questions once enough was heard, and the way on once all that must be answered is. */
export function openWhenHeard({ step, player, hint, page, asked, next, keep = () => {}, then = null }) {
  const { t, signal } = page;
  const { listening } = player;
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
    hint.textContent = t(then ?? step.rate_now ?? (several ? "multi_rate_now" : first.question.type === "scale" ? "trial_rate_now" : "trial_answer_now"));
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
function comparison(player, { t, signal }, names = [t("trial_this"), t("multi_reference")]) {
  const buttons = names.map((name, index) => {
    const hear = () => {
      player.select(index);
      player.play();
    };
    return h("button", { type: "button", class: "sound", onclick: hear }, name);
  });
  followPlayer(player, buttons, signal);
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
    step.above,
    step.is_practice && h("p", { class: "tag" }, t("trial_practice")),
    step.counts_from_here && h("p", { class: "tag", id: "counts" }, t("trial_counts")),
    // The focus comes here, and with it a screen reader says what else is to be known.
    h("h1", { tabindex: -1, "aria-describedby": "counts notice" }, asked),
    step.definition && h("p", { class: "definition" }, step.definition),
    step.notice && h("p", { class: "notice", id: "notice" }, step.notice),
  ];
}
