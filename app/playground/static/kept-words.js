// The words that this browser keeps for its listener: judgements by word, and nothing else.

const KEY = "semantic-eq-words";

/** All words kept here; what another page or an earlier version wrote under this name is none. */
export function read() {
  try {
    const words = JSON.parse(localStorage.getItem(KEY)) ?? {};
    return Object.fromEntries(Object.entries(words).filter(([, judgements]) => judgements.every(isJudgement)));
  } catch {
    return {}; // storage is forbidden
  }
}

export function has(word) {
  return word in read();
}

/** Whether it could be kept. */
export function keep(word, judgements) {
  return write({ ...read(), [word]: judgements });
}

export function forget(word) {
  const { [word]: _, ...others } = read();
  write(others);
}

function isJudgement({ parameters, rating }) {
  return parameters.length === 13 && Math.abs(rating) <= 1;
}

function write(words) {
  try {
    if (Object.keys(words).length) localStorage.setItem(KEY, JSON.stringify(words));
    else localStorage.removeItem(KEY);
    return true;
  } catch {
    return false;
  }
}
