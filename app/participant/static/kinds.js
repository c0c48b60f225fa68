// The kinds of step, each in a module of its own in `kinds/`, which enters itself here; the server adds all of them to the page.

/** By a step's kind: (step, page) => promise of {answer, telemetry}. */
export const kinds = {};
