// On a slow line: how much of the sounds that a page waits for has come.

import { h } from "./dom.js";

// Sounds that were fetched ahead are there at once: a bar that flashes up would only disturb.
const WAITED_MS = 1000;
const MEGA = 1e6;

/** A bar for the sounds at `addresses`, shown once they have been waited for; whoever has them takes it away. */
export function waitingBar(addresses, { sounds, t, language, signal }) {
  const bar = h("progress", { "aria-label": t("trial_loading") });
  const words = h("p", {});
  const element = h("div", { class: "waiting", hidden: true }, bar, words);
  const number = (bytes) => (bytes / MEGA).toLocaleString(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const look = () => {
    const { received, total } = sounds.arrived(addresses);
    if (total === null) return; // how much there is to come is not known: a bar without an end
    bar.max = total;
    bar.value = received;
    words.textContent = t("loading_progress", { done: number(received), total: number(total) });
  };
  look();
  sounds.addEventListener("bytes", look, { signal });
  const timer = setTimeout(() => (element.hidden = false), WAITED_MS);
  signal.addEventListener("abort", () => clearTimeout(timer));
  return element;
}
