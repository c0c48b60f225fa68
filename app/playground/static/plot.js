// The EQ curves over the clip's spectrum, before and after, as one SVG that is redrawn while the slider moves.

import { s } from "./dom.js";

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [720, 300, 40, 26, 10];
const RANGE_DB = 15;
const SPECTRUM_RANGE_DB = 60;
const [LOW_HZ, HIGH_HZ] = [20, 20000];

const x = (hz) => LEFT + ((WIDTH - LEFT) * Math.log(hz / LOW_HZ)) / Math.log(HIGH_HZ / LOW_HZ);
const y = (db) => TOP + ((HEIGHT - TOP - BOTTOM) * (RANGE_DB - Math.max(-RANGE_DB, Math.min(RANGE_DB, db)))) / (2 * RANGE_DB);
const spectrumY = (db) => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * Math.max(0, Math.min(1.15, 1 + db / SPECTRUM_RANGE_DB)) / 1.15;
const line = (points) => points.map(([px, py], i) => `${i ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`).join("");

export class Plot {
  constructor(conditions) {
    this.before = s("path", { class: "before" });
    this.after = s("path", { class: "after" });
    this.curves = Object.fromEntries(conditions.map((name) => [name, s("path", { class: `curve ${name}` })]));
    this.element = s(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", class: "plot", "aria-label": "EQ curves of the four conditions in dB over frequency, and the clip's spectrum" },
      grid(), this.before, this.after, Object.values(this.curves),
    );
  }

  /** @param {Object<string, number[]>} responses_db per condition; `heard` is drawn strongly, and its spectrum after the EQ */
  draw(bands_hz, spectrum_db, responses_db, heard, blind) {
    const shown = bands_hz.map((hz, i) => [hz, i]).filter(([hz]) => hz >= LOW_HZ && hz <= HIGH_HZ);
    const path = (values, at) => line(shown.map(([hz, i]) => [x(hz), at(values[i])]));
    const floor = `L${x(shown.at(-1)[0])} ${HEIGHT - BOTTOM}L${x(shown[0][0])} ${HEIGHT - BOTTOM}Z`;
    this.before.setAttribute("d", path(spectrum_db, spectrumY) + floor);
    this.after.setAttribute("d", blind ? "" : path(spectrum_db.map((db, i) => db + responses_db[heard][i]), spectrumY));
    for (const [name, curve] of Object.entries(this.curves)) {
      curve.setAttribute("d", blind ? "" : path(responses_db[name], y));
      curve.classList.toggle("heard", name === heard);
    }
    this.element.dataset.drawn_ms = performance.now();
  }
}

function grid() {
  const group = s("g", { class: "grid" });
  for (const db of [-12, -6, 0, 6, 12]) {
    group.append(s("line", { x1: LEFT, x2: WIDTH, y1: y(db), y2: y(db), class: db === 0 ? "zero" : "" }));
    group.append(text(`${db > 0 ? "+" : ""}${db}`, LEFT - 6, y(db) + 4, "end"));
  }
  for (const hz of [50, 100, 200, 500, 1000, 2000, 5000, 10000]) {
    group.append(s("line", { x1: x(hz), x2: x(hz), y1: TOP, y2: HEIGHT - BOTTOM }));
    group.append(text(hz < 1000 ? `${hz}` : `${hz / 1000}k`, x(hz), HEIGHT - 8, "middle"));
  }
  group.append(text("dB", LEFT - 6, TOP + 4, "end"), text("Hz", WIDTH - 4, HEIGHT - 8, "end"));
  return group;
}

function text(words, at_x, at_y, anchor) {
  return s("text", { x: at_x, y: at_y, "text-anchor": anchor }, words);
}
