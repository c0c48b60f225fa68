// Towards words: one of them, or a blend in equal shares.

import { askOf } from "./clips.js";
import { h } from "./dom.js";

const MOST = 4;

export class Words {
  heard = "semantic";
  hasIntensity = true;

  constructor(page) {
    const { descriptors, conditions } = page.about;
    Object.assign(this, { page, conditions, weights: { [descriptors[0]]: 1 } });
    this.element = h("div", { class: "row", role: "group", "aria-label": "Descriptors" }, descriptors.map((word) =>
      h("button", { type: "button", "data-word": word, "aria-pressed": String(word in this.weights), onclick: () => this.toggle(word) }, word)));
  }

  toggle(word) {
    const words = new Set(Object.keys(this.weights));
    if (words.has(word) && words.size > 1) words.delete(word);
    else if (words.size < MOST) words.add(word);
    this.weights = Object.fromEntries([...words].map((one) => [one, 1 / words.size]));
    for (const chip of this.element.children) chip.setAttribute("aria-pressed", String(chip.dataset.word in this.weights));
    this.page.ask();
  }

  async ask(clip) {
    const answer = await askOf([clip], "curves", (token) => ({ clip: token, descriptors: this.weights }));
    return answer.json();
  }

  /** What is said of a download. */
  get wanted() {
    return { descriptors: this.weights };
  }
}
