// The first page: what the study is, and the button that starts it (and the browser's sound).

import { h, prose } from "./dom.js";
import { foldedCodeForm } from "./elsewhere.js";

const ABOUT_THE_CODE = new Set(["invitation_needed", "invitation_wrong", "invitation_used"]);

/** Shows the welcome until `begin(invitation)` has given a session; resolves to its answer. */
export function start(page, begin) {
  const { study, t } = page;
  const code = h("input", { type: "text", id: "invitation", autocomplete: "off", autocapitalize: "characters", spellcheck: "false", required: true });
  const wrong = h("p", { class: "complaint", id: "invitation-wrong", role: "alert", hidden: true });
  const field = h("div", { class: "question-field" }, h("label", { for: "invitation" }, t("start_invitation")), code, wrong);
  const button = h("button", { type: "submit", class: "primary" }, t("start_button"));
  const facts = [
    t("start_minutes", { minutes: study.minutes }),
    t("start_quiet"),
    ...study.promises.map((key) => t(key)),
    t("start_download", { megabytes: study.download_mb }),
  ];
  const form = h(
    "form",
    {},
    h("h1", { tabindex: -1 }, study.title),
    prose(study.html),
    h("ul", { class: "facts" }, facts.map((fact) => h("li", {}, fact))),
    study.invitation_needed && field,
    h("div", { class: "actions" }, button),
  );
  page.stage.dataset.kind = "start";
  page.show(form, foldedCodeForm(page));
  code.value = new URLSearchParams(location.search).get("invitation") ?? "";

  return new Promise((resolve, reject) => {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      page.sounds.unlock();
      button.disabled = true;
      wrong.hidden = true;
      try {
        resolve(await begin(study.invitation_needed ? code.value.trim() : undefined));
      } catch (error) {
        if (!study.invitation_needed || !ABOUT_THE_CODE.has(error.code)) return reject(error);
        button.disabled = false;
        wrong.textContent = error.message;
        wrong.hidden = false;
        code.setAttribute("aria-invalid", "true");
        code.setAttribute("aria-describedby", wrong.id);
        code.focus();
      }
      return undefined;
    });
  });
}
