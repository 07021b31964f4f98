import test from 'ava';
import type { KeyPair } from '../../core/machine.js';
import { createRng } from '../../core/rng.js';
import { createSimCrypto } from '../../sim/crypto.js';
import { handshakeOf } from '../../sim/handshake.js';

const rng = createRng('handshake');
const crypto = createSimCrypto(rng.fork('crypto'));

function handshake(key: (node: string) => KeyPair): (dialler: string, acceptor: string) => 'ok' | 'identity' {
  return handshakeOf({ crypto, rng: rng.fork('nonces'), key, incarnation: () => 1, endpoint: (node) => `sim:${node}` });
}

test('two nodes with keys of their own shake hands', (t) => {
  t.is(handshake((node) => crypto.keyPair(node))('a', 'b'), 'ok');
});

test('a node with a key that is not its own is found out, on either side', (t) => {
  const impostor = (node: string): KeyPair => crypto.keyPair(node === 'b' ? 'c' : node);
  t.is(handshake(impostor)('a', 'b'), 'identity');
  t.is(handshake(impostor)('b', 'a'), 'identity');
});

test('the same key on both sides is no pair', (t) => {
  t.is(handshake(() => crypto.keyPair('a'))('a', 'b'), 'identity');
});
