// The playground: one clip, three ways to say what it should sound like, one slider, and versions to compare in place.
// Everything that moves with the slider is computed here.

import { Chooser } from "./chooser.js";
import { API, askOf, patiently } from "./clips.js";
import { NAMES } from "./conditions.js";
import { h, save } from "./dom.js";
import { bands, loudnessLufs, responseDb } from "./eq.js";
import { Likeness } from "./likeness.js";
import { Listen } from "./listen.js";
import { OwnWord } from "./own-word.js";
import { Plot } from "./plot.js";
import { Switcher } from "./switcher.js";
import { Words } from "./words.js";

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
    Object.assign(this, { root, about, clip: null, paths: null });
    this.plot = new Plot();
    this.listen = new Listen(new Switcher([], 44100), () => this.draw());
    this.ways = { "A word": new Words(this), "Another recording": new Likeness(this), "Your own word": new OwnWord(this) };
    this.way = this.ways["A word"];
  }

  begin() {
    this.build();
    document.addEventListener("keydown", (event) => this.key(event));
    return this.chooser.example(this.about.clips[0].name);
  }

  build() {
    const { limits } = this.about;
    const limit = `WAV, FLAC, OGG, OPUS, MP3 or AIFF, ${limits.bytes / 1e6} MB and ${limits.longest_s / 60} minutes at most; its ${limits.excerpt_s} most energetic seconds are used. Clips are kept for an hour, apart from every study.`;
    const words = { id: "file", label: "Built-in clip", invitation: "Drop a recording here", own: "Your own clip", hint: limit };
    this.status = h("p", { role: "status", class: "soft small status" });
    this.chooser = new Chooser(this.about, words, { chosen: (clip, name) => this.choose(clip, name), tell: (words, alarm) => this.tell(words, alarm) });
    this.profile = h("dl", { class: "profile" });

    this.wayButtons = h("div", { class: "row ways", role: "group", "aria-label": "Make it sound like" }, Object.entries(this.ways).map(([name, way]) =>
      h("button", { type: "button", "aria-pressed": String(way === this.way), onclick: () => this.go(way) }, name)));
    this.wayPlace = h("div", { class: "way" }, this.way.element);
    this.slider = h("input", { type: "range", id: "intensity", min: 0, max: 1, step: 0.05, value: 1, oninput: () => this.draw() });
    this.amount = h("output", { for: "intensity" }, "100 %");
    this.intensity = h("div", {}, h("label", { for: "intensity", class: "row" }, h("span", {}, "Intensity"), this.amount), this.slider);

    this.legend = h("p", { class: "legend small" });
    this.parameters = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Parameters" }); // a telephone scrolls it
    this.format = h("select", { "aria-label": "Format" }, FORMATS.map(([value, label]) => h("option", { value }, label)));
    this.downloads = h("div", { class: "row" }, this.format, h("button", { type: "button", onclick: () => this.download() }, "Download"), h("span", { class: "soft small of" }));
    this.numbers = h("section", { class: "card wide" }, h("h2", {}, "Parameters"), this.parameters, this.downloads);

    const { examples, recordButton, drop } = this.chooser;
    this.root.append(
      h("header", {}, h("h1", {}, "Playground"), h("p", { class: "soft" }, "Ask a clip to sound like a word, another recording or a word of your own, and compare at the same loudness.")),
      h("div", { class: "cards" },
        h("section", { class: "card" }, h("h2", {}, "Clip"), h("div", { class: "row" }, examples, recordButton), drop, this.status,
          h("h2", {}, "What the clip already is"), this.profile),
        h("section", { class: "card" }, h("h2", {}, "Make it sound like"), this.wayButtons, this.wayPlace, this.intensity),
        this.listen.element,
        h("section", { class: "card wide" }, h("h2", {}, "Curves and spectrum"), this.plot.element, this.legend),
        this.numbers),
    );
  }

  // Asking ---------------------------------------------------------------------------------------------------------

  /** Takes a clip that is not handed in yet; what it is called names its downloads. */
  async choose(clip, name) {
    this.tell("Reading the clip and asking the equalisers …");
    this.root.setAttribute("aria-busy", "true");
    try {
      await clip.hand();
      const bytes = await (await patiently(`${API}/${clip.audio}`)).arrayBuffer();
      const buffer = await this.listen.switcher.decode(bytes);
      Object.assign(this, { clip, name });
      if (await this.ask()) {
        const from = clip.source_s - clip.duration_s > 0.5 ? `, ${clip.start_s.toFixed(1)} s into the file` : "";
        this.tell(`${clip.duration_s.toFixed(1)} s${from}.`);
      }
      this.listen.switcher.use(buffer);
      this.showProfile();
    } catch (error) {
      this.tell(error.message, true);
    }
    this.root.removeAttribute("aria-busy");
  }

  go(way) {
    this.way = way;
    [...this.wayButtons.children].forEach((one, i) => one.setAttribute("aria-pressed", String(Object.values(this.ways)[i] === way)));
    this.wayPlace.replaceChildren(way.element);
    return this.ask();
  }

  /** Asks for the settings of the clip; false where that failed. An answer that is no longer wanted is left alone. */
  async ask() {
    if (!this.clip) return false;
    const [asked, way] = [(this.asked = Symbol()), this.way];
    try {
      const paths = await way.ask(this.clip);
      if (asked !== this.asked) return true;
      this.paths = paths;
    } catch (error) {
      (way.tell ? way : this).tell(error.message, true);
      return false;
    }
    this.intensity.hidden = !way.hasIntensity;
    this.listen.offer(way);
    this.draw();
    return true;
  }

  // Drawing --------------------------------------------------------------------------------------------------------

  /** Curves, sound and numbers at the slider's position. */
  draw() {
    if (!this.paths) return;
    const { clip, listen, way } = this;
    const intensity = Number(this.slider.value);
    const curves = {};
    this.amount.textContent = `${Math.round(intensity * 100)} %`;
    this.settings = {};
    for (const [name, path] of Object.entries(this.paths)) {
      this.settings[name] = path[Math.round(intensity * (path.length - 1))];
      curves[name] = responseDb(this.settings[name], clip.bands_hz, clip.sample_rate_hz);
      listen.switcher.shape(name, this.settings[name], this.about.loudness_lufs - loudnessLufs(clip.powers, curves[name]));
    }
    const learned = way.learnedCurve;
    const shown = learned ? { personal: learned.response_db } : curves;
    const hidden = Boolean(listen.blind);
    this.plot.draw(clip, shown, { heard: listen.heard, hidden, band: learned, target_db: way.target_db });
    this.showLegend(hidden ? [] : Object.keys(shown), { band: learned && "where yours lies, by 80 %", spectrum: "spectrum before", after: !hidden && !learned && "after", target: way.target_db && "the other recording" });
    this.showParameters();
    way.noticed?.(listen.heard, listen.switcher.playing);
  }

  showLegend(names, others) {
    const more = Object.entries(others).filter(([, words]) => words);
    this.legend.replaceChildren(...names.map((name) => h("span", { class: name }, NAMES[name])), ...more.map(([name, words]) => h("span", { class: name }, words)));
  }

  showParameters() {
    const shown = this.listen.conditions.filter((name) => name !== "original");
    this.numbers.hidden = !shown.length || Boolean(this.way.learnedCurve);
    if (this.numbers.hidden) return;
    const { blind, heard } = this.listen;
    const names = bands(this.settings[shown[0]]).map((band) => band.name);
    const cell = ({ gain_db, frequency_hz, q }) => h("td", {}, `${gain_db >= 0 ? "+" : "−"}${Math.abs(gain_db).toFixed(1)} dB · ${hz(frequency_hz)} · Q ${q.toFixed(2)}`);
    const rows = names.map((name, i) => h("tr", {}, h("th", { scope: "row" }, name), shown.map((one) => cell(bands(this.settings[one])[i]))));
    const head = h("tr", {}, h("th", { scope: "col" }, "Band"), shown.map((name) => h("th", { scope: "col", class: name }, NAMES[name])));
    this.parameters.replaceChildren(blind ? h("p", { class: "soft" }, "Hidden while you listen blind.") : h("table", {}, h("thead", {}, head), h("tbody", {}, rows)));
    this.downloads.hidden = Boolean(blind);
    this.downloads.querySelector(".of").textContent = `of ${NAMES[heard]} at ${this.amount.textContent}`;
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

  // Keys and downloads ---------------------------------------------------------------------------------------------

  key(event) {
    if (event.target.closest("select, input:not([type=range])") || event.ctrlKey || event.metaKey || event.altKey) return;
    const taken = this.way.key?.(event.key) || this.listen.key(event.key, event.target.closest("button"));
    if (taken) event.preventDefault();
  }

  async download() {
    const { heard } = this.listen;
    const wanted = { ...this.way.wanted, condition: heard, parameters: this.settings[heard], intensity: Number(this.slider.value), format: this.format.value, name: this.name };
    try {
      await save(await askOf([this.clip], "download", (clip) => ({ clip, ...wanted })), "download");
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
