import { viewOf } from './boxes.js';
import type { SampleRun } from './samples.js';

const HEADER = 8;
const MFHD = 16;
const TFHD = 16;
const TFDT = 20;
/** Without its samples, and one of them. */
const TRUN = 20;
const SAMPLE = 16;
/** Offsets count from the `moof`. */
const TFHD_FLAGS = 0x20000;
/** Data offset; duration, size, flags and composition offset for each sample. */
const TRUN_FLAGS = 0xf01;

/** Writes boxes one after the other. */
class BoxWriter {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.#view = viewOf(this.bytes);
  }

  box(type: string, size: number): void {
    this.u32(size);
    for (const letter of type) this.bytes[this.#at++] = letter.charCodeAt(0);
  }

  u32(value: number): void {
    this.#view.setUint32(this.#at, value);
    this.#at += 4;
  }

  raw(data: Uint8Array): void {
    this.bytes.set(data, this.#at);
    this.#at += data.length;
  }
}

/** A `moof` with its `mdat` of these samples (ISO/IEC 14496-12, 8.8); a track without samples is left out. */
export function buildFragment(sequence: number, tracks: readonly SampleRun[]): Uint8Array {
  const runs = tracks.filter(({ samples }) => samples.length > 0);
  const trunOf = ({ samples }: SampleRun): number => TRUN + SAMPLE * samples.length;
  const trafOf = (run: SampleRun): number => HEADER + TFHD + TFDT + trunOf(run);
  const dataOf = ({ samples }: SampleRun): number => samples.reduce((sum, { data }) => sum + data.length, 0);
  const moof = runs.reduce((sum, run) => sum + trafOf(run), HEADER + MFHD);
  const mdat = runs.reduce((sum, run) => sum + dataOf(run), HEADER);
  const out = new BoxWriter(moof + mdat);
  out.box('moof', moof);
  out.box('mfhd', MFHD);
  out.u32(0);
  out.u32(sequence);
  let data = moof + HEADER;
  for (const run of runs) {
    out.box('traf', trafOf(run));
    out.box('tfhd', TFHD);
    out.u32(TFHD_FLAGS);
    out.u32(run.track.id);
    out.box('tfdt', TFDT);
    out.u32(1 << 24);
    out.u32(Math.floor(run.start / 2 ** 32));
    out.u32(run.start % 2 ** 32);
    out.box('trun', trunOf(run));
    out.u32((run.version << 24) | TRUN_FLAGS);
    out.u32(run.samples.length);
    out.u32(data);
    for (const sample of run.samples)
      for (const field of [sample.duration, sample.data.length, sample.flags, sample.offset]) out.u32(field);
    data += dataOf(run);
  }
  out.box('mdat', mdat);
  for (const { samples } of runs) for (const sample of samples) out.raw(sample.data);
  return out.bytes;
}
