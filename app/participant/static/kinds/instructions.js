// Instructions, and the keys that a trial knows.

import { ask } from "../ask.js";
import { h, heading, prose } from "../dom.js";
import { kinds } from "../kinds.js";

kinds.instructions = instructions;

function instructions(step, page) {
  const { t } = page;
  const names = [
    [t("key_space"), t("keys_space")],
    ...(step.scale ? [[`${step.scale.low} – ${step.scale.high}`, t("keys_digits")]] : []),
    ...step.keys,
    [t("key_enter"), t("keys_enter")],
  ];
  const keys = h("dl", { class: "keys" }, names.map(([key, text]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, text))));
  const words = prose(step.html);
  return ask(page, t("instructions_begin"), [heading(t("instructions_title"), words), words, h("h2", {}, t("keys_title")), keys], () => ({}));
}
