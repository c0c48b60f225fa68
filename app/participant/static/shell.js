// What stays around the steps: title, language, progress, the state of saving, and the way out.

import { h } from "./dom.js";
import { codeDialog } from "./elsewhere.js";
import { translator } from "./texts.js";

// "Saving" is shown only where saving takes long enough to be noticed: a flicker at each answer would not be calm.
const NOTICEABLE_MS = 600;

/** The page object that each step is given; `study` is the answer of GET /api/study. */
export class Shell {
  constructor(element, study) {
    this.study = study;
    this.t = translator(study.texts);
    this.language = study.language;
    this.steps = new AbortController();
    document.documentElement.lang = study.language;
    document.title = study.title;
    this.#build(element);
  }

  /** Aborts when the step is left: give it to every listener of a step. */
  get signal() {
    return this.steps.signal;
  }

  /** Leaves the step before and shows how far one is. */
  enter(step) {
    this.leave();
    this.complaint.hidden = true;
    this.stage.dataset.step = step.id;
    this.stage.dataset.kind = step.kind;
    this.progress.hidden = false;
    this.bar.max = step.progress.total;
    this.bar.value = step.progress.done;
    this.whereabouts.textContent = this.#whereabouts(step);
    this.timeLeft.textContent = step.ends ? "" : this.#timeLeft(step.progress.minutes_left);
    this.out.hidden = step.outcome === "declined"; // nothing is there to be withdrawn
    if (step.kind === "finished") this.offerCode(null);
  }

  leave() {
    this.paused.hidden = true;
    this.steps.abort();
    this.steps = new AbortController();
    delete this.stage.dataset.kind;
  }

  /** The step's answer is on its way: it can no longer be changed, by hand or by key, and its sound ends. */
  close() {
    this.steps.abort();
    this.stage.inert = true;
  }

  /** A decoded sound for the step that is shown; it never comes where the step has been left meanwhile. */
  async sound(address) {
    const { signal } = this;
    const gone = () => signal.aborted && new Promise(() => {});
    const heed = () => (this.paused.hidden = !this.sounds.missing.has(address));
    this.sounds.addEventListener("missing", heed, { signal });
    heed();
    try {
      const buffer = await this.sounds.load(address);
      return (await gone()) || buffer;
    } catch (error) {
      await gone();
      throw error;
    }
  }

  /** Puts `nodes` on the stage and the focus on its heading, so that a screen reader begins there. */
  show(...nodes) {
    this.stage.inert = false;
    this.stage.replaceChildren(...nodes.flat().filter(Boolean));
    this.stage.querySelector("h1")?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }

  /** The state of saving: "saving", "saved" or "reconnecting"; "connected" where that has passed and nothing was saved. */
  tell(state) {
    clearTimeout(this.later);
    const say = () => {
      this.saving.dataset.state = state;
      this.saving.textContent = state === "connected" ? "" : this.t(`saving_${state}`);
    };
    if (state === "saving") this.later = setTimeout(say, NOTICEABLE_MS);
    else say();
  }

  /** Says something to screen readers only. */
  announce(text) {
    this.live.textContent = text;
  }

  /** Shows what is wrong with an answer. */
  complain(text) {
    this.complaint.textContent = text;
    this.complaint.hidden = false;
  }

  /** Shows the way to go on elsewhere with this code; without a code there is none. */
  offerCode(code) {
    this.elsewhere.replaceChildren();
    if (!code) return;
    const dialog = codeDialog({ t: this.t, announce: (text) => this.announce(text) }, code);
    this.elsewhere.append(h("button", { type: "button", class: "link", onclick: () => dialog.showModal() }, this.t("resume_link")), dialog);
  }

  onlanguage() {}

  async onleave() {}

  async onwithdraw() {}

  #build(element) {
    const { t } = this;
    this.bar = h("progress", { "aria-label": t("progress_label"), max: 1, value: 0 });
    this.whereabouts = h("span", {});
    this.timeLeft = h("span", {});
    this.progress = h("div", { class: "progress", hidden: true }, this.bar, h("p", {}, this.whereabouts, this.timeLeft));
    this.complaint = h("p", { class: "complaint", role: "alert", hidden: true });
    this.paused = h("p", { class: "complaint", role: "alert", hidden: true }, t("sound_missing"));
    this.stage = h("div", { class: "stage" });
    this.saving = h("p", { class: "saving", role: "status" });
    this.live = h("p", { class: "visually-hidden", "aria-live": "polite" });
    this.dialog = this.#withdrawal();
    this.out = h("button", { type: "button", class: "link", hidden: true, onclick: () => this.dialog.showModal() }, t("withdraw_link"));
    this.elsewhere = h("span", {});
    element.replaceChildren(
      h("header", {}, h("p", { class: "title" }, this.study.title), this.#languages()),
      h("div", { class: "middle" }, this.progress, this.complaint, this.paused, this.stage),
      h("footer", {}, this.saving, h("div", { class: "ways" }, this.#contact(), this.elsewhere, this.out), this.live),
      this.dialog,
    );
    element.dataset.ready = "true";
  }

  #languages() {
    const { languages } = this.study;
    if (languages.length < 2) return null;
    const options = languages.map(({ code, name }) => h("option", { value: code, lang: code, selected: code === this.language }, name));
    const choose = (event) => this.onlanguage(event.target.value);
    return h("select", { class: "language", "aria-label": this.t("language_label"), onchange: choose }, options);
  }

  #contact() {
    return this.study.contact ? h("span", {}, this.t("contact", { contact: this.study.contact })) : null;
  }

  #withdrawal() {
    const { t } = this;
    const close = () => this.dialog.close();
    const confirm = async () => {
      close();
      await this.onwithdraw();
    };
    return h(
      "dialog",
      { "aria-labelledby": "withdraw-title" },
      h("h2", { id: "withdraw-title" }, t("withdraw_title")),
      h("p", {}, t("withdraw_text")),
      h(
        "div",
        { class: "actions" },
        h("button", { type: "button", class: "quiet", onclick: close }, t("withdraw_stay")),
        h("button", { type: "button", class: "danger", onclick: confirm }, t("withdraw_confirm")),
      ),
    );
  }

  #whereabouts({ is_trial, ends, progress: { done, total, trial, trials } }) {
    if (is_trial) return this.t("progress_trial", { trial, trials });
    return ends ? "" : this.t("progress_step", { step: done + 1, steps: total });
  }

  #timeLeft(minutes) {
    return minutes < 1 ? this.t("progress_soon") : this.t("progress_minutes", { minutes: Math.round(minutes) });
  }
}
