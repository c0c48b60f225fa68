// Tables and lists of facts.

import { h } from "./dom.js";

export const cell = (value) => h("td", {}, String(value));

/** A table with column headings that scrolls sideways where it must. */
export function table(head, rows) {
  const headings = h("tr", {}, head.map((words) => h("th", { scope: "col" }, words)));
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": head[0] }, h("table", {}, h("thead", {}, headings), h("tbody", {}, rows)));
}

/** Names and values side by side. */
export function facts(pairs) {
  return h("dl", { class: "facts" }, pairs.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, String(value)))));
}
