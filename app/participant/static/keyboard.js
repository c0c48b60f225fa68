// Keys that work anywhere on a step: space plays and pauses, 1-7 answer, Enter goes on.

/** Whether the focused element needs this key for itself. */
function isTaken(key, target) {
  if (!(target instanceof Element)) return false;
  if (target.closest("textarea, select, input[type=text], input[type=number], dialog")) return true;
  if (key === " ") return target.closest("button, a, summary, input[type=checkbox], input[type=radio]:not(:checked)") !== null;
  if (key === "Enter") return target.closest("button, a, summary") !== null;
  return false;
}

/**
 * Binds keys until `signal` aborts. `keys` maps a key's name, or "digit", to what it does; what it does
 * returns false to leave the key to the browser.
 */
export function bindKeys(keys, signal) {
  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
    if (isTaken(event.key, event.target) || document.querySelector("dialog[open]")) return;
    const action = /^[0-9]$/.test(event.key) ? keys.digit : keys[event.key];
    if (!action || action(Number(event.key)) === false) return;
    event.preventDefault();
  };
  document.addEventListener("keydown", onKey, { signal });
}
