// Two sounds of a clip, and a third where there is one: switched between in place, and one question about them.

import { h } from "./dom.js";
import { introduction, openWhenHeard } from "./kinds/trial.js";
import { followPlayer, loadPlayer, soundPageParts, untilAnswered } from "./sounding.js";

/**
 * Shows the sounds under `names` and what is asked of them, and resolves to {answer, telemetry}.
 * `asked` holds questions with their controls, the choice first; `read()` makes the answer of them; `before(hint)` is
 * called when the answer is given and keeps the page where it returns false.
 */
export async function compare(step, page, { names, asked, read, before = () => true }) {
  const { t, signal } = page;
  const { next, hint, place, actions } = soundPageParts(t);
  const form = h("form", { class: "trial compare" }, introduction(step, step.question, t), place, asked.map(({ own, element }) => element ?? own.element), hint, actions);
  page.show(form);

  const player = await loadPlayer(step, page, place);
  const buttons = switches(player, names, step.min_listened_fraction, { t, signal });
  place.append(buttons.element);
  openWhenHeard({ step, player, hint, page, asked, next, then: "trial_answer_now" });
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

  const keys = { digit: (value) => choice.choose(value), ...buttons.keys };
  return untilAnswered(form, { player, next, page, keys, read, before: () => before(hint) });
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
  followPlayer(player, buttons, signal, (button, index) => {
    button.setAttribute("aria-label", t(isEnough(index) ? "compare_heard" : "compare_hear", { sound: names[index] }));
    button.style.setProperty("--heard", `${Math.round(100 * heard(index))}%`);
  });
  const letters = names.flatMap((name, index) => [name[0].toLowerCase(), name[0].toUpperCase()].map((key) => [key, () => hear(index)]));
  return {
    element: h("div", { class: "switches", role: "group", "aria-label": t("compare_sounds") }, buttons),
    keys: Object.fromEntries(letters),
    unheard: () => names.filter((_, index) => !isEnough(index)),
  };
}
