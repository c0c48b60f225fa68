// Tables and lists of facts.

import { h } from "./dom.js";

export const cell = (value) => h("td", {}, String(value));

/** A table with column headings that scrolls sideways where it must. */
export function table(head, rows) {
  const headings = h("tr", {}, head.map((words) => h("th", { scope: "col" }, words)));
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": head[0] }, h("table", {}, h("thead", {}, headings), h("tbody", {}, rows)));
}

const known = (value, words = (known) => known) => cell(value === null || value === undefined ? "–" : words(value));
const sentence = (text) => text.replace("_", " ");

export const QUALITY = ["Participant", "State", "Rated", "Checks passed", "Headphones", "Median time", "Modal rating", "Repeats differ by", "Lost focus", "Underruns", "Flagged"];

/** How one participant answered, as the cells of a row below `QUALITY`. */
export function qualityCells(row) {
  return [cell(row.participant), cell(sentence(row.state)), cell(row.rated), cell(row.checks ? `${row.checks_passed} of ${row.checks}` : "–"),
    known(row.headphones_passed, (passed) => (passed ? "passed" : "failed")), known(row.rt_ms, (ms) => `${(ms / 1000).toFixed(1)} s`),
    known(row.same, (share) => `${Math.round(100 * share)} %`), known(row.repeat_difference, (points) => points.toFixed(1)),
    known(row.focus_losses), known(row.underruns), known(row.flagged)];
}

export const PLACES = ["Participant", "Recruiter's id", "Where", "Minutes", "Language", "Device", "Browser", "Level"];

/** Who one participant is to the recruiter, where they are and with what they listen, as the cells of a row below `PLACES`. */
export function placeCells(row) {
  return [cell(row.participant), known(row.recruiters_id), cell(row.state === "active" ? `step ${row.step} of ${row.n_steps}: ${row.at}` : sentence(row.state)), known(row.minutes, (minutes) => minutes.toFixed(1)),
    known(row.language), known(row.device), known(row.browser), known(row.level_db, (db) => `${db.toFixed(1)} dB`)];
}

/** Bars of who started, filled as far as they completed, one a day. */
export function arrivals(days) {
  const most = Math.max(...days.map((day) => day.started));
  const bar = ({ day, started, completed }) => h("span", { title: `${day}: ${started} started, ${completed} completed`, style: `height:${(100 * started) / most}%` },
    h("span", { style: `height:${started ? (100 * Math.min(completed, started)) / started : 0}%` }));
  const words = `${days.length === 1 ? "On" : "From"} ${days[0].day}${days.length === 1 ? "" : ` to ${days.at(-1).day}`}: at most ${most} started on a day`;
  return h("figure", {}, h("div", { class: "arrivals", role: "img", "aria-label": words }, days.slice(-90).map(bar)), h("figcaption", { class: "small soft" }, `${words}; the filled part completed.`));
}

/** Names and values side by side. */
export function facts(pairs) {
  return h("dl", { class: "facts" }, pairs.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, String(value)))));
}
