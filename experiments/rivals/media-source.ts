import type { Chunk, Manifest } from '../../core/chunk.js';
import type { Crypto, KeyPair } from '../../core/machine.js';
import type { Command } from '../../core/message.js';
import { sliceBytes } from '../../core/publisher.js';
import { signChunk } from '../../core/trust/chunks.js';
import { signManifest } from '../../core/trust/statements.js';
import type { Time } from '../../core/units.js';

type Publish = Extract<Command, { type: 'publish' }>;
type Media = Extract<Command, { type: 'media' }>;

/** The publisher of every rival: cuts, numbers, stamps and signs fragments exactly as astral's does. */
export class MediaSource {
  readonly manifest: Manifest;
  readonly began: Time;
  readonly #crypto: Crypto;
  readonly #key: KeyPair;
  #seq = 0;
  #fragment = 0;

  /** @param known the last epoch of this stream, 0 for none */
  constructor(crypto: Crypto, command: Publish, known: number, now: Time) {
    this.#crypto = crypto;
    this.#key = command.key;
    this.began = now;
    const { name, description, mime, substreams, chunkTime, bitrate, init, epochFloor } = command;
    this.manifest = signManifest(crypto, command.key, {
      stream: crypto.idOf(command.key.publicKey),
      publicKey: command.key.publicKey,
      epoch: Math.max(known, epochFloor) + 1,
      name,
      description,
      mime,
      substreams,
      chunkTime,
      bitrate,
      init,
    });
  }

  /** The chunks of one fragment, in order. */
  cut(command: Media, now: Time): Chunk[] {
    const slice = sliceBytes(this.manifest, command.size);
    const parts = Math.ceil(command.size / slice);
    const fragment = this.#fragment++;
    const whole = command.payload.length === command.size;
    return Array.from({ length: parts }, (_, part) => {
      const from = part * slice;
      const size = Math.min(slice, command.size - from);
      const payload = whole ? command.payload.subarray(from, from + size) : command.payload;
      const { stream, epoch } = this.manifest;
      const header = { stream, epoch, seq: this.#seq++, sourceTime: now - this.began };
      const { keyframe } = command;
      return signChunk(this.#crypto, this.#key, { ...header, fragment, part, parts, keyframe, size }, payload);
    });
  }
}
