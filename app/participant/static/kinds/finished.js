// The end: thanks, the completion code, the way back. Nothing more is asked.

import { h, heading, icon, prose } from "../dom.js";
import { kinds } from "../kinds.js";

kinds.finished = finished;

/** The end: nothing more is asked, so the promise never resolves. */
function finished(step, page) {
  const { t } = page;
  const completed = step.outcome === "completed";
  const how = step.quota_full ? "quota" : step.outcome;
  const text = step.html ? prose(step.html) : h("p", {}, t(`finished_${how}_text`));
  const parts = [completed && h("div", { class: "mark" }, icon("check")), heading(t(`finished_${how}_title`)), text];
  if (step.code) parts.push(completionCode(step.code, page));
  if (step.redirect) parts.push(h("div", { class: "actions" }, h("a", { class: "primary", href: step.redirect }, t("finished_back"))));
  if (step.may_start_again) parts.push(again(step, page));
  if (step.receipt) parts.push(receipt(step.receipt, page));
  page.show(h("div", { class: "finished" }, parts));
  return new Promise(() => {});
}

/** The way to another session in this browser; a shared computer takes it by itself after a while. */
function again({ outcome, forget_after_s }, page) {
  const isShared = forget_after_s !== null;
  // The address may carry the id of whoever has finished; who declined keeps theirs.
  const leave = () => page.onleave(outcome === "declined" && !isShared ? location.search : "");
  if (isShared) {
    const timer = setTimeout(leave, 1000 * forget_after_s);
    page.signal.addEventListener("abort", () => clearTimeout(timer));
  }
  const words = page.t(isShared ? "finished_another" : "finished_reconsider");
  return h("div", { class: "actions" }, h("button", { type: "button", class: "quiet", onclick: leave }, words));
}

/** The number by which the participant can find the answers again in the exported data, folded away. */
function receipt(number, { t }) {
  return h("details", { class: "receipt" }, h("summary", {}, t("finished_receipt")), h("p", {}, t("finished_receipt_text")), h("samp", {}, number));
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
