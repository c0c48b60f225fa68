// Comments: free text at the end.

import { ask } from "../ask.js";
import { h, heading, limited, prose } from "../dom.js";
import { rememberFields } from "../draft.js";
import { kinds } from "../kinds.js";

kinds.comments = comments;

function comments(step, page) {
  const { t } = page;
  const text = h("textarea", { id: "comments", rows: 5, dir: "auto", maxlength: step.max_length });
  const label = h("label", { for: "comments" }, t("comments_label"));
  const sent = ask(page, t("comments_send"), [heading(t("comments_title")), prose(step.html), label, limited(text, t)], () => ({ text: text.value.trim() }));
  rememberFields(step, text.form);
  return sent;
}
