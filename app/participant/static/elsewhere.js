// Going on in another browser: the code that this one shows, and the form that takes one.

import { h } from "./dom.js";

const NAME = "resume";

/** The code that the page's address brings after its "#" (which no server and no other site sees), taken out of it. */
export function resumeCode() {
  const code = new URLSearchParams(location.hash.slice(1)).get(NAME);
  if (code) history.replaceState(null, "", location.pathname + location.search);
  return code ?? undefined;
}

/** A form for the code of another device; it loads the page anew with it. */
export function codeForm({ t }) {
  const code = h("input", { type: "text", id: "resume", autocomplete: "off", autocapitalize: "characters", spellcheck: "false", required: true, maxlength: 64 });
  const form = h(
    "form",
    {},
    h("div", { class: "question-field" }, h("label", { for: "resume" }, t("elsewhere_code")), code),
    h("div", { class: "actions" }, h("button", { type: "submit", class: "quiet" }, t("elsewhere_go_on"))),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    location.hash = new URLSearchParams({ [NAME]: code.value.trim() }).toString();
    location.reload();
  });
  return form;
}

/** The form, folded away until somebody needs it. */
export function foldedCodeForm(page) {
  return h("details", { class: "elsewhere" }, h("summary", {}, page.t("elsewhere_have")), codeForm(page));
}

/** A dialog with the code and the link of this session. */
export function codeDialog({ t, announce }, code) {
  const link = new URL(`#${new URLSearchParams({ [NAME]: code })}`, location.origin + location.pathname).href;
  const copy = h("button", { type: "button", class: "quiet" }, t("resume_copy"));
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(link);
    copy.textContent = t("finished_copied");
    announce(t("finished_copied"));
  });
  const close = h("button", { type: "button", class: "primary", onclick: () => dialog.close() }, t("resume_close"));
  const dialog = h(
    "dialog",
    { "aria-labelledby": "resume-title" },
    h("h2", { id: "resume-title" }, t("resume_title")),
    h("p", {}, t("resume_text")),
    h("div", { class: "code" }, h("code", {}, code)),
    h("p", { class: "soft" }, h("a", { href: link, onclick: (event) => event.preventDefault() }, link)),
    // Over plain HTTP a browser has no clipboard.
    h("div", { class: "actions" }, navigator.clipboard && copy, close),
  );
  return dialog;
}
