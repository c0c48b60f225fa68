// The steps around the trials. Each shows itself and resolves to the body that its answer is sent as.

import { h, heading, icon, prose } from "./dom.js";
import { rememberFields } from "./draft.js";
import { headphones } from "./headphones.js";
import { bindKeys } from "./keyboard.js";
import { level } from "./level.js";
import { questionnaire } from "./questionnaire.js";
import { clock } from "./texts.js";
import { trial } from "./trial.js";

/** By a step's kind: (step, page) => promise of {answer, telemetry}. */
export const steps = { consent, questionnaire, headphones, level, instructions, practice: trial, trial, break: rest, comments, finished };

/** Shows a form whose button, or Enter, sends `read()`; null from it keeps the form open. */
function ask(page, label, parts, read, more = null) {
  const send = h("button", { type: "submit", class: "primary" }, label);
  const form = h("form", {}, parts, h("div", { class: "actions" }, more, send));
  page.show(form);
  bindKeys({ Enter: () => form.requestSubmit() }, page.signal);
  return new Promise((resolve) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const answer = read();
      if (answer !== null) resolve({ answer });
    });
    more?.addEventListener("click", () => resolve({ answer: { agreed: false } }));
  });
}

function consent(step, page) {
  const { t } = page;
  const items = step.items.length ? step.items : [t("consent_agree")];
  const boxes = items.map((item) => h("label", { class: "choice" }, h("input", { type: "checkbox", class: "choice-mark", required: true }), h("span", {}, item)));
  const decline = h("button", { type: "button", class: "quiet" }, t("consent_decline"));
  const words = prose(step.html);
  return ask(page, t("consent_begin"), [heading(t("consent_title"), words), words, boxes], () => ({ agreed: true }), decline);
}

function instructions(step, page) {
  const { t } = page;
  const names = [
    [t("key_space"), t("keys_space")],
    ["1 – 7", t("keys_digits")],
    [t("key_enter"), t("keys_enter")],
  ];
  const keys = h("dl", { class: "keys" }, names.map(([key, text]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, text))));
  const words = prose(step.html);
  return ask(page, t("instructions_begin"), [heading(t("instructions_title"), words), words, h("h2", {}, t("keys_title")), keys], () => ({}));
}

function comments(step, page) {
  const { t } = page;
  const text = h("textarea", { id: "comments", rows: 5, maxlength: step.max_length });
  const label = h("label", { for: "comments" }, t("comments_label"));
  const sent = ask(page, t("comments_send"), [heading(t("comments_title")), prose(step.html), label, text], () => ({ text: text.value.trim() }));
  rememberFields(step, text.form);
  return sent;
}

/** A break: its shortest length is counted down, then it lasts as long as the participant likes. */
function rest(step, page) {
  const { t, signal } = page;
  const end_ms = performance.now() + 1000 * step.remaining_s;
  const left_s = () => Math.max(0, Math.ceil((end_ms - performance.now()) / 1000));
  const count = h("p", { class: "countdown", role: "timer", "aria-live": "off" });
  const next = step.next && h("p", { class: "next" }, t("break_next", { descriptor: step.next.descriptor }), " ", h("span", {}, step.next.definition));
  const text = step.html ? prose(step.html) : h("p", {}, t("break_text", { minutes: Math.max(1, Math.round(step.suggested_s / 60)) }));
  const sent = ask(page, t("break_go_on"), [heading(t("break_title")), text, count, next].filter(Boolean), () => (left_s() > 0 ? null : {}));
  const button = page.stage.querySelector("button.primary");
  const tick = () => {
    button.disabled = left_s() > 0;
    count.textContent = left_s() > 0 ? t("break_wait", { time: clock(left_s()) }) : t("break_ready");
    if (left_s() > 0) return;
    clearInterval(timer);
    page.announce(t("break_ready"));
  };
  const timer = setInterval(tick, 250);
  signal.addEventListener("abort", () => clearInterval(timer));
  tick();
  return sent;
}

/** The end: nothing more is asked, so the promise never resolves. */
function finished(step, page) {
  const { t } = page;
  const completed = step.outcome === "completed";
  const text = step.html ? prose(step.html) : h("p", {}, t(`finished_${step.outcome}_text`));
  const parts = [completed && h("div", { class: "mark" }, icon("check")), heading(t(`finished_${step.outcome}_title`)), text];
  if (step.code) parts.push(completionCode(step.code, page));
  if (step.redirect) parts.push(h("div", { class: "actions" }, h("a", { class: "primary", href: step.redirect }, t("finished_back"))));
  page.show(h("div", { class: "finished" }, parts));
  return new Promise(() => {});
}

function completionCode(code, page) {
  const { t } = page;
  const shown = h("code", {}, code);
  const copy = h("button", { type: "button", class: "quiet" }, t("finished_copy"));
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code);
    } catch {
      getSelection().selectAllChildren(shown); // not allowed here: selected, for the browser's own copying
      return;
    }
    copy.textContent = t("finished_copied");
    page.announce(t("finished_copied"));
  });
  // Over plain HTTP a browser has no clipboard.
  return h("div", { class: "code" }, h("span", {}, t("finished_code")), shown, navigator.clipboard && copy);
}
