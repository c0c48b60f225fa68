// Towards another recording: "make it sound like this".

import { Chooser } from "./chooser.js";
import { askOf } from "./clips.js";
import { h } from "./dom.js";
import { FLAT } from "./eq.js";

const INVITATION = "No recording yet: choose an example, or drop one of your own.";

export class Likeness {
  hasIntensity = true;

  constructor(page) {
    Object.assign(this, { page, reference: null, name: "" });
    const words = { id: "reference-file", label: "Example to sound like", invitation: "Drop the recording that it is to sound like", own: "Your own recording", hint: "The same limits as for the clip. Level is no matter; only the timbre is taken." };
    this.status = h("p", { role: "status", class: "soft small message" }, INVITATION);
    this.chooser = new Chooser(page.about, words, { chosen: (reference, name) => this.choose(reference, name), tell: (words, alarm) => this.tell(words, alarm) });
    const { examples, recordButton, drop } = this.chooser;
    examples.value = "";
    examples.firstChild.textContent = "Choose an example";
    this.element = h("div", { class: "way" }, h("div", { class: "row" }, examples, recordButton), drop, this.status);
  }

  get conditions() {
    return this.reference ? ["original", "match", "reference"] : ["original"];
  }

  get heard() {
    return this.reference ? "match" : "original";
  }

  get target_db() {
    return this.reference?.spectrum_db;
  }

  async choose(reference, name) {
    this.tell("Listening to both …");
    try {
      await reference.hand();
    } catch (error) {
      return this.tell(error.message, true);
    }
    Object.assign(this, { reference, name });
    return this.page.ask();
  }

  async ask(clip) {
    const flat = { original: [FLAT] };
    if (!this.reference) return flat;
    try {
      const answer = await askOf([clip, this.reference], "reference", (token, other) => ({ clip: token, reference: other }));
      const paths = await answer.json();
      this.tell(`As near to “${this.name}” as five bands come, by two ways of asking how far.`);
      return paths;
    } catch (error) {
      this.reference = null;
      this.tell(error.message, true);
      return flat;
    }
  }

  get wanted() {
    return { reference: this.name };
  }

  tell(words, alarm = false) {
    this.status.textContent = words;
    this.status.classList.toggle("alarm", alarm);
  }
}
