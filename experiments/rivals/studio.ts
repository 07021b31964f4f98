import type { Chunk, Manifest } from '../../core/chunk.js';
import type { Identity } from '../../core/config.js';
import type { CommandResult, Crypto, Effects } from '../../core/machine.js';
import type { Command } from '../../core/message.js';
import type { Time } from '../../core/units.js';
import { MediaSource } from './media-source.js';

/** What a rival's node has to do with publishing, and the little of it that outlives a restart. */
export class Studio {
  readonly incarnation: number;
  /** Null at a node that publishes nothing. */
  source: MediaSource | null = null;
  readonly #crypto: Crypto;
  readonly #epochs: Record<string, number>;
  #kept = false;

  constructor(identity: Identity, crypto: Crypto) {
    this.#crypto = crypto;
    this.incarnation = (identity.durable?.incarnation ?? 0) + 1;
    this.#epochs = { ...identity.durable?.epochs };
  }

  /** To be called with each input: the first one makes the incarnation last. */
  keep<M>(effects: Effects<M>): void {
    if (!this.#kept) this.#persist(effects);
  }

  /** Begins a new epoch, whose manifest `adopt` is given. */
  publish<M>(
    now: Time,
    command: Extract<Command, { type: 'publish' }>,
    effects: Effects<M>,
    adopt: (manifest: Manifest) => void,
  ): CommandResult {
    if (this.source !== null) return { ok: false, why: 'exists' };
    const stream = this.#crypto.idOf(command.key.publicKey);
    const source = new MediaSource(this.#crypto, command, this.#epochs[stream] ?? 0, now);
    const { manifest } = source;
    this.source = source;
    this.#epochs[stream] = manifest.epoch;
    adopt(manifest);
    this.#persist(effects);
    effects.trace?.({ type: 'joined', stream, why: 'publish' });
    return { ok: true, data: { stream, epoch: manifest.epoch } };
  }

  /** Cuts a fragment into chunks and gives them to `send`. */
  media(now: Time, command: Extract<Command, { type: 'media' }>, send: (chunk: Chunk) => void): CommandResult {
    if (this.source === null || command.stream !== this.source.manifest.stream)
      return { ok: false, why: 'not-publisher' };
    for (const chunk of this.source.cut(command, now)) send(chunk);
    return { ok: true };
  }

  #persist<M>(effects: Effects<M>): void {
    this.#kept = true;
    effects.persist({ incarnation: this.incarnation, epochs: this.#epochs, contacts: [] });
  }
}
