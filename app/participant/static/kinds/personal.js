// Waits, with a bar, until the sounds that are made for this participant are there; shows nothing where they are already.

import { api } from "../api.js";
import { h, heading } from "../dom.js";
import { kinds } from "../kinds.js";
import { untilReached } from "../outbox.js";

const EVERY_MS = 500;

kinds.personal = personal;

async function personal(step, page) {
  const ask = () => untilReached(() => api.made(), (state) => page.tell(state));
  let { ready, total } = await ask();
  if (ready >= total) return { answer: {} };
  const { t, signal } = page;
  const bar = h("progress", { max: total, value: ready, "aria-label": t("personal_progress") });
  page.show(h("div", {}, heading(t("personal_title")), h("p", {}, t("personal_text")), bar));
  while (ready < total && !signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    ({ ready, total } = await ask());
    bar.value = ready;
  }
  return { answer: {} };
}
