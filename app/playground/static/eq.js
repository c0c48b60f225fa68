// The equaliser's curve and the loudness behind it, computed here so that both follow the slider at once.
// The biquads are the cookbook's (R. Bristow-Johnson), as in model/eq.py; loudness is ITU-R BS.1770-4.

/** The setting that changes nothing. */
export const FLAT = [0, 80, 0, 300, 0.71, 0, 1000, 0.71, 0, 3300, 0.71, 0, 8200];
const SHELF_Q = 0.71;
const HIGHEST_SHARE = 0.49;
const ABSOLUTE_GATE_LUFS = -70;
const RELATIVE_GATE_LU = -10;

/** The five bands of 13 parameters in SAFE-DB's order: gain, Hz | gain, Hz, Q (x3) | gain, Hz. */
export function bands(p) {
  const peaking = (i) => ({ name: `Peaking ${(i + 1) / 3}`, type: "peaking", gain_db: p[i], frequency_hz: p[i + 1], q: p[i + 2] });
  return [
    { name: "Low shelf", type: "lowshelf", gain_db: p[0], frequency_hz: p[1], q: SHELF_Q },
    ...[2, 5, 8].map(peaking),
    { name: "High shelf", type: "highshelf", gain_db: p[11], frequency_hz: p[12], q: SHELF_Q },
  ];
}

/** Coefficients [b0, b1, b2, a0, a1, a2] of one band. */
function biquad({ type, gain_db, frequency_hz, q }, rate_hz) {
  const a = 10 ** (gain_db / 40);
  const angle = 2 * Math.PI * Math.min(frequency_hz / rate_hz, HIGHEST_SHARE);
  const alpha = Math.sin(angle) / (2 * q);
  if (type === "peaking") return [1 + alpha * a, -2 * Math.cos(angle), 1 - alpha * a, 1 + alpha / a, -2 * Math.cos(angle), 1 - alpha / a];
  const side = type === "lowshelf" ? 1 : -1; // the high shelf mirrors the low one in frequency
  const c = side * Math.cos(angle);
  const slope = 2 * Math.sqrt(a) * alpha;
  return [
    a * (a + 1 - (a - 1) * c + slope), 2 * side * a * (a - 1 - (a + 1) * c), a * (a + 1 - (a - 1) * c - slope),
    a + 1 + (a - 1) * c + slope, -2 * side * (a - 1 + (a + 1) * c), a + 1 + (a - 1) * c - slope,
  ];
}

/** The response in dB at each of `frequencies_hz`. */
export function responseDb(parameters, frequencies_hz, rate_hz) {
  const filters = bands(parameters).filter((band) => band.gain_db !== 0).map((band) => biquad(band, rate_hz));
  return frequencies_hz.map((hz) => {
    const w = (2 * Math.PI * hz) / rate_hz;
    const [c1, s1, c2, s2] = [Math.cos(w), Math.sin(w), Math.cos(2 * w), Math.sin(2 * w)];
    const power = (x0, x1, x2) => (x0 + x1 * c1 + x2 * c2) ** 2 + (x1 * s1 + x2 * s2) ** 2;
    return filters.reduce((sum, [b0, b1, b2, a0, a1, a2]) => sum + 10 * Math.log10(power(b0, b1, b2) / power(a0, a1, a2)), 0);
  });
}

/** Integrated loudness in LUFS of a clip after a filter.
 * @param {Float32Array} powers K-weighted power per gating block and band, row by row
 * @param {number[]} response_db the filter's response at the bands' centres */
export function loudnessLufs(powers, response_db) {
  const weights = response_db.map((db) => 10 ** (db / 10));
  const blocks = Array.from({ length: powers.length / weights.length }, (_, row) => {
    const start = row * weights.length;
    return weights.reduce((sum, weight, band) => sum + weight * powers[start + band], 0);
  });
  const loud = (power) => -0.691 + 10 * Math.log10(power);
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const above = blocks.filter((power) => loud(power) > ABSOLUTE_GATE_LUFS);
  const gate = loud(mean(above)) + RELATIVE_GATE_LU;
  return loud(mean(above.filter((power) => loud(power) > gate)));
}
