// The EQ curves over the clip's spectrum, before and after, as one SVG that is redrawn while the slider moves.

import { NAMES } from "./conditions.js";
import { s } from "./dom.js";

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [720, 300, 40, 26, 10];
const RANGES_DB = [15, 40]; // towards another recording, bands may add up
const SPECTRUM_RANGE_DB = 60;
const [LOW_HZ, HIGH_HZ] = [20, 20000];

const x = (hz) => LEFT + ((WIDTH - LEFT) * Math.log(hz / LOW_HZ)) / Math.log(HIGH_HZ / LOW_HZ);
const yWithin = (range) => (db) => TOP + ((HEIGHT - TOP - BOTTOM) * (range - Math.max(-range, Math.min(range, db)))) / (2 * range);
const spectrumY = (db) => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * Math.max(0, Math.min(1.15, 1 + db / SPECTRUM_RANGE_DB)) / 1.15;
const line = (points) => points.map(([px, py], i) => `${i ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`).join("");

export class Plot {
  constructor() {
    this.before = s("path", { class: "before" });
    this.after = s("path", { class: "after" });
    this.target = s("path", { class: "target" });
    this.band = s("path", { class: "band" });
    this.curves = s("g", {});
    this.grids = RANGES_DB.map(grid);
    this.element = s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", class: "plot" }, this.grids[0], this.before, this.target, this.after, this.band, this.curves);
  }

  /** Draws curves in dB at `bands_hz` by their condition's name: the one that is `heard` strongly, and the spectrum after
   * it; where curves are `hidden`, no more than the clip's. `band` holds the limits of an interval, `target_db` a spectrum. */
  draw({ bands_hz, spectrum_db }, curves_db, { heard, hidden, band, target_db }) {
    const shown = bands_hz.map((hz, i) => [hz, i]).filter(([hz]) => hz >= LOW_HZ && hz <= HIGH_HZ);
    const points = (values, at) => shown.map(([hz, i]) => [x(hz), at(values[i])]);
    const floor = `L${x(shown.at(-1)[0])} ${HEIGHT - BOTTOM}L${x(shown[0][0])} ${HEIGHT - BOTTOM}Z`;
    const drawn = hidden ? {} : curves_db;
    const fits = (range) => Object.values(curves_db).every((values) => shown.every(([, i]) => Math.abs(values[i]) <= range));
    const scale = hidden || fits(RANGES_DB[0]) ? 0 : 1;
    const y = yWithin(RANGES_DB[scale]);
    this.element.firstChild.replaceWith(this.grids[scale]);
    this.target.setAttribute("d", target_db ? line(points(target_db, spectrumY)) : "");
    this.before.setAttribute("d", line(points(spectrum_db, spectrumY)) + floor);
    this.after.setAttribute("d", drawn[heard] ? line(points(spectrum_db.map((db, i) => db + drawn[heard][i]), spectrumY)) : "");
    this.band.setAttribute("d", band && !hidden ? `${line([...points(band.high_db, y), ...points(band.low_db, y).reverse()])}Z` : "");
    const only = Object.keys(curves_db).length === 1;
    this.curves.replaceChildren(...Object.entries(curves_db).map(([name, values]) =>
      s("path", { class: `curve ${name}${name === heard || only ? " heard" : ""}`, d: hidden ? "" : line(points(values, y)) })));
    const names = Object.keys(drawn).map((name) => NAMES[name]).join(", ");
    const over = names ? `EQ curves in dB over frequency (${names}${band ? ", with its 80 % band" : ""})` : "No curve is shown";
    this.element.setAttribute("aria-label", `${over}, and the clip's spectrum`);
    this.element.dataset.drawn_ms = performance.now();
  }
}

function grid(range) {
  const [group, step, y] = [s("g", { class: "grid" }), 0.4 * range, yWithin(range)];
  for (const db of [-2, -1, 0, 1, 2].map((n) => n * step)) {
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
