// Clips, as the server takes them: its own by name, or a file, which the browser converts where the server cannot read it.

import { json, request } from "./dom.js";
import { toWav } from "./recorder.js";

export const API = new URL("../api/playground", document.baseURI).href;
const MOST_TRIES = 6;

/** As `request`; where the server is busy with others, again in a moment. */
export async function patiently(address, options = {}) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await request(address, options);
    } catch (error) {
      if (error.code !== "busy" || tries === MOST_TRIES) throw error;
      await new Promise((again) => setTimeout(again, 500 * tries));
    }
  }
}

/** A clip that the server keeps for an hour; `get` hands it in, and again when it is gone. */
export class Handed {
  constructor(get) {
    this.get = get;
  }

  async hand() {
    return Object.assign(this, await this.get());
  }
}

/** Asks for something of clips that were handed in; `body` makes the question of their tokens. */
export async function askOf(handed, address, body) {
  const ask = () => patiently(`${API}/${address}`, json(body(...handed.map(({ clip }) => clip))));
  try {
    return await ask();
  } catch (error) {
    if (error.code !== "unknown_clip") throw error;
    for (const clip of handed) await clip.hand();
    return ask();
  }
}

export async function builtIn(name) {
  return read(await patiently(`${API}/built-in`, json({ name })));
}

/** Hands in a file of `mostBytes` at most. */
export async function upload(file, mostBytes) {
  if (file.size > mostBytes) throw new Error(`The file has ${(file.size / 1e6).toFixed(0)} MB; ${mostBytes / 1e6} MB is the most.`);
  try {
    return await send(file);
  } catch (error) {
    const converted = error.code === "unreadable" && (await toWav(file).catch(() => null)); // AAC, WebM: the browser knows them
    if (!converted) throw error;
    if (converted.size > mostBytes) throw new Error(`Only the browser knows this format, and may hand in ${(mostBytes / 44100 / 4 / 60).toFixed(1)} minutes of it: cut it, or use another format.`);
    return send(converted);
  }
}

async function send(body) {
  return read(await patiently(`${API}/clips`, { method: "POST", body, headers: { "Content-Type": "application/octet-stream" } }));
}

/** The server's description of a clip, with the powers of its blocks as numbers. */
async function read(answer) {
  const clip = await answer.json();
  const bytes = Uint8Array.from(atob(clip.block_powers), (letter) => letter.charCodeAt(0));
  return { ...clip, powers: new Float32Array(bytes.buffer) };
}
