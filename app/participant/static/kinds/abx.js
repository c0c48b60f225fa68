// X is A or B: which? Only practice says what was right.

import { compare } from "../comparing.js";
import { kinds } from "../kinds.js";
import { control } from "../questions.js";

kinds.abx = abx;

/** Resolves to {answer: {choice}, telemetry}. */
export async function abx(step, page) {
  const { t } = page;
  const options = ["a", "b"].map((value) => ({ value, label: t("abx_choice", { sound: value.toUpperCase() }) }));
  const question = { type: "choice", name: "choice", text: step.question, options, required: true };
  const own = control(question, { t, id: 0 });
  let isShown = false;
  const before = (hint) => {
    if (!step.right || isShown) return true;
    isShown = true;
    own.disabled = true;
    hint.classList.add("notice");
    hint.textContent = t(own.value === step.right ? "abx_right" : "abx_wrong", { sound: step.right.toUpperCase() });
    return false;
  };
  return compare(step, page, { names: ["A", "B", "X"], asked: [{ question, own }], read: () => ({ choice: own.value }), before });
}
