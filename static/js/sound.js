// What was judged, as something that can be played and drawn. Decoding is the browser's; joining and writing are pure.

import { height, peaksOf } from "./peaks.js";
import { Tape } from "./tape.js";

const HEARD_HZ = 16000; // what the model hears, and so what a recording is played at
const DRAWN_HZ = 8000; // a picture needs no more
const MOST_DRAWN = 60e6; // bytes of a file that is decoded for its picture alone
const PEAKS_A_SECOND = 50;

/** @typedef {{blob: Blob, duration_s: number, peaks: ?Float32Array}} Sound `peaks` is null where the browser cannot decode it */

/**
 * @param {Blob|Tape} source a file, or the recorder's parts
 * @param {number} duration_s as it was judged
 * @returns {Promise<?Sound>} null where there is nothing to play
 */
export async function soundOf(source, duration_s) {
  if (source instanceof Tape) return soundOfTape(source, duration_s);
  const samples = source.size > MOST_DRAWN ? null : await decode(source, DRAWN_HZ);
  return { blob: source, duration_s: samples ? samples.length / DRAWN_HZ : duration_s, peaks: samples && outline(samples, DRAWN_HZ) };
}

async function soundOfTape(tape, duration_s) {
  const decoded = [];
  for (const { at_s, type, chunks } of tape.parts) {
    const samples = await decode(new Blob(chunks, { type }), HEARD_HZ);
    if (samples) decoded.push({ at_s, samples });
  }
  if (!decoded.length) return null;
  const samples = join(decoded, HEARD_HZ, duration_s);
  return { blob: wav(samples, HEARD_HZ), duration_s: samples.length / HEARD_HZ, peaks: outline(samples, HEARD_HZ) };
}

/**
 * Lays parts where they belong. A part that reaches into the next one ends where that begins; between them it is silent.
 * @param {{at_s: number, samples: Float32Array}[]} parts
 * @param {number} rate
 * @param {number} least_s seconds that the whole has at least
 */
export function join(parts, rate, least_s = 0) {
  const from = ({ at_s }) => Math.round(at_s * rate);
  const ends = parts.map((part) => from(part) + part.samples.length);
  if (parts.length === 1 && from(parts[0]) === 0) return parts[0].samples;
  const whole = new Float32Array(Math.max(Math.round(least_s * rate), ...ends));
  parts.forEach((part, index) => {
    const next = parts[index + 1];
    const room = (next ? from(next) : whole.length) - from(part);
    whole.set(part.samples.subarray(0, Math.max(0, room)), from(part));
  });
  return whole;
}

/** Samples as a WAV file, mono, 16 bits. */
export function wav(samples, rate) {
  const head = new DataView(new ArrayBuffer(44));
  const write = (at, text) => [...text].forEach((letter, i) => head.setUint8(at + i, letter.charCodeAt(0)));
  const bytes = samples.length * 2;
  write(0, "RIFF");
  head.setUint32(4, 36 + bytes, true);
  write(8, "WAVEfmt ");
  head.setUint32(16, 16, true); // bytes of the format
  head.setUint16(20, 1, true); // PCM
  head.setUint16(22, 1, true); // mono
  head.setUint32(24, rate, true);
  head.setUint32(28, rate * 2, true);
  head.setUint16(32, 2, true); // bytes a frame
  head.setUint16(34, 16, true); // bits
  write(36, "data");
  head.setUint32(40, bytes, true);
  const data = new Int16Array(samples.length); // little-endian, as every machine with a browser is
  for (let i = 0; i < samples.length; i += 1) data[i] = Math.max(-1, Math.min(1, samples[i])) * 32767;
  return new Blob([head, data], { type: "audio/wav" });
}

/** Peaks for a picture at any zoom. */
export function outline(samples, rate) {
  return peaksOf(samples, Math.max(1, Math.round((samples.length / rate) * PEAKS_A_SECOND))).map(height);
}

async function decode(blob, rate) {
  try {
    const context = new OfflineAudioContext(1, 1, rate);
    return (await context.decodeAudioData(await blob.arrayBuffer())).getChannelData(0);
  } catch {
    return null;
  }
}
