// The playground: one clip, four equalisers, one slider. Everything that moves with the slider is computed here.

import { API, builtIn, patiently, upload } from "./clips.js";
import { h, json, save } from "./dom.js";
import { bands, loudnessLufs, responseDb } from "./eq.js";
import { Plot } from "./plot.js";
import { record } from "./recorder.js";
import { Switcher } from "./switcher.js";

const NAMES = { original: "Original", semantic: "Semantic", flow: "Flow", static: "Static" };
const LETTERS = ["A", "B", "C", "D"];
const FORMATS = [["flac", "Audio (FLAC)"], ["json", "Parameters (JSON)"], ["csv", "Parameters (CSV)"], ["preset", "EQ preset (Equalizer APO, EasyEffects)"]];

/** Runs the playground inside `element`. */
export async function run(element) {
  const root = h("div", { class: "desk playground" });
  element.replaceChildren(root);
  try {
    const about = await (await patiently(API)).json();
    new Playground(root, about).begin();
  } catch (error) {
    root.replaceChildren(h("h1", {}, "Playground"), h("p", { class: "alarm", role: "alert" }, error.message));
  }
}

class Playground {
  constructor(root, about) {
    Object.assign(this, { root, about, conditions: about.conditions, clip: null, paths: null, blind: null });
    this.switcher = new Switcher(this.conditions, 44100);
    this.plot = new Plot(this.conditions);
    this.weights = { [about.descriptors[0]]: 1 };
    this.heard = "semantic";
    this.tally = Object.fromEntries(this.conditions.map((name) => [name, 0]));
  }

  begin() {
    this.build();
    document.addEventListener("keydown", (event) => this.key(event));
    return this.chooseBuiltIn(this.about.clips[0].name);
  }

  build() {
    const { limits } = this.about;
    const limit = `WAV, FLAC, OGG, OPUS, MP3 or AIFF, ${limits.bytes / 1e6} MB and ${limits.longest_s / 60} minutes at most; its ${limits.excerpt_s} most energetic seconds are used. Clips are kept for an hour, apart from every study.`;
    this.status = h("p", { role: "status", class: "soft small status" });
    this.file = h("input", { type: "file", accept: "audio/*", id: "file", onchange: () => this.file.files[0] && this.take(this.file.files[0]) });
    this.builtin = h("select", { "aria-label": "Built-in clip", onchange: () => this.builtin.value && this.chooseBuiltIn(this.builtin.value) },
      this.about.clips.map((clip) => h("option", { value: clip.name }, clip.title)), h("option", { value: "", hidden: true }, "Your own clip"));
    this.recordButton = h("button", { type: "button", onclick: () => this.record() }, "Record");
    const drop = h("label", { class: "drop", for: "file" }, h("strong", {}, "Drop a recording here"), " or choose a file", this.file, h("span", { class: "soft small" }, limit));
    for (const kind of ["dragover", "dragleave", "drop"]) drop.addEventListener(kind, (event) => this.drag(event, drop));

    this.chips = h("div", { class: "row", role: "group", "aria-label": "Descriptors" }, this.about.descriptors.map((word) =>
      h("button", { type: "button", "data-word": word, "aria-pressed": String(word in this.weights), onclick: () => this.toggle(word) }, word)));
    this.slider = h("input", { type: "range", id: "intensity", min: 0, max: 1, step: 0.05, value: 1, oninput: () => this.draw() });
    this.amount = h("output", { for: "intensity" }, "100 %");

    this.playButton = h("button", { type: "button", class: "primary", onclick: () => this.playOrPause() }, "Play");
    this.buttons = h("div", { class: "conditions", role: "group", "aria-label": "Conditions" });
    this.blindButton = h("button", { type: "button", "aria-pressed": "false", onclick: () => this.startOrStopBlind() }, "Blind");
    this.preferButton = h("button", { type: "button", hidden: true, onclick: () => this.reveal() }, "I prefer this one");
    this.verdict = h("p", { role: "status", class: "small" });

    this.legend = h("p", { class: "legend small" }, this.conditions.map((name) => h("span", { class: name }, NAMES[name])), h("span", { class: "spectrum" }, "spectrum before"), h("span", { class: "after" }, "after"));
    this.parameters = h("div", { class: "scroll" });
    this.profile = h("dl", { class: "profile" });
    this.format = h("select", { "aria-label": "Format" }, FORMATS.map(([value, label]) => h("option", { value }, label)));
    this.downloads = h("div", { class: "row" }, this.format, h("button", { type: "button", onclick: () => this.download() }, "Download"), h("span", { class: "soft small of" }));

    this.root.append(
      h("header", {}, h("h1", {}, "Playground"), h("p", { class: "soft" }, "Ask a clip to sound like a word, and compare four equalisers at the same loudness.")),
      h("div", { class: "cards" },
        h("section", { class: "card" }, h("h2", {}, "Clip"), h("div", { class: "row" }, this.builtin, this.recordButton), drop, this.status),
        h("section", { class: "card" }, h("h2", {}, "Sound more"), this.chips,
          h("label", { for: "intensity", class: "row" }, h("span", {}, "Intensity"), this.amount), this.slider,
          h("h2", {}, "What the clip already is"), this.profile),
        h("section", { class: "card wide" }, h("h2", {}, "Listen"),
          h("div", { class: "row listen" }, this.playButton, this.buttons, this.blindButton, this.preferButton),
          h("p", { class: "soft small keys" }, "Space plays and pauses, 1 to 4 switch in place, without a gap; all are at the loudness of the study's stimuli."), this.verdict),
        h("section", { class: "card wide" }, h("h2", {}, "Curves and spectrum"), this.plot.element, this.legend),
        h("section", { class: "card wide" }, h("h2", {}, "Parameters"), this.parameters, this.downloads)),
    );
    this.label();
  }

  // Choosing a clip ------------------------------------------------------------------------------------------------

  /** Takes the clip that `get` hands in; after an hour, when the server has let it go, `get` hands it in again. */
  async choose(get) {
    this.again = get;
    this.tell("Reading the clip and asking the equalisers …");
    this.root.setAttribute("aria-busy", "true");
    try {
      const clip = await get();
      const bytes = await (await patiently(`${API}/${clip.audio}`)).arrayBuffer();
      const buffer = await this.switcher.decode(bytes);
      this.clip = clip;
      await this.ask();
      this.switcher.use(buffer);
      const from = clip.source_s - clip.duration_s > 0.5 ? `, ${clip.start_s.toFixed(1)} s into the file` : "";
      this.tell(`${clip.duration_s.toFixed(1)} s${from}.`);
    } catch (error) {
      this.tell(error.message, true);
    }
    this.root.removeAttribute("aria-busy");
  }

  chooseBuiltIn(name) {
    this.name = name;
    return this.choose(() => builtIn(name));
  }

  /** A file of the listener's own, or what was recorded. */
  take(file) {
    this.builtin.value = "";
    this.name = (file.name ?? "recording").replace(/\.[^.]+$/, "").slice(0, 200);
    return this.choose(() => upload(file, this.about.limits.bytes));
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

  drag(event, drop) {
    event.preventDefault();
    drop.classList.toggle("over", event.type === "dragover");
    if (event.type === "drop" && event.dataTransfer.files[0]) this.take(event.dataTransfer.files[0]);
  }

  // Asking for EQs -------------------------------------------------------------------------------------------------

  toggle(word) {
    const words = new Set(Object.keys(this.weights));
    if (words.has(word) && words.size > 1) words.delete(word);
    else if (words.size < 4) words.add(word);
    this.weights = Object.fromEntries([...words].map((one) => [one, 1 / words.size]));
    for (const chip of this.chips.children) chip.setAttribute("aria-pressed", String(chip.dataset.word in this.weights));
    this.ask().catch((error) => this.tell(error.message, true));
  }

  async ask() {
    const asked = (this.asked = Symbol());
    let answer;
    try {
      answer = await patiently(`${API}/curves`, json({ clip: this.clip.clip, descriptors: this.weights }));
    } catch (error) {
      if (error.code !== "unknown_clip") throw error;
      this.clip.clip = (await this.again()).clip; // the server let it go after an hour: hand it in again
      answer = await patiently(`${API}/curves`, json({ clip: this.clip.clip, descriptors: this.weights }));
    }
    const paths = await answer.json();
    if (asked !== this.asked) return;
    this.paths = paths;
    this.showProfile();
    this.draw();
  }

  // Drawing --------------------------------------------------------------------------------------------------------

  /** Curves, sound and numbers at the slider's position. */
  draw() {
    if (!this.paths) return;
    const intensity = Number(this.slider.value);
    const { bands_hz, spectrum_db, sample_rate_hz, powers } = this.clip;
    this.amount.textContent = `${Math.round(intensity * 100)} %`;
    this.settings = {};
    const responses = {};
    for (const name of this.conditions) {
      this.settings[name] = this.paths[name][Math.round(intensity * (this.about.intensities.length - 1))];
      responses[name] = responseDb(this.settings[name], bands_hz, sample_rate_hz);
      this.switcher.shape(name, this.settings[name], this.about.loudness_lufs - loudnessLufs(powers, responses[name]));
    }
    this.plot.draw(bands_hz, spectrum_db, responses, this.heard, Boolean(this.blind));
    this.showParameters();
  }

  showParameters() {
    const names = bands(this.settings.original).map((band) => band.name);
    const shown = this.conditions.filter((name) => name !== "original");
    const cell = ({ gain_db, frequency_hz, q }) => h("td", {}, `${gain_db >= 0 ? "+" : "−"}${Math.abs(gain_db).toFixed(1)} dB · ${hz(frequency_hz)} · Q ${q.toFixed(2)}`);
    const rows = names.map((name, i) => h("tr", {}, h("th", { scope: "row" }, name), shown.map((one) => cell(bands(this.settings[one])[i]))));
    const head = h("tr", {}, h("th", { scope: "col" }, "Band"), shown.map((name) => h("th", { scope: "col", class: name }, NAMES[name])));
    this.parameters.replaceChildren(this.blind ? h("p", { class: "soft" }, "Hidden while you listen blind.") : h("table", {}, h("thead", {}, head), h("tbody", {}, rows)));
    this.downloads.hidden = Boolean(this.blind);
    this.downloads.querySelector(".of").textContent = `of ${NAMES[this.heard]} at ${this.amount.textContent}`;
  }

  showProfile() {
    const scores = this.clip.profile;
    const most = Math.max(...Object.values(scores).map(Math.abs), 1e-9);
    this.profile.replaceChildren(...Object.entries(scores).map(([word, score]) => {
      const half = (50 * Math.abs(score)) / most;
      const fill = h("span", { style: `width:${half}%;margin-left:${score < 0 ? 50 - half : 50}%` });
      return h("div", {}, h("dt", {}, word), h("dd", {}, h("span", { class: "bar" }, fill), h("span", { class: "small" }, score.toFixed(2))));
    }));
  }

  // Listening ------------------------------------------------------------------------------------------------------

  get order() {
    return this.blind ?? this.conditions;
  }

  label() {
    this.buttons.replaceChildren(...this.order.map((name, i) =>
      h("button", { type: "button", class: this.blind ? "" : name, "aria-pressed": String(name === this.heard), onclick: () => this.hear(name) },
        h("kbd", {}, String(i + 1)), this.blind ? LETTERS[i] : NAMES[name])));
  }

  hear(name) {
    this.heard = name;
    this.switcher.select(name);
    this.order.forEach((one, i) => this.buttons.children[i].setAttribute("aria-pressed", String(one === name)));
    this.draw();
  }

  playOrPause() {
    if (this.switcher.playing) this.switcher.pause();
    else this.switcher.play();
    this.switcher.select(this.heard);
    this.playButton.textContent = this.switcher.playing ? "Pause" : "Play";
  }

  startOrStopBlind() {
    this.blind = this.blind ? null : shuffled(this.conditions);
    this.verdict.textContent = this.blind ? "Compare A to D, then choose the one you prefer." : "";
    this.showBlind();
  }

  reveal() {
    this.tally[this.heard] += 1;
    const order = this.blind.map((name, i) => `${LETTERS[i]} ${NAMES[name]}`).join(", ");
    const score = this.conditions.map((name) => `${NAMES[name]} ${this.tally[name]}`).join(", ");
    this.blind = null;
    this.verdict.textContent = `You chose ${NAMES[this.heard]}. It was: ${order}. So far: ${score}.`;
    this.showBlind();
  }

  showBlind() {
    this.blindButton.setAttribute("aria-pressed", String(Boolean(this.blind)));
    this.preferButton.hidden = this.legend.hidden = !this.blind;
    this.legend.hidden = Boolean(this.blind);
    this.label();
    if (this.blind) this.hear(this.blind[0]);
    this.draw();
  }

  key(event) {
    if (event.target.closest("select, input:not([type=range])") || event.ctrlKey || event.metaKey || event.altKey) return;
    const name = this.order[Number(event.key) - 1];
    if (name) this.hear(name);
    else if (event.key === " " && !event.target.closest("button")) this.playOrPause();
    else return;
    event.preventDefault();
  }

  async download() {
    const wanted = { clip: this.clip.clip, descriptors: this.weights, condition: this.heard, intensity: Number(this.slider.value), format: this.format.value, name: this.name };
    try {
      await save(await patiently(`${API}/download`, json(wanted)), "download");
    } catch (error) {
      this.tell(error.message, true);
    }
  }

  tell(words, alarm = false) {
    this.status.textContent = words;
    this.status.classList.toggle("alarm", alarm);
  }
}

const hz = (value) => (value < 1000 ? `${value.toFixed(0)} Hz` : `${(value / 1000).toFixed(2)} kHz`);

function shuffled(values) {
  const keyed = values.map((value) => [crypto.getRandomValues(new Uint32Array(1))[0], value]);
  return keyed.sort(([a], [b]) => a - b).map(([, value]) => value);
}
