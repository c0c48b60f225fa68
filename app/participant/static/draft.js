// What was entered in a step and not sent yet: kept over a reload, by this tab alone, until the next step begins another.

const KEY = "listening-study/draft";

/** One draft at a time, by the id of its step; a browser that denies storage keeps none. */
export const draft = {
  of(step) {
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEY));
      return kept?.step === step ? kept.value : null;
    } catch {
      return null;
    }
  },

  keep(step, value) {
    try {
      sessionStorage.setItem(KEY, JSON.stringify({ step, value }));
    } catch {
      // Without storage a reload begins the step anew.
    }
  },

  clear() {
    this.keep(null, null);
  },
};

/** Puts back what was filled in before a reload, and keeps what is filled in from now on. */
export function rememberFields(step, form) {
  const fields = [...form.querySelectorAll("input, textarea")];
  const isTicked = ({ type }) => type === "radio" || type === "checkbox";
  for (const [index, value] of (draft.of(step.id) ?? []).entries()) {
    if (isTicked(fields[index])) fields[index].checked = value;
    else fields[index].value = value;
    fields[index].dispatchEvent(new Event("input"));
    fields[index].dispatchEvent(new Event("change"));
  }
  form.addEventListener("input", () => draft.keep(step.id, fields.map((field) => (isTicked(field) ? field.checked : field.value))));
}
