// Equalised versions of one clip, all driven by one source, so that switching between them is sample-synchronous.

import { bands } from "./eq.js";

const RAMP_S = 0.005;

export class Switcher {
  /** @param {string[]} conditions */
  constructor(conditions, rate_hz) {
    this.context = new AudioContext({ sampleRate: rate_hz, latencyHint: "interactive" });
    this.chains = {};
    this.source = null;
    this.buffer = null;
    this.offer(conditions);
    this.selected = conditions[0];
  }

  /** Between which conditions is switched from now on. */
  offer(conditions) {
    this.offered = conditions;
    for (const condition of conditions) {
      this.chains[condition] ??= this.#chain();
      this.source?.connect(this.chains[condition].filters[0]);
    }
  }

  #chain() {
    const context = this.context;
    const filters = ["lowshelf", "peaking", "peaking", "peaking", "highshelf"].map((type) => new BiquadFilterNode(context, { type, gain: 0 }));
    const match = new GainNode(context);
    const open = new GainNode(context, { gain: 0 });
    [...filters, match, open].reduce((from, to) => from.connect(to));
    open.connect(context.destination);
    return { filters, match, open };
  }

  get playing() {
    return this.source !== null;
  }

  async decode(bytes) {
    return this.context.decodeAudioData(bytes);
  }

  /** Another clip: starts from its beginning, playing on if it was playing. */
  use(buffer) {
    const on = this.playing;
    this.pause();
    this.buffer = buffer;
    if (on) this.play();
  }

  play() {
    if (this.playing || !this.buffer) return;
    this.context.resume();
    this.source = new AudioBufferSourceNode(this.context, { buffer: this.buffer, loop: true });
    for (const condition of this.offered) this.source.connect(this.chains[condition].filters[0]);
    this.select(this.selected);
    this.source.start();
  }

  pause() {
    if (!this.playing) return;
    for (const chain of Object.values(this.chains)) this.#ramp(chain.open.gain, 0);
    const source = this.source;
    this.source = null;
    source.stop(this.context.currentTime + 10 * RAMP_S);
    source.onended = () => source.disconnect();
  }

  /** Hear this condition from now on. */
  select(condition) {
    this.selected = condition;
    for (const [name, chain] of Object.entries(this.chains)) this.#ramp(chain.open.gain, name === condition && this.playing ? 1 : 0);
  }

  /** The EQ and the loudness gain of a condition, heard within a few milliseconds. */
  shape(condition, parameters, gain_db) {
    const { filters, match } = this.chains[condition];
    for (const [i, band] of bands(parameters).entries()) {
      this.#ramp(filters[i].gain, band.gain_db);
      this.#ramp(filters[i].frequency, Math.min(band.frequency_hz, 0.49 * this.context.sampleRate));
      if (band.type === "peaking") this.#ramp(filters[i].Q, band.q);
    }
    this.#ramp(match.gain, 10 ** (gain_db / 20));
  }

  #ramp(parameter, value) {
    parameter.setTargetAtTime(value, this.context.currentTime, RAMP_S);
  }
}
