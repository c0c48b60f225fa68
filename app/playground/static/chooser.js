// Where a clip comes from: an example by its name, a file that is dropped or chosen, or the microphone.

import { builtIn, Handed, upload } from "./clips.js";
import { h } from "./dom.js";
import { record } from "./recorder.js";

export class Chooser {
  /** `chosen` is called with a clip that is not handed in yet and with what it is called, `tell` with what goes wrong.
   * @param {{id: string, label: string, invitation: string, hint: string, own: string}} words */
  constructor(about, words, { chosen, tell }) {
    Object.assign(this, { about, chosen, tell });
    const { id, label, invitation, hint, own } = words;
    this.file = h("input", { type: "file", accept: "audio/*", id, onchange: () => this.file.files[0] && this.take(this.file.files[0]) });
    this.examples = h("select", { "aria-label": label, onchange: () => this.examples.value && this.example(this.examples.value) },
      h("option", { value: "", hidden: true }, own), about.clips.map((clip) => h("option", { value: clip.name }, clip.title)));
    this.recordButton = h("button", { type: "button", onclick: () => this.record() }, "Record");
    this.drop = h("label", { class: "drop", for: id }, h("strong", {}, invitation), " or choose a file", this.file, h("span", { class: "soft small" }, hint));
    for (const kind of ["dragover", "dragleave", "drop"]) this.drop.addEventListener(kind, (event) => this.drag(event));
  }

  example(name) {
    this.examples.value = name;
    return this.chosen(new Handed(() => builtIn(name)), name);
  }

  /** A file of the listener's own, or what was recorded. */
  take(file) {
    this.examples.value = "";
    const name = (file.name ?? "recording").replace(/\.[^.]+$/, "").replace(/\p{Cc}/gu, " ").slice(0, 200);
    return this.chosen(new Handed(() => upload(file, this.about.limits.bytes)), name);
  }

  async record() {
    if (this.recording) return this.recording.stop();
    try {
      this.recording = await record();
    } catch {
      return this.tell("The microphone cannot be used: allow it in the browser's settings.", true);
    }
    this.recordButton.textContent = "Stop recording";
    const wav = await this.recording.wav;
    this.recording = null;
    this.recordButton.textContent = "Record";
    return this.take(wav);
  }

  drag(event) {
    event.preventDefault();
    this.drop.classList.toggle("over", event.type === "dragover");
    if (event.type === "drop" && event.dataTransfer.files[0]) this.take(event.dataTransfer.files[0]);
  }
}
