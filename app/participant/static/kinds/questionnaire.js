// The study's own questions, as the study file lists them.

import { h, heading, prose } from "../dom.js";
import { rememberFields } from "../draft.js";
import { bindKeys } from "../keyboard.js";
import { kinds } from "../kinds.js";

kinds.questionnaire = questionnaire;

/** Shows `step.questions`; resolves to {answer: {answers: {id: value}}}. What is left empty is left out. */
export function questionnaire(step, page) {
  const { t } = page;
  const fields = step.questions.map((question) => (question.options?.length ? choice(question, t) : entry(question, t)));
  const send = h("button", { type: "submit", class: "primary" }, t("questionnaire_next"));
  const parts = fields.map(({ element }) => element);
  const words = prose(step.html);
  const form = h("form", { class: "questionnaire" }, heading(t("questionnaire_title"), words), words, parts, h("div", { class: "actions" }, send));
  page.show(form);
  rememberFields(step, form);
  const ask = () => askWhereItApplies(step.questions, fields);
  form.addEventListener("input", ask);
  ask();
  // From anywhere on the page: the browser says which answer is missing, and goes there.
  bindKeys({ Enter: () => form.requestSubmit(send) }, page.signal);
  return new Promise((resolve) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const given = fields.filter(({ element }) => !element.hidden).map(({ id, read }) => [id, read()]).filter(([, value]) => value !== null);
      resolve({ answer: { answers: Object.fromEntries(given) } });
    });
  });
}

/** Shows each question whose `asked_if` earlier answers fulfil, and hides all others: they need no answer and give none. */
function askWhereItApplies(questions, fields) {
  const given = {};
  for (const [index, { id, asked_if }] of questions.entries()) {
    const { element, read } = fields[index];
    const fits = ([name, values]) => [given[name] ?? []].flat().some((value) => values.includes(value));
    element.hidden = !Object.entries(asked_if).every(fits);
    for (const input of element.querySelectorAll("input")) input.disabled = element.hidden;
    given[id] = element.hidden ? null : read();
  }
}

function caption({ label, required }, t) {
  return required ? [label] : [label, " ", h("span", { class: "optional" }, t("questionnaire_optional"))];
}

/** One of some options, or (type "choices") any number of them. */
function choice(question, t) {
  const { id, options, type, required } = question;
  const several = type === "choices";
  const boxes = options.map(({ value }) => h("input", { type: several ? "checkbox" : "radio", class: "choice-mark", name: id, value, required: required && !several }));
  const labels = options.map(({ label }, index) => h("label", { class: "choice" }, boxes[index], h("span", {}, label)));
  if (several && required) atLeastOne(boxes, t("questionnaire_choose"));
  const read = () => {
    const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
    if (chosen.length === 0) return null;
    return several ? chosen : chosen[0];
  };
  return { id, read, element: h("fieldset", { class: "question-field" }, h("legend", {}, caption(question, t)), labels) };
}

/** HTML has no "at least one of these": the first box carries the browser's own message until one is ticked. */
function atLeastOne(boxes, message) {
  const check = () => boxes[0].setCustomValidity(boxes.some((box) => box.checked) ? "" : message);
  for (const box of boxes) box.addEventListener("change", check);
  check();
}

function entry(question, t) {
  const { id, type, required, max_length, minimum, maximum } = question;
  const limits = type === "number" ? { type, min: minimum, max: maximum, step: "any", inputmode: "decimal" } : { type: "text", dir: "auto", maxlength: max_length };
  const input = h("input", { ...limits, id: `question-${id}`, required, autocomplete: "off" });
  const read = () => {
    const text = input.value.trim();
    if (text === "") return null;
    return type === "number" ? Number(text) : text;
  };
  return { id, read, element: h("div", { class: "question-field" }, h("label", { for: input.id }, caption(question, t)), input) };
}
