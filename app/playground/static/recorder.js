// Sound from the microphone, or from a file that only the browser can decode, as a WAV file for the server.

const RATE_HZ = 44100;
const LONGEST_RECORDING_MS = 30000;

/** Records until `stop` is called on the result, or 30 s; `wav` is a promise of the file. */
export async function record() {
  const constraints = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const stream = await navigator.mediaDevices.getUserMedia({ audio: constraints });
  const recorder = new MediaRecorder(stream);
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const ended = new Promise((resolve) => (recorder.onstop = resolve));
  recorder.start();
  const timer = setTimeout(() => recorder.state === "recording" && recorder.stop(), LONGEST_RECORDING_MS);
  const wav = ended.then(() => {
    clearTimeout(timer);
    for (const track of stream.getTracks()) track.stop();
    return toWav(new Blob(parts));
  });
  return { stop: () => recorder.stop(), wav };
}

/** Decodes what the browser can decode, and writes 16-bit stereo WAV. */
export async function toWav(blob) {
  const context = new OfflineAudioContext(2, 1, RATE_HZ);
  const buffer = await context.decodeAudioData(await blob.arrayBuffer());
  const left = buffer.getChannelData(0);
  const right = buffer.getChannelData(buffer.numberOfChannels > 1 ? 1 : 0);
  const view = new DataView(new ArrayBuffer(44 + left.length * 4));
  const word = (at, letters) => [...letters].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  word(0, "RIFF"), word(8, "WAVE"), word(12, "fmt "), word(36, "data");
  view.setUint32(4, 36 + left.length * 4, true);
  view.setUint32(16, 16, true), view.setUint16(20, 1, true), view.setUint16(22, 2, true);
  view.setUint32(24, RATE_HZ, true), view.setUint32(28, RATE_HZ * 4, true), view.setUint16(32, 4, true), view.setUint16(34, 16, true);
  view.setUint32(40, left.length * 4, true);
  for (let i = 0; i < left.length; i++) {
    view.setInt16(44 + 4 * i, Math.max(-1, Math.min(1, left[i])) * 32767, true);
    view.setInt16(46 + 4 * i, Math.max(-1, Math.min(1, right[i])) * 32767, true);
  }
  return new Blob([view], { type: "audio/wav" });
}
