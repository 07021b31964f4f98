import type { KeyPair } from '../core/machine.js';
import type { Command } from '../core/message.js';
import { SECOND, type StreamId } from '../core/units.js';
import type { Scenario } from './scenario/shape.js';

type Media = Extract<Command, { type: 'media' }>;

/** A synthetic live stream: fragments of the right sizes, each with a token of eight bytes in place of the media. */
export class Source {
  readonly #key: KeyPair;
  readonly #stream: StreamId;
  readonly #scenario: Scenario;
  readonly #perGroup: number;
  readonly #keyframeBytes: number;
  readonly #otherBytes: number;
  #count = 0;

  constructor(scenario: Scenario, key: KeyPair, stream: StreamId) {
    this.#scenario = scenario;
    this.#key = key;
    this.#stream = stream;
    const { bitrate, chunkTime, keyframeEvery, keyframeFactor } = scenario.stream;
    const mean = (bitrate / 8) * (chunkTime / SECOND);
    this.#perGroup = keyframeEvery / chunkTime;
    const factor = this.#perGroup === 1 ? 1 : keyframeFactor;
    this.#keyframeBytes = Math.max(1, Math.round(mean * factor));
    this.#otherBytes = Math.max(1, Math.round((mean * (this.#perGroup - factor)) / Math.max(1, this.#perGroup - 1)));
  }

  /** The command that begins an epoch. */
  publish(): Command {
    const { substreams, chunkTime, bitrate } = this.#scenario.stream;
    return {
      type: 'publish',
      key: this.#key,
      name: this.#scenario.name,
      description: this.#scenario.title,
      mime: 'video/mp4; codecs="avc1.42c01f"',
      init: new Uint8Array(0),
      substreams,
      chunkTime,
      bitrate,
      epochFloor: 0,
    };
  }

  /** The next fragment: one chunk time of media. */
  next(): Media {
    const keyframe = this.#count % this.#perGroup === 0;
    const payload = new Uint8Array(8);
    new DataView(payload.buffer).setFloat64(0, this.#count++);
    return {
      type: 'media',
      stream: this.#stream,
      keyframe,
      payload,
      size: keyframe ? this.#keyframeBytes : this.#otherBytes,
    };
  }
}

/** The most chunks that one second of the stream is cut into. */
export function chunksPerSecond(scenario: Scenario, chunkBytes: number): number {
  const { bitrate, chunkTime } = scenario.stream;
  return SECOND / chunkTime + bitrate / 8 / chunkBytes + SECOND / scenario.stream.keyframeEvery;
}
