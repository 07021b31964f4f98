import type { Crypto, KeyPair, Rng } from '../core/machine.js';
import { Session, type SessionStep } from '../core/session/session.js';
import type { NodeId } from '../core/units.js';

const NONCE_BYTES = 32;
const NETWORK = 'simulation';

/** What the two ends of a simulated connection bring to their handshake. */
export interface HandshakeOptions {
  readonly crypto: Crypto;
  /** Nonces are drawn from it. */
  readonly rng: Rng;
  key(node: NodeId): KeyPair;
  incarnation(node: NodeId): number;
  endpoint(node: NodeId): string;
}

/** Runs the session of the core for both ends of a new connection; the dial has paid for its flights. */
export function handshakeOf(options: HandshakeOptions): (dialler: NodeId, acceptor: NodeId) => 'ok' | 'identity' {
  const { crypto, rng } = options;
  const session = (side: 'dialler' | 'acceptor', node: NodeId, expected: NodeId | null): Session =>
    new Session({
      side,
      crypto,
      key: options.key(node),
      network: NETWORK,
      incarnation: options.incarnation(node),
      endpoints: [options.endpoint(node)],
      nonce: drawNonce(rng),
      expected,
    });
  return (dialler, acceptor) => {
    const ends = [session('dialler', dialler, acceptor), session('acceptor', acceptor, null)] as const;
    let flight: SessionStep = ends[0].start();
    for (let turn = 1; flight.send.length > 0 && flight.state !== 'failed'; turn++) {
      const receiver = ends[turn % 2] as Session;
      let answer: SessionStep = { send: [], state: 'handshake', why: null };
      const send: Uint8Array[] = [];
      for (const frame of flight.send) {
        answer = receiver.receive(frame);
        send.push(...answer.send);
      }
      flight = { ...answer, send };
    }
    return ends[0].peer?.id === acceptor && ends[1].peer?.id === dialler ? 'ok' : 'identity';
  };
}

function drawNonce(rng: Rng): Uint8Array {
  const words = new Uint32Array(NONCE_BYTES / 4);
  for (let index = 0; index < words.length; index++) words[index] = rng.below(2 ** 32);
  return new Uint8Array(words.buffer);
}
