// What a participant heard of one sound, and when: the record that goes with an answer.

export class Listening {
  /**
   * @param {number} duration_s of the sound
   * @param {number} shown_ms when the step was shown, on the clock of performance.now()
   * @param {number} answered_ms when the answer before was given, on the same clock
   */
  constructor(duration_s, shown_ms = performance.now(), answered_ms = null) {
    this.duration_s = duration_s;
    this.shown_ms = shown_ms;
    this.answered_ms = answered_ms;
    this.heard = []; // [from_s, to_s] stretches of the sound, apart and in order
    this.heard_s = 0; // all listening, repeats counted
    this.plays = 0;
    this.rating_changes = 0;
    this.focus_losses = 0;
    this.underruns = 0;
    this.first_play_ms = null;
    this.start_gap_ms = null;
    this.unlocked_ms = null; // when enough of the sound had been heard for an answer
  }

  started() {
    this.plays += 1;
    if (this.first_play_ms !== null) return;
    this.first_play_ms = this.#since(this.shown_ms);
    if (this.answered_ms !== null) this.start_gap_ms = this.#since(this.answered_ms);
  }

  /** The stretch from `from_s` to `to_s` of the sound was played without a break. */
  hear(from_s, to_s) {
    if (to_s <= from_s) return;
    this.heard_s += to_s - from_s;
    const apart = this.heard.filter(([from, to]) => to < from_s || from > to_s);
    const touching = this.heard.filter(([from, to]) => to >= from_s && from <= to_s);
    const merged = [Math.min(from_s, ...touching.map(([from]) => from)), Math.max(to_s, ...touching.map(([, to]) => to))];
    this.heard = [...apart, merged].sort(([a], [b]) => a - b);
  }

  /** How much of the sound was heard, from 0 to 1. */
  get share() {
    return Math.min(1, this.heard.reduce((sum, [from, to]) => sum + to - from, 0) / this.duration_s);
  }

  /** Enough was heard: answers are taken from now on. */
  unlock() {
    this.unlocked_ms ??= performance.now();
  }

  /** The record as the server takes it (docs/http.md). */
  telemetry() {
    return {
      rt_ms: this.unlocked_ms === null ? null : this.#since(this.unlocked_ms),
      rt_start_ms: this.#since(this.shown_ms),
      first_play_ms: this.first_play_ms,
      start_gap_ms: this.start_gap_ms,
      plays: this.plays,
      heard_s: Math.round(this.heard_s * 1000) / 1000,
      rating_changes: this.rating_changes,
      focus_losses: this.focus_losses,
      underruns: this.underruns,
    };
  }

  #since(moment_ms) {
    return Math.round(performance.now() - moment_ms);
  }
}
