// Takes the mask off a sound: ChaCha20 (RFC 8439, section 2.4) with nonce 0, on the little-endian words that browsers have.
// Written out here since a browser has its own ciphers (WebCrypto) only over HTTPS, and studies run in laboratories too.

const WORDS = 16;
const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]; // "expand 32-byte k"

/** @param {ArrayBuffer} bytes changed in place @param {string} hex the key, 64 digits */
export function unmask(bytes, hex) {
  const state = new Int32Array(WORDS);
  state.set(CONSTANTS);
  const key = Uint8Array.from({ length: 32 }, (_, index) => Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16));
  state.set(new Int32Array(key.buffer), CONSTANTS.length);
  const stream = new Int32Array(WORDS);
  const whole = bytes.byteLength - (bytes.byteLength % (4 * WORDS));
  const words = new Int32Array(bytes, 0, whole / 4);
  for (let at = 0; at < words.length; at += WORDS) {
    block(state, stream);
    for (let index = 0; index < WORDS; index += 1) words[at + index] ^= stream[index];
  }
  block(state, stream);
  const rest = new Uint8Array(bytes, whole);
  const last = new Uint8Array(stream.buffer);
  for (let index = 0; index < rest.length; index += 1) rest[index] ^= last[index];
  return bytes;
}

/** The next 64 bytes of the key stream into `x`; counts the block. */
function block(state, x) {
  x.set(state);
  for (let round = 0; round < 20; round += 2) {
    quarter(x, 0, 4, 8, 12);
    quarter(x, 1, 5, 9, 13);
    quarter(x, 2, 6, 10, 14);
    quarter(x, 3, 7, 11, 15);
    quarter(x, 0, 5, 10, 15);
    quarter(x, 1, 6, 11, 12);
    quarter(x, 2, 7, 8, 13);
    quarter(x, 3, 4, 9, 14);
  }
  for (let index = 0; index < WORDS; index += 1) x[index] += state[index];
  state[12] += 1;
}

function quarter(x, a, b, c, d) {
  x[a] += x[b];
  x[d] = rotated(x[d] ^ x[a], 16);
  x[c] += x[d];
  x[b] = rotated(x[b] ^ x[c], 12);
  x[a] += x[b];
  x[d] = rotated(x[d] ^ x[a], 8);
  x[c] += x[d];
  x[b] = rotated(x[b] ^ x[c], 7);
}

function rotated(word, bits) {
  return (word << bits) | (word >>> (32 - bits));
}
