// The questions about a sound, as `study/design/questions.py` shows them: a scale of points, a continuous one, a choice, a text.

import { h, limited } from "./dom.js";

/**
 * The control of one question: `{element, value, disabled, onchange, set, choose}`. `value` is null until it is answered;
 * `set` puts back an answer, `choose(digit)` answers from the keyboard where the question has that answer. `about` names the
 * sound, where there are several.
 */
export function control(question, { t, id, about = "" }) {
  return CONTROLS[question.type](question, { t, id: `${question.name}-${id}`, about });
}

const CONTROLS = { scale: points, continuous: slider, choice: options, text: freeText };

/** A part of what is read out, as a sentence. */
const ended = (part) => (/[.?!。？！]$/.test(part) ? part : `${part}.`);

/** What all controls have: the fieldset is closed at first. */
function questionField(legend, parts, kind) {
  const element = h("fieldset", { class: kind, disabled: true }, h("legend", { class: "visually-hidden" }, legend), parts);
  return {
    element,
    value: null,
    onchange: () => {},
    get disabled() {
      return element.disabled;
    },
    set disabled(closed) {
      element.disabled = closed;
    },
    choose: () => false,
    answer(value) {
      if (value === this.value) return;
      this.value = value;
      this.onchange();
    },
  };
}

/** Tiles from `low` to `high`; where they are `numbered`, the digits stand for them from left to right. */
function points({ low, high, labels, numbered = false, text: asked }, { t, id, about }) {
  const values = Array.from({ length: high - low + 1 }, (_, index) => low + index);
  const name = (value) => [signed(value, low), labels[value]].filter(Boolean).join(", ");
  const radios = values.map((value) => h("input", { type: "radio", name: id, value, "aria-label": name(value) }));
  const tiles = radios.map((radio, index) => h("label", { class: "tile" }, radio, h("span", { "aria-hidden": "true" }, signed(values[index], low))));
  const words = values.map((value) => labels[value] ?? "");
  const isEnds = words.every((word, index) => !word || index === 0 || index === words.length - 1);
  const shown = isEnds ? [words[0], words.at(-1)] : words;
  const under = h("div", { class: isEnds ? "ends" : "ends words-under", "aria-hidden": "true" }, shown.map((word) => h("span", {}, word)));
  const legend = [about, asked, t("trial_scale", { low: signed(low, low), high: signed(high, low) })].filter(Boolean).map(ended).join(" ");
  const own = questionField(legend, [h("div", { class: "tiles" }, tiles), shown.some(Boolean) && under], "scale");
  own.set = (value) => {
    radios[values.indexOf(value)].checked = true;
    own.answer(value);
  };
  own.choose = (digit) => {
    const value = numbered ? low + digit - 1 : digit;
    if (own.disabled || !values.includes(value)) return false;
    radios[values.indexOf(value)].focus();
    own.set(value);
    return true;
  };
  own.element.addEventListener("change", (event) => own.answer(Number(event.target.value)));
  return own;
}

/** A bipolar scale says which side a point is on. */
function signed(value, low) {
  return low < 0 && value > 0 ? `+${value}` : String(value).replace("-", "−");
}

/**
 * A slider from 0 to 100 without a handle until it is touched. Its ticks are buttons, so that nothing needs dragging; a
 * screen reader hears "not answered yet" until then.
 */
function slider({ low, high, labels, text: asked }, { t, about }) {
  const range = h("input", { type: "range", class: "untouched", min: low, max: high, step: 1, value: (low + high) / 2 });
  range.setAttribute("aria-label", [about, asked].filter(Boolean).join(". "));
  range.setAttribute("aria-valuetext", t("scale_unanswered"));
  const shown = h("output", { class: "value" }, "–");
  const ticks = Object.entries(labels).sort(([a], [b]) => a - b).map(([at, label]) => {
    const share = (at - low) / (high - low);
    const end = share === 0 ? "tick first" : share === 1 ? "tick last" : "tick";
    return h("button", { type: "button", class: end, style: `--at: ${share}`, tabindex: -1, "aria-hidden": "true", onclick: () => own.set(Number(at)) }, label || at);
  });
  const own = questionField([about, asked].filter(Boolean).join(". "), [h("div", { class: "slider" }, range, shown), h("div", { class: "ticks" }, ticks)], "continuous");
  own.set = (value) => {
    range.value = value;
    range.classList.remove("untouched");
    shown.textContent = range.value;
    const word = labels[range.value];
    range.setAttribute("aria-valuetext", word ? `${range.value}, ${word}` : range.value);
    own.answer(Number(range.value));
  };
  // A click where the invisible handle stands, and a key that would not move it, are answers too.
  range.addEventListener("input", () => own.set(Number(range.value)));
  range.addEventListener("pointerup", () => own.set(Number(range.value)));
  range.addEventListener("keydown", ({ key }) => key === "Enter" && own.value === null && own.set(Number(range.value)));
  return own;
}

/** One of some options. */
function options({ options: offered, text: asked }, { id, about }) {
  const radios = offered.map(({ value }) => h("input", { type: "radio", class: "choice-mark", name: id, value }));
  const labels = offered.map(({ label }, index) => h("label", { class: "choice" }, radios[index], h("span", {}, label)));
  const own = questionField([about, asked].filter(Boolean).join(". "), labels, "options");
  own.set = (value) => {
    radios.find((radio) => radio.value === value).checked = true;
    own.answer(value);
  };
  own.choose = (number) => {
    const radio = radios[number - 1];
    if (!radio || own.disabled) return false;
    radio.focus();
    own.set(radio.value);
    return true;
  };
  own.element.addEventListener("change", (event) => own.answer(event.target.value));
  return own;
}

/** Free text. */
function freeText({ max_length, text: asked }, { t, about }) {
  const field = h("textarea", { rows: 2, dir: "auto", maxlength: max_length, "aria-label": [about, asked].filter(Boolean).join(". ") });
  const own = questionField(asked, limited(field, t), "free-text");
  own.set = (value) => {
    field.value = value;
    own.answer(value);
  };
  field.addEventListener("input", () => own.answer(field.value.trim() || null));
  return own;
}
