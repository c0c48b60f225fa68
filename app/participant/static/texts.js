// The page's sentences in the participant's language. Without a choice by hand the server follows the browser's own.

const CHOICE = "listening-study/language";

/** The language chosen by hand in this browser, or null. */
export function chosenLanguage() {
  try {
    return localStorage.getItem(CHOICE);
  } catch {
    return null;
  }
}

export function chooseLanguage(language) {
  try {
    localStorage.setItem(CHOICE, language);
  } catch {
    // A browser that denies storage keeps its own language.
  }
}

/** Looks a sentence up ("player_play") and fills its {places}. */
export function translator(texts) {
  return (key, values = {}) => {
    if (!(key in texts)) throw new Error(`The message ${key} is missing.`);
    return texts[key].replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
  };
}

/** "0:07" */
export function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
