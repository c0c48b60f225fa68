// The form that most steps are: a heading, some text or fields, and a button that sends.

import { h } from "./dom.js";
import { bindKeys } from "./keyboard.js";

/** Shows a form whose button, or Enter, sends `read()`; null from it keeps the form open. */
export function ask(page, label, parts, read, more = null) {
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
