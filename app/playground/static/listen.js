// Hearing the conditions of a clip: in place, at one loudness, by their names or blind.

import { LETTERS, NAMES } from "./conditions.js";
import { h } from "./dom.js";

export class Listen {
  /** `changed` is called when another condition is heard, when playing begins or ends, and when names are hidden or shown. */
  constructor(switcher, changed) {
    Object.assign(this, { switcher, changed, conditions: [], keys: [], blind: null, tally: {} });
    this.playButton = h("button", { type: "button", class: "primary", onclick: () => this.playOrPause() }, "Play");
    this.buttons = h("div", { class: "conditions", role: "group", "aria-label": "Conditions" });
    this.blindButton = h("button", { type: "button", "aria-pressed": "false", onclick: () => this.startOrStopBlind() }, "Blind");
    this.preferButton = h("button", { type: "button", hidden: true, onclick: () => this.reveal() }, "I prefer this one");
    this.help = h("p", { class: "soft small keys" });
    this.verdict = h("p", { role: "status", class: "small" });
    this.below = h("div", { class: "below" });
    this.element = h("section", { class: "card wide" }, h("h2", {}, "Listen"),
      h("div", { class: "row listen" }, this.playButton, this.buttons, this.blindButton, this.preferButton), this.help, this.below, this.verdict);
  }

  /** Offers the conditions of a way of asking, or with `keys` of their own and something `asked` of them, of teaching. What
   * is heard, and a blind comparison, go on where these are the same. */
  offer({ conditions, heard, keys = null, asked = null }) {
    this.switcher.offer(conditions);
    this.below.replaceChildren(...(keys ? [asked] : []));
    if (conditions.join() === this.conditions.join()) return;
    this.conditions = conditions;
    this.tally = Object.fromEntries(conditions.map((name) => [name, 0]));
    this.keys = keys ?? conditions.map((_, i) => String(i + 1));
    this.blindButton.hidden = Boolean(keys) || conditions.length === 1;
    const range = keys ? keys.map((key) => key.toUpperCase()).join(" and ") : `1 to ${conditions.length}`;
    const answer = keys ? ", 1 to 5 answer" : "";
    this.help.textContent = `Space plays and pauses, ${range} switch in place, without a gap${answer}; all are at the loudness of the study's stimuli.`;
    this.heard = heard;
    this.blind = null;
    this.verdict.textContent = "";
    this.showBlind();
    this.switcher.select(heard);
  }

  get order() {
    return this.blind ?? this.conditions;
  }

  label() {
    this.buttons.style.setProperty("--columns", this.order.length);
    this.buttons.replaceChildren(...this.order.map((name, i) =>
      h("button", { type: "button", class: this.blind ? "" : name, "aria-pressed": String(name === this.heard), onclick: () => this.hear(name) },
        h("kbd", {}, this.keys[i].toUpperCase()), this.blind ? LETTERS[i] : NAMES[name])));
  }

  hear(name) {
    this.heard = name;
    this.switcher.select(name);
    this.order.forEach((one, i) => this.buttons.children[i].setAttribute("aria-pressed", String(one === name)));
    this.changed();
  }

  playOrPause() {
    if (this.switcher.playing) this.switcher.pause();
    else this.switcher.play();
    this.switcher.select(this.heard);
    this.playButton.textContent = this.switcher.playing ? "Pause" : "Play";
    this.changed();
  }

  startOrStopBlind() {
    this.blind = this.blind ? null : shuffled(this.conditions);
    const last = LETTERS[this.conditions.length - 1];
    this.verdict.textContent = this.blind ? `Compare A to ${last}, then choose the one you prefer.` : "";
    this.showBlind();
    this.hear(this.blind ? this.blind[0] : this.heard);
  }

  reveal() {
    this.tally[this.heard] += 1;
    const order = this.blind.map((name, i) => `${LETTERS[i]} ${NAMES[name]}`).join(", ");
    const score = this.conditions.map((name) => `${NAMES[name]} ${this.tally[name]}`).join(", ");
    this.blind = null;
    this.verdict.textContent = `You chose ${NAMES[this.heard]}. It was: ${order}. So far: ${score}.`;
    this.showBlind();
    this.changed();
  }

  showBlind() {
    this.blindButton.setAttribute("aria-pressed", String(Boolean(this.blind)));
    this.preferButton.hidden = !this.blind;
    this.label();
  }

  /** Whether a key was one of these. */
  key(pressed, onButton) {
    const name = this.order[this.keys.indexOf(pressed.toLowerCase())];
    if (name) this.hear(name);
    else if (pressed === " " && !onButton) this.playOrPause();
    else return false;
    return true;
  }
}

function shuffled(values) {
  const keyed = values.map((value) => [crypto.getRandomValues(new Uint32Array(1))[0], value]);
  return keyed.sort(([a], [b]) => a - b).map(([, value]) => value);
}
