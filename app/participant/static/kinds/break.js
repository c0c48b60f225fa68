// A break: its shortest length is counted down, then it lasts as long as the participant likes.

import { ask } from "../ask.js";
import { h, heading, prose } from "../dom.js";
import { kinds } from "../kinds.js";
import { clock } from "../texts.js";

kinds.break = rest;

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
