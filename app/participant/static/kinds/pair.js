// A and B, and the reference where there is one: which is more so, or which is preferred, and how clearly?

import { compare } from "../comparing.js";
import { h } from "../dom.js";
import { kinds } from "../kinds.js";
import { control } from "../questions.js";

kinds.pair = pair;

/** Resolves to {answer: {choice, strength}, telemetry}. */
export async function pair(step, page) {
  const { t } = page;
  const sides = [
    { value: "a", label: "A" },
    { value: "b", label: "B" },
  ];
  if (step.no_difference) sides.push({ value: "same", label: t("pair_same") });
  const choice = { question: { type: "choice", name: "choice", text: step.question, options: sides, required: true } };
  choice.own = control(choice.question, { t, id: 0 });
  const asked = [choice];
  const strength = step.strengths && strengthOf(step.strengths, t);
  if (strength) {
    asked.push(strength);
    choice.changed = () => strength.follow(choice.own.value);
  }
  const names = ["A", "B", t("pair_reference")].slice(0, step.sounds.length);
  const read = () => ({ choice: choice.own.value, ...(strength && choice.own.value !== "same" && { strength: strength.own.value }) });
  return compare(step, page, { names, asked, read });
}

/** How clearly: asked for where a side was chosen. */
function strengthOf(n, t) {
  const degrees = Array.from({ length: n }, (_, index) => index + 1);
  const labels = Object.fromEntries(degrees.map((degree) => [degree, t(`pair_strength_${degree}`)]));
  const question = { type: "scale", name: "strength", text: t("pair_strength"), low: 1, high: n, labels, required: true };
  const own = control(question, { t, id: 1 });
  const element = h("div", { class: "question-field" }, h("h2", { class: "question" }, question.text), own.element);
  return {
    question,
    own,
    element,
    follow(choice) {
      question.required = choice !== "same";
      element.hidden = choice === "same";
    },
  };
}
