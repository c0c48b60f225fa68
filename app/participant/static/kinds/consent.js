// Consent: the text, and every item to be ticked before one can go on.

import { ask } from "../ask.js";
import { h, heading, prose } from "../dom.js";
import { kinds } from "../kinds.js";

kinds.consent = consent;

function consent(step, page) {
  const { t } = page;
  const items = step.items.length ? step.items : [t("consent_agree")];
  const boxes = items.map((item) => h("label", { class: "choice" }, h("input", { type: "checkbox", class: "choice-mark", required: true }), h("span", {}, item)));
  const decline = h("button", { type: "button", class: "quiet" }, t("consent_decline"));
  const words = prose(step.html);
  return ask(page, t("consent_begin"), [heading(t("consent_title"), words), words, boxes], () => ({ agreed: true }), decline);
}
