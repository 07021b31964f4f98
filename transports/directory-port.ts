import { assert } from '../core/assert.js';
import { LIMITS } from '../core/limits.js';
import type { Contact, Input, Network } from '../core/machine.js';
import type { Message } from '../core/message.js';
import type { NodeId } from '../core/units.js';
import { decode, encode } from '../core/wire/codec.js';
import { joinFrames } from './frames.js';

/** What became of a request: a body to answer with, or a refusal for the HTTP server to put into a status. */
export type FrameAnswer =
  | { readonly ok: true; readonly body: Uint8Array }
  | { readonly ok: false; readonly why: 'no-node' | 'malformed' | 'too-large' | 'stopped' };

/**
 * The directory's end of the HTTP route: the network of a machine that is asked and answers at once. Every request is
 * a short connection of its own; what the machine sends to others than the one who asks has no way to go.
 */
export class DirectoryPort<C> implements Network<Message, C> {
  /** Messages that had no way to go. */
  unroutable = 0;
  #receive: ((input: Input<Message, C>) => void) | null = null;
  #asking: NodeId | null = null;
  #answers: Uint8Array[] = [];
  #bytes = 0;

  attach(_node: NodeId, receive: (input: Input<Message, C>) => void): void {
    assert(this.#receive === null, 'a directory port serves one machine');
    this.#receive = receive;
  }

  detach(): void {
    this.#receive = null;
  }

  /** @param body one frame, or nothing to learn only who answers @param from what the request says, unproven */
  handleFrame(body: Uint8Array, from: NodeId | undefined): FrameAnswer {
    const receive = this.#receive;
    if (receive === null) return { ok: false, why: 'stopped' };
    if (body.length > LIMITS.controlBytes) return { ok: false, why: 'too-large' };
    if (from === undefined || !/^[a-zA-Z0-9._-]{1,64}$/.test(from)) return { ok: false, why: 'no-node' };
    if (body.length === 0) return { ok: true, body };
    const result = decode(body);
    if (!result.ok) return result.why === 'unknown-tag' ? { ok: true, body: new Uint8Array(0) } : MALFORMED;
    this.#asking = from;
    this.#answers = [];
    this.#bytes = 0;
    receive({ type: 'peer', peer: from, change: 'up', why: 'accepted' });
    receive({ type: 'message', from, message: result.message });
    receive({ type: 'peer', peer: from, change: 'down', why: 'closed' });
    this.#asking = null;
    return { ok: true, body: joinFrames(this.#answers) };
  }

  send(_from: NodeId, to: NodeId, message: Message): void {
    const frame = to === this.#asking ? encode(message) : null;
    if (frame === null || this.#bytes + frame.length + 4 > LIMITS.messageBytes) {
      this.unroutable++;
      return;
    }
    this.#bytes += frame.length + 4;
    this.#answers.push(frame);
  }

  /** A directory is asked and never asks. */
  connect(_from: NodeId, to: Contact): void {
    const receive = this.#receive;
    queueMicrotask(() => receive?.({ type: 'dial', contact: to, outcome: { ok: false, why: 'unreachable' } }));
  }

  disconnect(): void {
    this.#asking = null;
  }
}

const MALFORMED = { ok: false, why: 'malformed' } as const;
