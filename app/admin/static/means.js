// Mean ratings with 95 % confidence intervals, as a plot and as a table.

import { h, s } from "./dom.js";
import { cell, table } from "./tables.js";

const [WIDTH, ROW, LEFT, RIGHT, TOP, BOTTOM] = [640, 26, 150, 20, 8, 26];

/** @param {Array} cells one per descriptor and condition: n, mean, ci_low, ci_high; @param {number[]} scale its ends */
export function means(cells, [low, high]) {
  const x = (rating) => LEFT + ((WIDTH - LEFT - RIGHT) * (Math.min(high, Math.max(low, rating)) - low)) / (high - low);
  const height = TOP + BOTTOM + ROW * cells.length;
  const svg = s("svg", { viewBox: `0 0 ${WIDTH} ${height}`, class: "means", role: "img", "aria-label": "Mean rating and 95 % confidence interval per descriptor and condition" });
  for (let rating = low; rating <= high; rating++) {
    svg.append(s("line", { x1: x(rating), x2: x(rating), y1: TOP, y2: height - BOTTOM, class: "grid" }));
    svg.append(s("text", { x: x(rating), y: height - 8, "text-anchor": "middle" }, String(rating)));
  }
  cells.forEach((one, i) => {
    const y = TOP + ROW * (i + 0.5);
    svg.append(s("text", { x: LEFT - 10, y: y + 4, "text-anchor": "end" }, `${one.descriptor} · ${one.condition}`));
    if (one.ci_low !== null) svg.append(s("line", { x1: x(one.ci_low), x2: x(one.ci_high), y1: y, y2: y, class: `interval ${one.condition}` }));
    if (one.mean !== null) svg.append(s("circle", { cx: x(one.mean), cy: y, r: 5, class: `point ${one.condition}` }));
  });
  const number = (value) => (value === null ? "–" : value.toFixed(2));
  const rows = cells.map((one) => h("tr", {}, cell(one.descriptor), cell(one.condition), cell(one.n), cell(number(one.mean)), cell(number(one.sd)), cell(`${number(one.ci_low)} to ${number(one.ci_high)}`)));
  return h("div", { class: "part" }, svg, table(["Descriptor", "Condition", "Participants", "Mean", "SD", "95 % CI"], rows));
}
