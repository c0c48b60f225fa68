// The participant's page: finds out where this browser is in the study and shows one step after the other.

import { ApiError, api, fetchSound } from "./api.js";
import { h } from "./dom.js";
import { draft } from "./draft.js";
import { codeForm, foldedCodeForm, resumeCode } from "./elsewhere.js";
import { kinds } from "./kinds.js";
import { Outbox, untilReached } from "./outbox.js";
import { Sounds } from "./player.js";
import { Shell } from "./shell.js";
import { start } from "./start.js";
import { chooseLanguage, chosenLanguage } from "./texts.js";

const MAY_OPEN = new Set(["paused", "full", "no_cookies"]); // where it is worth trying again
const MAY_HAVE_STARTED = new Set(["paused", "full", "closed"]); // who started elsewhere goes on all the same
const ELSEWHERE = new Set(["elsewhere", "resume_wrong"]);
const UNAVAILABLE = new Set(["id_missing", "id_unsigned", "paused", "closed", "full", "already_completed", "simulated_refused", "no_cookies"]);
const LATE_MS = 3000;
// Asked for while Gradio is still starting.
const firstStudy = untilReached(() => api.study(chosenLanguage()));
firstStudy.catch(() => {}); // `reached` reports it

/** Runs the study inside `element`. */
export async function run(element) {
  const study = await reached(element);
  if (!study) return;
  const sounds = new Sounds();
  for (const gesture of ["pointerdown", "keydown"]) document.addEventListener(gesture, () => sounds.unlock(), { capture: true });
  let page = open(element, study, sounds);
  try {
    const started = await begin(page);
    if (started.language !== page.language) page = open(element, { ...study, texts: started.texts, language: started.language }, sounds);
    await walk(page, started);
  } catch (error) {
    stop(page, error);
  }
}

/** The study's texts; null where they never come. Meanwhile, and then, the page says so in words that it brought along. */
async function reached(element) {
  const wanted = [chosenLanguage(), ...navigator.languages].filter(Boolean).map((language) => language.split("-")[0]);
  const line = [...wanted, "en"].map((language) => element.querySelector(`[lang="${language}"]`)).find(Boolean);
  const late = setTimeout(() => { line.hidden = false; }, LATE_MS);
  try {
    return await firstStudy;
  } catch (error) {
    line.textContent = line.dataset.failure;
    line.hidden = false;
    if (!(error instanceof ApiError)) throw error;
    return null;
  } finally {
    clearTimeout(late);
  }
}

function open(element, study, sounds) {
  const page = new Shell(element, study);
  page.sounds = sounds;
  page.known = study.session; // whether this browser brings back the cookie that it was given
  sounds.tell = (state) => page.tell(state);
  page.outbox = new Outbox((state) => page.tell(state));
  page.onlanguage = (language) => {
    chooseLanguage(language);
    location.reload(); // nothing is lost by it, and every text is fetched anew
  };
  page.onleave = (query) => leave(page, query);
  page.onwithdraw = () => withdraw(page);
  return page;
}

/** The session of this browser, or a new one once the participant has pressed start. */
function begin(page) {
  if (!navigator.cookieEnabled) throw new ApiError(403, { error: "no_cookies" });
  const parameters = Object.fromEntries(new URLSearchParams(location.search));
  delete parameters.invitation;
  const ask = async (more, opening = false) => {
    const client = { ...(await page.sounds.device(opening)), touch: navigator.maxTouchPoints > 1 };
    return untilReached(() => api.begin({ language: chosenLanguage() ?? page.language, parameters, client, ...more }), (state) => page.tell(state));
  };
  const resume = resumeCode();
  if (resume) return ask({ resume });
  if (page.study.session) return ask({ language: chosenLanguage() ?? undefined });
  if (page.study.state !== "open") throw new ApiError(403, { error: page.study.state });
  return start(page, (invitation) => ask({ invitation }, true));
}

/** Shows steps until the study ends. An answer that was given earlier and never acknowledged goes first. */
async function walk(page, started) {
  page.outbox.session = started.session;
  page.offerCode(started.resume);
  for (let { step, wrong } = started; step; ) {
    page.enter(step);
    if (wrong) page.complain(wrong);
    if (step.kind !== "level") page.sounds.setLevel(step.level_db);
    page.sounds.keep(step.sounds, step.prefetch);
    const body = page.outbox.waiting(step.id) ?? (await kinds[step.kind](step, page));
    page.answered_ms = performance.now();
    page.close();
    ({ step, wrong } = await deliver(page, step, body));
    page.known = true;
  }
}

/** Sends one answer. Sounds that the server does not know to have served (it was killed meanwhile) are fetched anew. */
async function send(step, body) {
  try {
    return await api.answer(step, body);
  } catch (error) {
    for (const address of error.unserved ?? []) await fetchSound(address, "reload");
    throw error;
  }
}

/** Sends one answer; gives the step to show next, and what was `wrong` with the answer where it is the same one. */
async function deliver(page, step, body) {
  try {
    return await page.outbox.deliver(step.id, body, send);
  } catch (error) {
    if (error.step) return error; // answered before, or another one is due: the server's word counts
    if (error.code !== "invalid") throw error;
    return { step, wrong: error.message };
  }
}

/** Ends on a page that says why. */
function stop(page, error) {
  if (page.withdrawn) return; // what was under way then is of no concern any more
  if (!(error instanceof ApiError)) console.error(error);
  if (error.code === "no_session" && page.known) {
    location.reload();
    return;
  }
  if (error.code === "no_session") error.code = "no_cookies"; // it has just begun one, as in a frame that keeps none
  if (ELSEWHERE.has(error.code)) {
    page.leave();
    page.tell("connected");
    page.stage.dataset.kind = "elsewhere";
    page.show(h("h1", { tabindex: -1 }, page.t("elsewhere_title")), h("p", {}, page.t(`error_${error.code}`)), codeForm(page));
    return;
  }
  const kind = UNAVAILABLE.has(error.code) ? "unavailable" : error.code === "other_page" ? "other_page" : "failure";
  const said = kind === "unavailable" ? page.t(`error_${error.code}`) : page.t(`${kind}_text`);
  page.leave();
  page.tell("connected"); // nothing is being saved from here on
  page.stage.dataset.kind = kind;
  const title = error.code === "already_completed" ? page.t("finished_completed_title") : page.t(`${kind}_title`);
  const again = h("button", { type: "button", class: "primary", onclick: () => location.reload() }, page.t(`${kind}_button`));
  const ways = kind !== "unavailable" || MAY_OPEN.has(error.code) ? h("div", { class: "actions" }, again) : null;
  page.show(h("h1", { tabindex: -1 }, title), h("p", {}, said), ways, MAY_HAVE_STARTED.has(error.code) && foldedCodeForm(page));
}

/** This browser forgets a finished session, and the page begins anew with `query`. */
async function leave(page, query) {
  try {
    await untilReached(() => api.leave(), (state) => page.tell(state));
  } catch (error) {
    if (error.code !== "no_session") throw error; // forgotten already
  }
  draft.clear();
  location.replace(location.pathname + query);
}

async function withdraw(page) {
  page.close();
  try {
    await untilReached(() => api.withdraw(), (state) => page.tell(state));
  } catch (error) {
    stop(page, error);
    return;
  }
  page.withdrawn = true;
  page.outbox.clear();
  draft.clear();
  page.leave();
  page.stage.dataset.kind = "withdrawn";
  page.progress.hidden = true;
  page.out.hidden = true;
  page.offerCode(null); // there is nothing to go on with
  page.show(h("h1", { tabindex: -1 }, page.t("withdrawn_title")), h("p", {}, page.t("withdrawn_text")));
}
