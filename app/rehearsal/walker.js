// Sent ahead of the participant's page, into a browser that rehearses a study: its sounds pass faster, and `rehearse()`
// answers the page that is shown by its own controls, as somebody would who takes the first of everything.

const FASTER = 25;
const { get: trueClock } = Object.getOwnPropertyDescriptor(BaseAudioContext.prototype, "currentTime");
Object.defineProperty(BaseAudioContext.prototype, "currentTime", {
  get() {
    return FASTER * trueClock.call(this);
  },
});
const start = AudioBufferSourceNode.prototype.start;
// The true clock would wait for a moment of the faster one; nothing is heard here anyway.
AudioBufferSourceNode.prototype.start = function (when, ...more) {
  return start.call(this, when / FASTER, ...more);
};

const EVERY_MS = 30;

/** Answers the page, and resolves to the step that came after it; rejects where none came in time. */
window.rehearse = (limit_ms) =>
  new Promise((resolve, reject) => {
    const stage = document.querySelector(".stage");
    const { step } = stage.dataset;
    const began_ms = performance.now();
    const timer = setInterval(() => {
      const isOver = stage.dataset.step !== step && stage.dataset.kind;
      const isLate = performance.now() - began_ms > limit_ms;
      if (isOver || isLate) clearInterval(timer);
      if (isOver) resolve(stage.dataset.step);
      else if (isLate) reject(new Error(`it could not be answered within ${limit_ms / 1000} s`));
      else if (stage.dataset.step === step && !stage.inert) act(stage);
    }, EVERY_MS);
  });

/** One look at the page: fills what is empty, plays what was not heard, and sends what may be sent. */
function act(stage) {
  fill(stage);
  listen(stage);
  stage.querySelector(".choice-button:enabled")?.click();
  stage.querySelector("button.primary:enabled")?.click();
}

function fill(stage) {
  for (const box of stage.querySelectorAll("input[type=checkbox]:enabled:not(:checked)")) box.click();
  for (const group of stage.querySelectorAll("fieldset:enabled")) {
    if (!group.querySelector("input[type=radio]:checked")) group.querySelector("input[type=radio]")?.click();
    if (group.querySelector("input.untouched")) group.querySelector(".ticks button")?.click();
  }
  for (const field of stage.querySelectorAll("textarea:enabled, input[type=text]:enabled, input[type=number]:enabled")) {
    if (field.value) continue;
    field.value = field.type === "number" ? field.min || field.max || "30" : "rehearsal";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** Plays the sound, or each in turn that a line under its button does not show as heard; open questions need no more. */
function listen(stage) {
  const play = stage.querySelector(".play");
  if (!play || stage.querySelector("fieldset:enabled")) return;
  const switches = [...stage.querySelectorAll(".switch, button.sound")].filter((button) => button.style.getPropertyValue("--heard"));
  const unheard = switches.find((button) => !["1", "100%"].includes(button.style.getPropertyValue("--heard")));
  const isPlaying = play.dataset.state === "playing";
  if (unheard?.getAttribute("aria-pressed") === "false") {
    const pressed = switches.find((button) => button.getAttribute("aria-pressed") === "true");
    if (!isPlaying || !pressed || pressed !== unheard) unheard.click();
  } else if (!isPlaying) play.click();
}
