import type { Chunk, Manifest } from './chunk.js';
import type { NodeContext } from './context.js';
import type { Relay } from './delivery/relay.js';
import { LIMITS } from './limits.js';
import type { CommandResult } from './machine.js';
import type { Command } from './message.js';
import type { Stream } from './stream.js';
import { signChunk } from './trust/chunks.js';
import { signManifest } from './trust/statements.js';
import { SECOND } from './units.js';

/** Fragments up to this many times the mean, or up to this size, are not cut: each slice costs a header. */
const SLICE_OF_MEAN = 2;
const MIN_SLICE = 4_096;

type Publish = Extract<Command, { type: 'publish' }>;
type Media = Extract<Command, { type: 'media' }>;

/** The source of streams: signs manifests, cuts fragments into signed chunks, hands them to the relay. */
export class Publisher {
  readonly #ctx: NodeContext;
  readonly #relay: Relay;
  readonly #epochs: Record<string, number>;

  constructor(ctx: NodeContext, relay: Relay) {
    this.#ctx = ctx;
    this.#relay = relay;
    this.#epochs = { ...ctx.identity.durable?.epochs };
  }

  /** Highest epoch published per stream, to be kept. */
  get epochs(): Readonly<Record<string, number>> {
    return this.#epochs;
  }

  /**
   * Begins a new epoch: later than any of this stream that we know of. A stream that is being published goes on in it:
   * tickets stay, and the consumers learn of it before its first chunk.
   */
  publish(command: Publish): CommandResult {
    const ctx = this.#ctx;
    const problem = invalid(command);
    if (problem !== null) return { ok: false, why: 'invalid' };
    const id = ctx.crypto.idOf(command.key.publicKey);
    const known = ctx.streams.get(id);
    if (known?.manifest != null && known.manifest.substreams !== command.substreams)
      return { ok: false, why: 'invalid' };
    if (known === undefined && ctx.streams.size >= LIMITS.streams) return { ok: false, why: 'limit' };
    const epoch = Math.max(this.#epochs[id] ?? 0, command.epochFloor, known?.epoch ?? 0) + 1;
    this.#epochs[id] = epoch;
    const stream = ctx.stream(id);
    const goesOn = stream.publishing !== null;
    const { name, description, mime, substreams, chunkTime, bitrate, init } = command;
    const { publicKey } = command.key;
    const unsigned = { stream: id, publicKey, epoch, name, description, mime, substreams, chunkTime, bitrate, init };
    const manifest = signManifest(ctx.crypto, command.key, unsigned);
    if (stream.manifest !== null) ctx.uplink.forgetStream(id);
    stream.adopt(manifest);
    stream.publishing = { key: command.key, nextSeq: 0, nextFragment: 0, began: ctx.now };
    stream.clock.setExact(ctx.now, 0);
    stream.interior = 2 ** substreams - 1;
    for (let sub = 0; sub < substreams; sub++) stream.subs.raise(sub, epoch, -1, 0);
    if (!goesOn) ctx.fx.trace?.({ type: 'joined', stream: id, why: 'publish' });
    for (const peer of new Set(stream.outbound.flat().map((ticket) => ticket.peer)))
      ctx.send(peer, { type: 'manifest', manifest });
    return { ok: true, data: { stream: id, epoch } };
  }

  /** Cuts one fragment into chunks, signs them and sends them on their way. */
  media(command: Media): CommandResult {
    const ctx = this.#ctx;
    const stream = ctx.streams.get(command.stream);
    const publishing = stream?.publishing ?? null;
    if (stream === undefined || publishing === null) return { ok: false, why: 'not-publisher' };
    if (!Number.isSafeInteger(command.size) || command.size <= 0) return { ok: false, why: 'invalid' };
    const slice = sliceBytes(stream.manifest as Manifest, command.size);
    const parts = Math.ceil(command.size / slice);
    const fragment = publishing.nextFragment++;
    const whole = command.payload.length === command.size;
    for (let part = 0; part < parts; part++) {
      const from = part * slice;
      const size = Math.min(slice, command.size - from);
      const payload = whole ? command.payload.subarray(from, from + size) : command.payload;
      this.#emit(stream, { fragment, part, parts, keyframe: command.keyframe, size }, payload);
    }
    return { ok: true };
  }

  #emit(
    stream: Stream,
    slice: Pick<Chunk, 'fragment' | 'part' | 'parts' | 'keyframe' | 'size'>,
    payload: Uint8Array,
  ): void {
    const ctx = this.#ctx;
    const publishing = stream.publishing as NonNullable<Stream['publishing']>;
    const seq = publishing.nextSeq++;
    const sourceTime = ctx.now - publishing.began;
    const unsigned = { stream: stream.id, epoch: stream.epoch, seq, sourceTime, ...slice };
    const chunk = signChunk(ctx.crypto, publishing.key, unsigned, payload);
    const sub = stream.dealing.subOf(seq);
    stream.window.put(chunk);
    stream.hear(seq);
    stream.subs.raise(sub, stream.epoch, seq, 0);
    const { keyframe, size } = slice;
    const { id, epoch } = stream;
    ctx.fx.trace?.({
      type: 'chunk',
      change: 'published',
      stream: id,
      epoch,
      seq,
      sub,
      peer: null,
      depth: 0,
      size,
      keyframe,
      sourceTime,
      why: 'source',
    });
    this.#relay.forward(stream, chunk, sub, null);
  }
}

/**
 * A fragment much larger than the mean, a keyframe, is cut so that its slices spread over the sub-streams: a relay
 * sends each to all its consumers in turn, and the last of them waits for all copies.
 */
export function sliceBytes(manifest: Manifest, size: number): number {
  const mean = (manifest.bitrate * manifest.chunkTime) / (8 * SECOND);
  const parts = Math.max(1, Math.ceil(size / Math.max(MIN_SLICE, SLICE_OF_MEAN * mean)));
  return Math.min(LIMITS.chunkBytes, Math.ceil(size / parts));
}

function invalid(command: Publish): string | null {
  const { substreams, chunkTime, bitrate, init } = command;
  if (!Number.isInteger(substreams) || substreams < 1 || substreams >= LIMITS.substreams) return 'substreams';
  if (!Number.isSafeInteger(chunkTime) || chunkTime <= 0 || chunkTime > 10 * SECOND) return 'chunkTime';
  if (!Number.isSafeInteger(bitrate) || bitrate <= 0) return 'bitrate';
  return init.length > LIMITS.initBytes ? 'init' : null;
}
