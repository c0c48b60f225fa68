// Sound through WebAudio: fetched and decoded ahead, started within a few milliseconds, ramped so that nothing clicks.

import { fetchSound } from "./api.js";
import { untilReached } from "./outbox.js";

const RAMP_S = 0.005;
const TICK_MS = 40;
// The audio clock must not fall behind the wall clock by more than this between two ticks, or samples were missed.
const UNDERRUN_S = 0.05;
// What several sounds do together is set this far ahead, so that no block of samples is made between the first and the last.
const AHEAD_S = 0.01;
// A sound device that has not started to play after this long needs the participant's help.
const MUTE_S = 3;
// What a device that is being opened gets to tell its latency.
const OPENING_MS = 250;

/** The page's one audio context, its level, and the sounds fetched so far. */
export class Sounds extends EventTarget {
  constructor() {
    super();
    this.missing = new Set(); // addresses of sounds that the server has lost for now; fires `missing` when it changes
    this.tell = () => {}; // called with how the line is
    this.gain = 1;
    this.decoded = new Map(); // address -> promise of an AudioBuffer
    this.bytes = new Map(); // address -> {received, total} of those that have started to come; fires `bytes` when it changes
  }

  /** Made when first needed: opening the sound device takes longer than drawing the page. */
  get context() {
    if (!this.opened) {
      this.opened = new AudioContext({ latencyHint: "interactive" });
      this.level = new GainNode(this.opened, { gain: this.gain });
      this.level.connect(this.opened.destination);
    }
    return this.opened;
  }

  /** Browsers start sound only after a gesture: call this inside every click or key press. */
  unlock() {
    if (this.context.state !== "running") this.context.resume().catch(() => {}); // the next gesture tries again
  }

  get unlocked() {
    return this.opened?.state === "running";
  }

  /** What Web Audio tells of the sound device; `opening`: it was asked for a moment ago and may still have to say. */
  async device(opening) {
    const { context } = this;
    const until_ms = performance.now() + (opening ? OPENING_MS : 0);
    while (!context.outputLatency && performance.now() < until_ms) await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    const in_ms = (seconds) => (seconds > 0 ? Math.round(1000 * seconds) : null);
    return { output_rate_hz: context.sampleRate, base_latency_ms: in_ms(context.baseLatency), output_latency_ms: in_ms(context.outputLatency) };
  }

  /** @param {number} gain_db at or below 0 */
  setLevel(gain_db) {
    this.gain = 10 ** (Math.min(0, gain_db) / 20);
    this.level?.gain.setTargetAtTime(this.gain, this.context.currentTime, RAMP_S);
  }

  /** The decoded sound; asked for a second time, the same one. */
  load(address) {
    if (!this.decoded.has(address)) {
      const tell = (state, error) => this.#heed(address, state, error);
      const heed = (received, total) => {
        this.bytes.set(address, { received, total });
        this.dispatchEvent(new Event("bytes"));
      };
      const fetched = (cache) => untilReached(() => fetchSound(address, cache, heed), tell).then((bytes) => this.context.decodeAudioData(bytes));
      // What cannot be decoded was damaged on its way, and may lie so in the browser's cache.
      const sound = fetched().catch((error) => (error.name === "EncodingError" ? fetched("reload") : Promise.reject(error)));
      sound.catch(() => this.decoded.delete(address)); // so that a later try fetches anew
      this.decoded.set(address, sound);
    }
    return this.decoded.get(address);
  }

  /** How many bytes of some sounds have come, and of how many (null while that is not known). */
  arrived(addresses) {
    const each = addresses.map((address) => this.bytes.get(address) ?? { received: 0, total: null });
    const sum = (name) => each.reduce((sum, own) => sum + own[name], 0);
    return { received: sum("received"), total: each.some(({ total }) => total === null) ? null : sum("total") };
  }

  /** A sound that is missing pauses the step that waits for it; all else that keeps it away is the line's doing. */
  #heed(address, state, error) {
    const missing = error?.code === "sound_missing";
    if (!missing) this.tell(state);
    if (missing === this.missing.has(address)) return;
    if (missing) this.missing.add(address);
    else this.missing.delete(address);
    this.dispatchEvent(new Event("missing"));
  }

  /** Fetches and decodes the sounds of a step, then those that come `ahead`, and lets go of all else. */
  async keep(addresses, ahead) {
    this.kept = addresses;
    for (const known of [this.decoded, this.bytes]) for (const address of known.keys()) if (![...addresses, ...ahead].includes(address)) known.delete(address);
    await Promise.allSettled(addresses.map((address) => this.load(address)));
    if (this.kept !== addresses) return; // the next step came first
    for (const address of ahead) this.load(address).catch(() => {});
  }
}

/**
 * Decoded sounds of one length that play in step, one of them heard: played, paused, looped, sought and switched
 * together. Fires `change` (state) and `tick` (position).
 */
export class Player extends EventTarget {
  /** @param {AudioBuffer[]} buffers @param {Listening} listening with as many sounds */
  constructor(sounds, buffers, listening) {
    super();
    Object.assign(this, { sounds, buffers, listening });
    this.duration_s = Math.min(...buffers.map(({ duration }) => duration));
    this.active = 0;
    this.loop = false;
    this.voices = null; // a source and its ramp for each sound, while they play
    this.position_s = 0;
  }

  get playing() {
    return this.voices !== null;
  }

  get ended() {
    return !this.playing && this.position_s >= this.duration_s;
  }

  /** Playing was asked for, and the sound device has not started. */
  get mute() {
    return this.playing && this.waited_s > MUTE_S;
  }

  /** Plays on from the position, or from the beginning where the end was reached. */
  play() {
    if (this.playing) return;
    if (this.ended) this.position_s = 0;
    this.sounds.unlock();
    this.#start();
    this.listening.started(this.active);
    this.#tell("change");
  }

  pause() {
    if (!this.playing) return;
    this.stop();
    this.#tell("change");
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  restart() {
    this.seek(0);
    this.play();
  }

  /** Sound `index` is heard from now on, at the same place: all run in step, so only their gains move. */
  select(index) {
    if (index === this.active) return;
    this.#tick();
    const before = this.active;
    this.active = index;
    if (this.playing) {
      const at_s = this.#together();
      ramp(this.voices[before].gain, 1, 0, at_s);
      ramp(this.voices[index].gain, 0, 1, at_s);
      this.listening.started(index);
    }
    this.#tell("change");
  }

  seek(position_s) {
    const wasPlaying = this.playing;
    this.stop();
    const before_s = this.position_s;
    this.position_s = Math.max(0, Math.min(position_s, this.duration_s));
    if (wasPlaying && !this.ended) {
      this.#start();
      if (this.position_s < before_s) this.listening.started(this.active); // what is heard again is a play more
    }
    this.#tell("tick");
    this.#tell("change");
  }

  setLoop(loop) {
    this.loop = loop;
    for (const { source } of this.voices ?? []) source.loop = loop;
    this.#tell("change");
  }

  /** Stops without telling anyone. */
  stop() {
    if (!this.playing) return;
    this.#tick();
    if (this.playing) this.#silence(); // not where the tick came to the end
  }

  #start() {
    const { context } = this.sounds;
    const at_s = this.#together();
    const voices = this.buffers.map((buffer, index) => this.#voice(buffer, index === this.active, at_s));
    voices[0].source.onended = () => this.voices === voices && this.#tick(true);
    // The device was taken away, by a telephone call for instance: what is not heard is not playing.
    context.onstatechange = () => context.state !== "running" && this.pause();
    Object.assign(this, { voices, clock_s: at_s, clock_ran: false, wall_ms: performance.now(), waited_s: 0 });
    this.timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** The moment at which all sounds can do the same: now, where there is one. */
  #together() {
    const { currentTime, baseLatency = 0 } = this.sounds.context;
    return this.buffers.length === 1 ? currentTime : currentTime + Math.max(AHEAD_S, 2 * baseLatency);
  }

  #voice(buffer, isHeard, at_s) {
    const { context, level } = this.sounds;
    const node = new GainNode(context, { gain: 0 });
    const source = new AudioBufferSourceNode(context, { buffer, loop: this.loop });
    source.connect(node).connect(level);
    if (isHeard) ramp(node.gain, 0, 1, at_s);
    source.start(at_s, this.position_s);
    return { source, gain: node.gain };
  }

  #silence() {
    const now = this.sounds.context.currentTime;
    for (const [index, { source, gain }] of this.voices.entries()) {
      if (index === this.active) ramp(gain, gain.value, 0, now);
      source.stop(now + 2 * RAMP_S);
    }
    this.voices = null;
    clearInterval(this.timer);
  }

  /** Moves the position by what the audio clock moved since the last tick and notes what was heard. */
  #tick(atEnd = false) {
    if (!this.playing) return;
    const { context } = this.sounds;
    const { duration_s } = this;
    const heard = this.listening.sounds[this.active];
    const passed_s = Math.max(0, context.currentTime - this.clock_s);
    const wall_s = (performance.now() - this.wall_ms) / 1000;
    if (context.state === "running" && this.clock_ran && wall_s - passed_s > UNDERRUN_S) this.listening.underruns += 1;
    this.clock_ran = passed_s > 0;
    this.waited_s = passed_s > 0 ? 0 : this.waited_s + wall_s;
    this.clock_s += passed_s;
    this.wall_ms = performance.now();

    let to_s = atEnd ? duration_s : this.position_s + passed_s;
    if (to_s >= duration_s && this.loop && !atEnd) {
      heard.hear(this.position_s, duration_s);
      to_s %= duration_s;
      this.position_s = 0;
      heard.plays += 1;
    }
    heard.hear(this.position_s, Math.min(to_s, duration_s));
    this.position_s = Math.min(to_s, duration_s);
    if (this.position_s >= duration_s && (atEnd || !this.loop)) {
      this.voices = null;
      clearInterval(this.timer);
      this.#tell("change");
    }
    this.#tell("tick");
  }

  #tell(type) {
    this.dispatchEvent(new Event(type));
  }
}

/** Moves a gain within `RAMP_S`, so that nothing clicks. */
function ramp(gain, from, to, at_s) {
  gain.cancelScheduledValues(at_s);
  gain.setValueAtTime(from, at_s);
  gain.linearRampToValueAtTime(to, at_s + RAMP_S);
}
