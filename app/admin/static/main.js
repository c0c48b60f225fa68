// The admin page: how the study fills, how people answer, and the study's switches.

import { h, json, request, save } from "./dom.js";
import { means } from "./means.js";
import { arrivals, cell, facts, PLACES, placeCells, QUALITY, qualityCells, table } from "./tables.js";

const API = new URL("../api/admin", document.baseURI).href;
const EVERY_MS = 15000;

/** Runs the admin page inside `element`. */
export async function run(element) {
  const root = h("div", { class: "desk admin" });
  element.replaceChildren(root);
  await new Admin(root).begin();
}

class Admin {
  constructor(root) {
    this.root = root;
    this.warning = "Looking at results while the study runs, and then deciding whether to go on, makes false positives likelier. Look only to see that the study works; the look is logged.";
    this.simulated = false;
  }

  async begin() {
    this.build();
    await this.refresh();
    setInterval(() => document.hidden || this.refresh(), EVERY_MS);
  }

  build() {
    this.title = h("h1", {}, "Listening study");
    this.state = h("span", { class: "pill" });
    const toggle = h("input", { type: "checkbox", id: "simulated", onchange: () => this.showSimulated(toggle.checked) });
    this.message = h("p", { role: "status", class: "message", hidden: true });
    const part = (name, heading, ...more) => {
      this[name] = h("div", { class: "part" });
      return h("section", { class: "card", "aria-label": heading }, h("h2", {}, heading), this[name], ...more);
    };
    const wide = (section) => (section.classList.add("wide"), section);
    this.root.append(
      h("header", {}, h("div", { class: "row" }, this.title, this.state),
        h("div", { class: "row" }, h("label", { class: "row small", for: "simulated" }, toggle, "simulated participants"), this.button("Sign out", () => this.signOut()))),
      this.message,
      (this.alarms = h("div", { class: "alarms", role: "alert" })),
      h("div", { class: "cards" },
        wide(part("recruitment", "Recruitment")), this.switches(), this.people(),
        wide(part("quality", "Data quality")), wide(part("balance", "Balance")), this.ratings(),
        part("stimuli", "Stimulus set", h("p", {}, h("a", { href: `${API}/stimuli/report`, target: "_blank", rel: "noopener" }, "Listen to the set and see its curves"), " ", h("span", { class: "soft small" }, "(made at the first look: a minute)"))),
        part("health", "Server"), this.browsers()),
    );
  }

  switches() {
    this.stateButtons = h("div", { class: "row" }, this.button("Take participants", () => this.setState("open")), this.button("Pause", () => this.setState("paused")),
      this.button("Close", () => confirm("Close the study to new participants? Those in progress may finish.") && this.setState("closed"), "danger"));
    this.identifiers = h("input", { type: "checkbox", id: "identifiers" });
    return h("section", { class: "card", "aria-label": "Study" }, h("h2", {}, "Study"), this.stateButtons,
      h("p", { class: "soft small" }, "Participants in progress may always finish."),
      h("h2", {}, "Export"), h("div", { class: "row" }, this.button("Download everything", () => this.exportAll()),
        h("label", { class: "tick small", for: "identifiers" }, this.identifiers, "with the ids that participants came with (personal data)")),
      h("div", { class: "row" }, this.button("Download the payment list", () => this.payment())),
      h("p", { class: "soft small" }, "Recruiter's ids, completion codes, and whom to approve or look at first (personal data)."));
  }

  people() {
    this.howMany = h("input", { type: "number", min: 1, max: 1000, value: 10, "aria-label": "Number of codes" });
    this.note = h("input", { type: "text", maxlength: 200, placeholder: "note", "aria-label": "Note" });
    this.codes = h("textarea", { readonly: true, rows: 4, hidden: true, "aria-label": "Invitation codes" });
    this.who = h("input", { type: "text", maxlength: 128, placeholder: "P0007, session or id", title: "Participant, session or the recruiter's id", "aria-label": "Participant" });
    return h("section", { class: "card", "aria-label": "People" }, h("h2", {}, "Invitation codes"),
      h("div", { class: "row" }, this.howMany, this.note, this.button("Make codes", () => this.invite())), this.codes,
      h("h2", {}, "One participant"), h("div", { class: "row" }, this.who, this.button("Delete their data", () => this.withdraw(), "danger"), this.button("Readmit", () => this.readmit())));
  }

  browsers() {
    this.signedIn = h("div", { class: "part" });
    this.others = this.button("Sign out all others", () => this.signOutOthers());
    return h("section", { class: "card wide", "aria-label": "Signed in" }, h("h2", {}, "Signed in"), this.signedIn, h("div", { class: "row" }, this.others),
      h("p", { class: "soft small" }, "A sign-in lasts eight hours at most; a new admin token ends all."));
  }

  ratings() {
    this.reveal = this.button("Show the ratings anyway", () => this.showRatings());
    this.shown = h("div", { class: "part" }, h("p", { class: "alarm" }, this.warning), h("div", { class: "row" }, this.reveal));
    return h("section", { class: "card wide", "aria-label": "Ratings so far" }, h("h2", {}, "Ratings so far"), this.shown);
  }

  button(words, action, kind = "") {
    return h("button", { type: "button", class: kind, onclick: () => this.attempt(action) }, words);
  }

  // Reading --------------------------------------------------------------------------------------------------------

  get(path = "") {
    return request(`${API}${path}?simulated=${this.simulated}`).then((response) => response.json());
  }

  post(path, body) {
    return request(`${API}${path}`, json(body, { "X-Form-Key": this.formKey })).then((response) => (response.status === 204 ? null : response.json()));
  }

  refresh() {
    return this.attempt(async () => {
      const [about, answered, look] = await Promise.all([this.get(), this.get("/quality"), this.get("/look")]);
      this.formKey = about.form_key;
      this.title.textContent = about.title;
      this.alarms.replaceChildren(...[...about.alarms, ...answered.alerts].map((sentence) => h("p", { class: "alarm" }, sentence)));
      this.showState(about.recruitment.state);
      this.showRecruitment(about);
      this.showQuality(answered.sessions);
      this.showBalance(answered.balance, about.recruitment);
      this.stimuli.replaceChildren(facts([["name", about.set.name], ["sounds", about.set.stimuli], ["trials per participant", about.trials], ["minutes per participant", about.minutes]]));
      if (look.planned.length) this.showLook(look);
      this.showSignedIn(about.signed_in);
      const { health } = about;
      this.health.replaceChildren(facts([["running for", `${health.up_hours} h`], ["database", health.database_mb === null ? health.database : `${health.database}, ${health.database_mb} MB`], ["disk free", `${health.disk_free_gb} GB`], ["seen at", new Date().toLocaleTimeString()]]));
    });
  }

  showSignedIn(browsers) {
    const when = (seconds) => new Date(1000 * seconds).toLocaleString([], { dateStyle: "short", timeStyle: "short" });
    const rows = browsers.map((one) => h("tr", {}, cell(when(one.started_at)), cell(when(one.seen_at)), cell(one.this ? "this browser" : "")));
    this.signedIn.replaceChildren(table(["Since", "Last seen", ""], rows));
    this.others.hidden = !browsers.some((one) => !one.this);
  }

  showState(state) {
    this.state.textContent = { open: "open", paused: "paused", closed: "closed" }[state];
    this.state.dataset.state = state;
    ["open", "paused", "closed"].forEach((one, i) => this.stateButtons.children[i].setAttribute("aria-pressed", String(one === state)));
  }

  showRecruitment({ recruitment: r, arrivals: days }) {
    const numbers = [["started", r.started], ["completed", r.completed], ["in progress", r.active], ["abandoned", r.abandoned], ["declined", r.declined], ["screened out", r.screened_out], ["withdrawn", r.withdrawn]];
    const share = r.cap ? Math.min(1, r.completed / r.cap) : null;
    const where = Object.entries(r.dropped_at).map(([where, n]) => `${n} at ${where}`).join(", ");
    this.recruitment.replaceChildren(
      h("dl", { class: "numbers" }, numbers.map(([name, n]) => h("div", {}, h("dd", {}, String(n)), h("dt", {}, name)))),
      ...(share === null ? [] : [h("div", { class: "bar", role: "img", "aria-label": `${r.completed} of ${r.cap}` }, h("span", { style: `width:${100 * share}%` })), h("p", { class: "small soft" }, `${r.completed} of ${r.cap} planned participants`)]),
      ...(days.length ? [arrivals(days)] : []),
      ...(Object.keys(r.quotas).length ? [facts(Object.entries(r.quotas))] : []),
      h("p", { class: "small" }, where ? `Left: ${where}.` : "Nobody has left before the end."),
      h("p", { class: "small soft" }, `${r.minutes === null ? "No completed session yet" : `Median duration ${r.minutes} min`}; invitations: ${r.invitations.used} of ${r.invitations.made} used.`),
    );
  }

  showQuality(sessions) {
    const failed = (row) => row.checks_passed < row.checks || row.headphones_passed === false || row.same > 0.9;
    const shown = sessions.slice(0, 200);
    const rows = shown.map((row) => h("tr", { class: failed(row) ? "doubtful" : "" }, qualityCells(row)));
    const places = shown.map((row) => h("tr", {}, placeCells(row)));
    const doubtful = sessions.filter(failed).length;
    const summary = sessions.length ? `${sessions.length} sessions, ${doubtful} of them doubtful (a failed check or headphone test, or one rating nearly always). Exclusion is decided by the analysis, by its written rules.` : "Nobody has started yet.";
    this.quality.replaceChildren(h("p", { class: "small soft" }, summary), 
      ...(rows.length ? [table(QUALITY, rows), h("details", {}, h("summary", {}, "Who they are to the recruiter, where they are, and with what they listen"), table(PLACES, places))] : []));
  }

  showBalance(balance, { block_rows, condition_rows }) {
    const conditions = [...new Set(balance.map((row) => row.condition))];
    const words = [...new Set(balance.map((row) => row.descriptor))];
    const n = (word, condition) => balance.find((row) => row.descriptor === word && row.condition === condition)?.n ?? 0;
    const rows = words.map((word) => h("tr", {}, cell(word), conditions.map((condition) => cell(n(word, condition)))));
    const list = (counts) => Object.values(counts).join(", ") || "none";
    this.balance.replaceChildren(
      rows.length ? table(["Rating trials of those who completed", ...conditions], rows) : "",
      h("p", { class: "small soft" }, `Completed per order of blocks: ${list(block_rows)}; per order of conditions: ${list(condition_rows)}.`));
  }

  showSimulated(simulated) {
    this.simulated = simulated;
    this.shown.replaceChildren(h("p", { class: "alarm" }, this.warning), h("div", { class: "row" }, this.reveal));
    return this.refresh();
  }

  /** Of a study with planned looks the page says whether to go on, and nothing else of the ratings. */
  showLook({ planned, completed, decision }) {
    const next = planned.find((n) => n > completed);
    const when = next === undefined ? "That was the last." : `The next look is at ${next}.`;
    const said = decision === null ? "No look has been reached." : `At the last look: ${decision}.`;
    this.shown.replaceChildren(
      h("p", { class: "decision" }, said),
      h("p", { class: "small soft" }, `Looks are planned at ${planned.join(", ")} participants; ${completed} completed. ${when}`));
  }

  async showRatings() {
    const { cells, scale } = await this.post(`/ratings?simulated=${this.simulated}`, {});
    this.shown.replaceChildren(...(this.simulated ? [h("p", { class: "alarm" }, "SIMULATED participants")] : []), means(cells, scale));
  }

  // Changing -------------------------------------------------------------------------------------------------------

  async setState(state) {
    await this.post("/state", { state });
    await this.refresh();
  }

  async invite() {
    const { codes } = await this.post("/invitations", { n: Number(this.howMany.value), note: this.note.value });
    this.codes.hidden = false;
    this.codes.value = codes.join("\n");
    this.codes.select();
    await this.refresh();
  }

  async withdraw() {
    const who = this.who.value.trim();
    if (!who || !confirm(`Delete every row of ${who}? This cannot be undone.`)) return;
    const { session } = await this.post("/withdraw", { who });
    this.who.value = "";
    await this.refresh();
    this.tell(`Every row of session ${session} is deleted.`);
  }

  async readmit() {
    const who = this.who.value.trim();
    if (!who) return;
    const { participant } = await this.post("/readmit", { who });
    this.tell(`${participant} may go on in another browser once, within 24 hours, with their id or invitation alone.`);
  }

  async exportAll() {
    this.tell("Writing the files …");
    await save(await request(`${API}/export?identifiers=${this.identifiers.checked}`), "study.zip");
    this.tell("");
  }

  async payment() {
    await save(await request(`${API}/payment`), "payment.csv");
  }

  async signOutOthers() {
    await this.post("/sign-out-others", {});
    await this.refresh();
    this.tell("All other browsers are signed out.");
  }

  async signOut() {
    await this.post("/sign-out", {});
    location.reload();
  }

  async attempt(action) {
    try {
      await action();
    } catch (error) {
      if (error.status === 401) location.reload();
      this.tell(error.message, true);
    }
  }

  tell(words, alarm = false) {
    this.message.textContent = words;
    this.message.hidden = !words;
    this.message.classList.toggle("alarm", alarm);
  }
}
