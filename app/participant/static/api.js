// The study's JSON endpoints (docs/http.md). What fails for a reason that may pass is `transient`; the rest is final.

import { unmask } from "./mask.js";

const ROOT = new URL("../api/study", document.baseURI).href;
const TIMEOUT_MS = 15000;
const TRANSIENT_STATUS = new Set([408, 425, 429, 500, 502, 503, 504]);

/** One random name per page load: the server answers only the newest page of a session. */
const PAGE = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** `code` and `message` are the server's, `step` the step to show instead and `unserved` the sounds to fetch, where there are any. */
export class ApiError extends Error {
  constructor(status, { error, message, step = null, retry_after_s = 0, unserved = [] } = {}) {
    super(message ?? error);
    Object.assign(this, { status, code: error ?? "error", step, retry_after_s, unserved });
    this.early = error === "too_early" || error === "unheard"; // the same answer is taken a little later
    this.transient = status === 0 || TRANSIENT_STATUS.has(status) || this.early;
  }
}

async function fetchOrThrow(address, options) {
  try {
    return await fetch(address, { credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT_MS), ...options });
  } catch (error) {
    throw new ApiError(0, { error: "unreachable", message: error.message });
  }
}

async function request(method, path, body) {
  const headers = { "X-Page": PAGE };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetchOrThrow(ROOT + path, { method, headers, body: JSON.stringify(body) });
  // A proxy's own error page is not JSON, and an answer may break off in transit: both may pass.
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(response.status, answer ?? {});
  if (answer === null) throw new ApiError(502, { error: "unreadable" });
  return answer;
}

export const api = {
  study: (language) => request("GET", language ? `?language=${encodeURIComponent(language)}` : ""),
  begin: (body) => request("POST", "/session", body),
  answer: (step, body) => request("POST", `/step/${encodeURIComponent(step)}`, body),
  made: () => request("GET", "/made"),
  leave: () => request("POST", "/leave", {}),
  withdraw: () => request("POST", "/withdraw", {}),
};

/**
 * The bytes of a sound, however long they take on a slow line; given up where no more come. What travels is masked; the
 * key is the part of the address after "#", which is not sent. `cache` as in fetch(). `onBytes` is called with the bytes
 * that have come and all of them, null where that is not known.
 */
export async function fetchSound(address, cache = "default", onBytes = () => {}) {
  const stalled = new AbortController();
  let timer;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stalled.abort(), TIMEOUT_MS);
  };
  wait();
  try {
    const response = await fetchOrThrow(new URL(address, ROOT), { cache, signal: stalled.signal });
    if (!response.ok) throw new ApiError(response.status, await response.json().catch(() => ({ error: "sound" })));
    const total = Number(response.headers.get("Content-Length")) || null;
    const heed = (received) => {
      wait();
      onBytes(received, total);
    };
    heed(0);
    return unmask(await gather(response.body.getReader(), heed), address.split("#")[1]);
  } finally {
    clearTimeout(timer);
  }
}

async function gather(reader, onBytes) {
  const parts = [];
  let received = 0;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      parts.push(part.value);
      received += part.value.byteLength;
      onBytes(received);
    }
  } catch (error) {
    throw new ApiError(0, { error: "unreachable", message: error.message });
  }
  return new Blob(parts).arrayBuffer();
}
