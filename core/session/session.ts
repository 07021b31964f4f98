import { assert } from '../assert.js';
import type { Crypto, KeyPair } from '../machine.js';
import type { NodeId } from '../units.js';
import { WIRE_VERSION } from '../wire/codec.js';
import {
  decodeHello,
  decodeProof,
  encodeHello,
  encodeProof,
  type Hello,
  NONCE_BYTES,
  type Side,
  transcript,
} from './hello.js';

/** Why a handshake ended without a session. */
export type SessionFault =
  /** Not a handshake frame, or not the one whose turn it is. */
  | 'malformed'
  /** The peer is this node, or sends this node's own bytes back. */
  | 'self'
  /** The peer is not the node that was dialled. */
  | 'identity'
  | 'network'
  | 'version'
  /** The peer does not hold the key it claims, or says something else to somebody else. */
  | 'proof';

/** Who is at the other end, proven. */
export interface SessionPeer {
  readonly id: NodeId;
  readonly incarnation: number;
  readonly endpoints: readonly string[];
  /** Abilities that both ends have. */
  readonly features: number;
  /** The highest version that both ends speak. */
  readonly version: number;
}

export interface SessionOptions {
  readonly side: Side;
  readonly crypto: Crypto;
  readonly key: KeyPair;
  readonly network: string;
  readonly incarnation: number;
  readonly endpoints: readonly string[];
  /** 32 bytes that no earlier session used. */
  readonly nonce: Uint8Array;
  /** The node that was dialled; null when any will do. */
  readonly expected: NodeId | null;
  readonly features?: number;
  /** Inclusive; this build's version when absent. */
  readonly versions?: readonly [min: number, max: number];
}

/** What follows from a step: frames to send at once, in order, even when the session failed. */
export interface SessionStep {
  readonly send: readonly Uint8Array[];
  readonly state: 'handshake' | 'open' | 'failed';
  readonly why: SessionFault | null;
}

/**
 * The handshake of one connection, without I/O and timers: hello, hello and proof, proof. The dialler is open after one
 * round trip, the acceptor after one and a half. Whoever drives it ends it when it takes too long; frames that come after
 * it is open are messages and are not for it. Nothing that a peer sends makes it throw.
 */
export class Session {
  #state: SessionStep['state'] = 'handshake';
  #peer: SessionPeer | null = null;
  /** The peer's hello, checked but not proven, and its bytes. */
  #claim: { readonly hello: Hello; readonly frame: Uint8Array } | null = null;
  readonly #options: SessionOptions;
  readonly #hello: Hello;
  readonly #frame: Uint8Array;

  constructor(options: SessionOptions) {
    assert(options.nonce.length === NONCE_BYTES, 'a nonce has 32 bytes');
    const [minVersion, maxVersion] = options.versions ?? [WIRE_VERSION, WIRE_VERSION];
    const { side, network, incarnation, nonce, endpoints, features = 0 } = options;
    const { publicKey } = options.key;
    this.#options = options;
    this.#hello = { side, network, minVersion, maxVersion, features, incarnation, publicKey, nonce, endpoints };
    this.#frame = encodeHello(this.#hello);
  }

  /** The proven peer; null unless open. */
  get peer(): SessionPeer | null {
    return this.#peer;
  }

  /** Call once, first. */
  start(): SessionStep {
    return this.#step(this.#options.side === 'dialler' ? [this.#frame] : []);
  }

  /** Takes one frame of the peer. The frame may be overwritten afterwards. */
  receive(frame: Uint8Array): SessionStep {
    if (this.#state !== 'handshake') return this.#fail('malformed');
    return this.#claim === null ? this.#onHello(frame) : this.#onProof(this.#claim, frame);
  }

  #onHello(frame: Uint8Array): SessionStep {
    const hello = decodeHello(frame);
    if (hello === null) return this.#fail('malformed');
    const fault = this.#judge(hello);
    if (fault !== null) return this.#fail(fault);
    this.#claim = { hello, frame: frame.slice() };
    return this.#step(this.#options.side === 'acceptor' ? [this.#frame, this.#proof(this.#claim.frame)] : []);
  }

  #onProof(claim: { readonly hello: Hello; readonly frame: Uint8Array }, frame: Uint8Array): SessionStep {
    const signature = decodeProof(frame);
    if (signature === null) return this.#fail('malformed');
    const { crypto, side } = this.#options;
    const { hello } = claim;
    if (!crypto.verify(hello.publicKey, this.#transcript(hello.side, claim.frame), signature))
      return this.#fail('proof');
    this.#state = 'open';
    this.#peer = {
      id: crypto.idOf(hello.publicKey),
      incarnation: hello.incarnation,
      endpoints: hello.endpoints,
      features: (hello.features & this.#hello.features) >>> 0,
      version: Math.min(hello.maxVersion, this.#hello.maxVersion),
    };
    return this.#step(side === 'dialler' ? [this.#proof(claim.frame)] : []);
  }

  #judge(hello: Hello): SessionFault | null {
    const own = this.#hello;
    const { crypto, expected, side } = this.#options;
    const id = crypto.idOf(hello.publicKey);
    if (hello.side === side || id === crypto.idOf(own.publicKey)) return 'self';
    if (expected !== null && id !== expected) return 'identity';
    if (hello.network !== own.network) return 'network';
    return hello.minVersion > own.maxVersion || hello.maxVersion < own.minVersion ? 'version' : null;
  }

  #proof(theirs: Uint8Array): Uint8Array {
    const { crypto, key, side } = this.#options;
    return encodeProof(crypto.sign(key, this.#transcript(side, theirs)));
  }

  #transcript(signer: Side, theirs: Uint8Array): Uint8Array {
    return this.#options.side === 'dialler'
      ? transcript(signer, this.#frame, theirs)
      : transcript(signer, theirs, this.#frame);
  }

  #step(send: readonly Uint8Array[]): SessionStep {
    return { send, state: this.#state, why: null };
  }

  #fail(why: SessionFault): SessionStep {
    this.#state = 'failed';
    this.#peer = null;
    return { send: [], state: 'failed', why };
  }
}
