// Answers wait here until the server has said that they are committed: nothing is lost by a reload, a closed tab or a
// network that is away. The key names session and step, so that a second delivery of the same answer is harmless.

const PREFIX = "listening-study/answer/";
const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 8000;
const KEEP_DAYS = 30;

/** localStorage, or memory where the browser denies it (the answer then survives all but a closed tab). */
function openStorage() {
  try {
    localStorage.setItem(`${PREFIX}probe`, "1");
    localStorage.removeItem(`${PREFIX}probe`);
    return localStorage;
  } catch {
    const kept = new Map();
    return {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => kept.set(key, value),
      removeItem: (key) => kept.delete(key),
      key: (index) => [...kept.keys()][index] ?? null,
      get length() {
        return kept.size;
      },
    };
  }
}

/** Waits, doubling each time and scattered so that many pages do not return together; the network's return ends it. */
function backOff(attempt, atLeast_s) {
  const doubled_ms = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
  const wait_ms = Math.max(1000 * atLeast_s, doubled_ms * (0.75 + 0.5 * Math.random()));
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, wait_ms);
    window.addEventListener("online", done);
  });
}

/** Calls `attempt` until it works or fails for good; `tell("reconnecting")` while it does not (`"saving"` where it is early), "connected" after that. */
export async function untilReached(attempt, tell = () => {}) {
  for (let count = 0; ; count += 1) {
    try {
      const result = await attempt();
      if (count) tell("connected");
      return result;
    } catch (error) {
      if (!error.transient) throw error;
      tell(error.early ? "saving" : "reconnecting", error);
      await backOff(count, error.retry_after_s);
    }
  }
}

export class Outbox {
  constructor(tell) {
    this.session = null; // given by the server
    this.tell = tell;
    this.storage = openStorage();
    this.#dropOld();
  }

  /** The answer to `step` that was given but not acknowledged, or null. */
  waiting(step) {
    const kept = this.storage.getItem(this.#key(step));
    return kept ? JSON.parse(kept).body : null;
  }

  /** Keeps `body`, then sends it until the server acknowledges it; gives the server's answer. */
  async deliver(step, body, send) {
    this.storage.setItem(this.#key(step), JSON.stringify({ body, kept: Date.now() }));
    this.tell("saving");
    try {
      const answer = await untilReached(() => send(step, body), this.tell);
      this.tell("saved");
      this.forget(step);
      return answer;
    } catch (error) {
      // Where a newer page has taken over, that one sends it.
      if (error.code !== "other_page") this.forget(step);
      throw error;
    }
  }

  forget(step) {
    this.storage.removeItem(this.#key(step));
  }

  /** Forgets everything of this session (it was withdrawn). */
  clear() {
    for (const key of this.#keys()) if (key.startsWith(this.#key(""))) this.storage.removeItem(key);
  }

  #key(step) {
    return `${PREFIX}${this.session}/${step}`;
  }

  #keys() {
    return Array.from({ length: this.storage.length }, (_, index) => this.storage.key(index)).filter((key) => key?.startsWith(PREFIX));
  }

  #dropOld() {
    const oldest = Date.now() - KEEP_DAYS * 86400e3;
    for (const key of this.#keys()) {
      const { kept = 0 } = JSON.parse(this.storage.getItem(key) ?? "{}");
      if (kept < oldest) this.storage.removeItem(key);
    }
  }
}
