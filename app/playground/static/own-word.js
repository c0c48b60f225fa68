// Towards the listener's own word: up to ten quick judgements, the curve that they teach, and a blind comparison of it.
// The server is handed all judgements each time and keeps none; this browser keeps them where it is asked to.

import { API, patiently } from "./clips.js";
import { h, json, save } from "./dom.js";
import { FLAT } from "./eq.js";
import * as kept from "./kept-words.js";

const SCALE = [[-1, "The other way"], [-0.5, "Rather not"], [0, "Neither"], [0.5, "A little"], [1, "Yes, that is it"]];
const PROMISE = "Judge a few versions of the clip, and the equaliser learns what you mean by a word. The server keeps none of your judgements.";

export class OwnWord {
  constructor(page) {
    const { descriptors, limits } = page.about;
    Object.assign(this, { page, most: limits.judgements, word: descriptors[0], words: kept.read(), learned: null, compared: false });
    this.chips = h("div", { class: "row", role: "group", "aria-label": "Your word" }, descriptors.map((word) =>
      h("button", { type: "button", "data-word": word, onclick: () => this.choose(word) }, word)));
    this.progress = h("progress", { max: this.most, value: 0, "aria-label": "Judgements" });
    this.status = h("p", { role: "status", class: "small message" });
    this.compareButton = button("Compare blind", () => this.compareOrGoOn());
    this.undoButton = button("Undo the last", () => this.undo());
    this.keepButton = button("Keep in this browser", () => this.keepOrNot());
    this.exportButton = button("Export (JSON)", () => this.export());
    this.forgetButton = button("Forget", () => this.forget());
    this.actions = h("div", { class: "row" }, this.compareButton, this.undoButton, this.keepButton, this.exportButton, this.forgetButton);
    this.element = h("div", { class: "way" }, h("p", { class: "soft small" }, PROMISE), this.chips, this.progress, this.status, this.actions);
    this.scale = h("div", { class: "scale", role: "group", "aria-labelledby": "own-word-question" }, SCALE.map(([rating, label], i) =>
      h("button", { type: "button", onclick: () => this.judge(rating) }, h("kbd", { "aria-hidden": "true" }, String(i + 1)), label)));
    this.question = h("p", { id: "own-word-question", class: "question" });
    this.asked = h("div", { class: "asked" }, this.question, this.scale);
  }

  // As every way of asking -----------------------------------------------------------------------------------------

  get conditions() {
    return this.compared ? ["personal", "everybody", "static"] : ["version", "original"];
  }

  get heard() {
    return this.conditions[0];
  }

  get keys() {
    return this.compared ? null : ["v", "o"];
  }

  get hasIntensity() {
    return this.compared;
  }

  get wanted() {
    return { descriptors: { [this.word]: 1 } };
  }

  get judgements() {
    return this.words[this.word] ?? [];
  }

  /** The curve learned so far takes the place of the version's own, which would tell what is judged. */
  get learnedCurve() {
    return this.compared ? null : this.learned;
  }

  async ask() {
    const asked = { descriptor: this.word, judgements: this.judgements };
    const [learned, paths] = await Promise.all(["word", ...(this.compared ? ["word/versions"] : [])].map(async (address) =>
      (await patiently(`${API}/${address}`, json(asked))).json()));
    this.busy = false;
    if (asked.descriptor === this.word) this.learned = learned;
    return paths ?? { version: [learned.next ?? FLAT], original: [FLAT] };
  }

  /** Shows what is so by now; a version may be answered for once it has been heard. */
  noticed(heard, playing) {
    this.show();
    if (playing && heard === "version" && this.learned?.next) this.hasHeard = this.learned.next;
    this.mayJudge = Boolean(this.learned?.next) && this.hasHeard === this.learned.next;
    for (const one of this.scale.children) one.setAttribute("aria-disabled", String(!this.mayJudge));
  }

  key(pressed) {
    const [rating] = SCALE[Number(pressed) - 1] ?? [];
    if (this.asked.hidden || rating === undefined) return false;
    this.judge(rating);
    return true;
  }

  // Teaching -------------------------------------------------------------------------------------------------------

  choose(word) {
    if (word === this.word) return;
    Object.assign(this, { word, compared: false });
    this.page.ask();
  }

  judge(rating) {
    if (!this.mayJudge) return this.tell("Listen to this version first: press Play, or the space bar.");
    return this.learn([...this.judgements, { parameters: this.learned.next, rating }]);
  }

  undo() {
    return this.learn(this.judgements.slice(0, -1));
  }

  async learn(judgements) {
    if (this.busy) return;
    const [word, before] = [this.word, this.judgements];
    this.busy = true;
    this.words[word] = judgements;
    const went = await this.page.ask();
    this.busy = false;
    if (!went) {
      this.words[word] = before;
      return;
    }
    if (kept.has(word)) kept.keep(word, judgements);
    if (this.page.listen.conditions.includes("version")) this.page.listen.hear("version");
  }

  async compareOrGoOn() {
    if (this.busy) return;
    this.busy = true;
    this.compared = !this.compared;
    const went = await this.page.ask();
    this.busy = false;
    if (!went) this.compared = false;
    else if (this.page.listen.conditions.includes("personal")) this.page.listen.startOrStopBlind();
  }

  // Keeping --------------------------------------------------------------------------------------------------------

  keepOrNot() {
    if (kept.has(this.word)) kept.forget(this.word);
    else if (!kept.keep(this.word, this.judgements)) return this.tell("This browser keeps nothing for this page: export the word instead.", true);
    return this.show();
  }

  export() {
    return save(new Response(this.learned.file, { headers: { "Content-Type": "application/json" } }), `my-${this.word}.json`);
  }

  forget() {
    kept.forget(this.word);
    this.compared = false;
    return this.learn([]);
  }

  // Showing --------------------------------------------------------------------------------------------------------

  show() {
    if (!this.learned) return;
    const n = this.judgements.length;
    this.progress.value = n;
    for (const chip of this.chips.children) chip.setAttribute("aria-pressed", String(chip.dataset.word === this.word));
    this.question.textContent = `Is this version what you mean by “${this.word}”, compared with the original?`;
    this.asked.hidden = this.compared || n === this.most;
    this.compareButton.textContent = this.compared ? "Judge more" : "Compare blind";
    this.compareButton.classList.toggle("primary", !this.compared && n === this.most);
    this.keepButton.setAttribute("aria-pressed", String(kept.has(this.word)));
    this.actions.hidden = n === 0;
    this.undoButton.hidden = this.compared;
    this.tell(this.says(n));
  }

  says(n) {
    if (this.compared) return "Mine, everybody’s and the fixed curve, in a random order: the first two are as strong as each other.";
    const { low_db, high_db } = this.learned;
    const width_db = high_db.reduce((sum, high, i) => sum + high - low_db[i], 0) / high_db.length;
    const surely = `The 80 % band is ${width_db.toFixed(1)} dB wide on average`;
    if (n === 0) return `Nothing judged yet: this is what people usually mean. ${surely}.`;
    return `${n} of ${this.most} judged. ${surely}${n === this.most ? "; now compare." : "."}`;
  }

  tell(words, alarm = false) {
    this.status.textContent = words;
    this.status.classList.toggle("alarm", alarm);
  }
}

function button(label, onclick) {
  return h("button", { type: "button", onclick }, label);
}
