// What a participant heard of the sounds of a step, and when: the record that goes with an answer.

/** What was heard of one sound. */
class Heard {
  constructor(duration_s) {
    this.duration_s = duration_s;
    this.stretches = []; // [from_s, to_s] of the sound, apart and in order
    this.heard_s = 0; // all listening, repeats counted
    this.plays = 0;
    this.first_play_ms = null;
  }

  /** The stretch from `from_s` to `to_s` of the sound was played without a break. */
  hear(from_s, to_s) {
    if (to_s <= from_s) return;
    this.heard_s += to_s - from_s;
    const apart = this.stretches.filter(([from, to]) => to < from_s || from > to_s);
    const touching = this.stretches.filter(([from, to]) => to >= from_s && from <= to_s);
    const merged = [Math.min(from_s, ...touching.map(([from]) => from)), Math.max(to_s, ...touching.map(([, to]) => to))];
    this.stretches = [...apart, merged].sort(([a], [b]) => a - b);
  }

  /** How much of the sound was heard, from 0 to 1. */
  get share() {
    return Math.min(1, this.stretches.reduce((sum, [from, to]) => sum + to - from, 0) / this.duration_s);
  }
}

export class Listening {
  /**
   * @param {number[]} durations_s of the sounds
   * @param {number} shown_ms when the step was shown, on the clock of performance.now()
   * @param {number} answered_ms when the answer before was given, on the same clock
   */
  constructor(durations_s, shown_ms = performance.now(), answered_ms = null) {
    this.sounds = durations_s.map((duration_s) => new Heard(duration_s));
    this.n_optional = 0; // of the last sounds, how many need not be heard
    this.shown_ms = shown_ms;
    this.answered_ms = answered_ms;
    this.rating_changes = 0;
    this.focus_losses = 0;
    this.underruns = 0;
    this.first_play_ms = null;
    this.start_gap_ms = null;
    this.unlocked_ms = null; // when enough had been heard for an answer
  }

  /** Sound `index` started to be heard, by playing or by switching to it. */
  started(index) {
    const sound = this.sounds[index];
    sound.plays += 1;
    sound.first_play_ms ??= this.#since(this.shown_ms);
    if (this.first_play_ms !== null) return;
    this.first_play_ms = sound.first_play_ms;
    if (this.answered_ms !== null) this.start_gap_ms = this.#since(this.answered_ms);
  }

  get plays() {
    return this.sounds.reduce((sum, { plays }) => sum + plays, 0);
  }

  /** How much was heard of the sound, of those that must be, of which least was heard, from 0 to 1. */
  get share() {
    return Math.min(...this.sounds.slice(0, this.sounds.length - this.n_optional).map(({ share }) => share));
  }

  /** Enough was heard: answers are taken from now on. */
  unlock() {
    this.unlocked_ms ??= performance.now();
  }

  /** The record as the server takes it (docs/http.md). */
  telemetry() {
    const each = this.sounds.map(({ plays, heard_s, first_play_ms }) => ({ plays, heard_s: rounded(heard_s), first_play_ms }));
    return {
      rt_ms: this.unlocked_ms === null ? null : this.#since(this.unlocked_ms),
      rt_start_ms: this.#since(this.shown_ms),
      first_play_ms: this.first_play_ms,
      start_gap_ms: this.start_gap_ms,
      plays: this.plays,
      heard_s: rounded(this.sounds.reduce((sum, { heard_s }) => sum + heard_s, 0)),
      rating_changes: this.rating_changes,
      focus_losses: this.focus_losses,
      underruns: this.underruns,
      ...(each.length > 1 && { sounds: each }),
    };
  }

  #since(moment_ms) {
    return Math.round(performance.now() - moment_ms);
  }
}

function rounded(seconds) {
  return Math.round(seconds * 1000) / 1000;
}
