import { fc, test, testProp } from '@fast-check/ava';
import { createRng } from '../../core/rng.js';
import { type Connection, keep } from '../../core/session/duplicates.js';
import { encodeHello, encodeProof, type Side } from '../../core/session/hello.js';
import { Session, type SessionOptions } from '../../core/session/session.js';
import { decode } from '../../core/wire/codec.js';
import { createSimCrypto } from '../../sim/crypto.js';

const crypto = createSimCrypto(createRng('session'));
let nonces = 0;

/** A nonce that no session of this file had. */
function nonce(): Uint8Array {
  const bytes = new Uint8Array(32).fill(7);
  new DataView(bytes.buffer).setUint32(0, ++nonces);
  return bytes;
}

function session(name: string, side: Side, change: Partial<SessionOptions> = {}): Session {
  const who = { key: crypto.keyPair(name), incarnation: name.length, endpoints: [`ws://${name}:1`] };
  return new Session({ side, crypto, network: 'astral', nonce: nonce(), expected: null, ...who, ...change });
}

type Tamper = (frame: Uint8Array, index: number) => Uint8Array | null;

/** Lets two sessions talk until both are silent; `tamper` may change or drop each frame in order. Returns all frames sent. */
function talk(dialler: Session, acceptor: Session, tamper: Tamper = (frame) => frame): Uint8Array[] {
  const frames: Uint8Array[] = [];
  acceptor.start();
  const queue = dialler.start().send.map((frame) => ({ frame, to: acceptor }));
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    frames.push(next.frame);
    const frame = tamper(next.frame, frames.length - 1);
    if (frame === null) continue;
    const back = next.to === acceptor ? dialler : acceptor;
    for (const answer of next.to.receive(frame).send) queue.push({ frame: answer, to: back });
  }
  return frames;
}

test('two nodes learn who the other is, and agree on what both can do', (t) => {
  const dialler = session('ann', 'dialler', { expected: 'berta', features: 0b1110, versions: [1, 3] });
  const acceptor = session('berta', 'acceptor', { features: 0x8000_0006, versions: [2, 9] });
  const frames = talk(dialler, acceptor);
  t.is(frames.length, 4);
  const agreed = { features: 0b110, version: 3 };
  t.deepEqual(dialler.peer, { id: 'berta', incarnation: 5, endpoints: ['ws://berta:1'], ...agreed });
  t.deepEqual(acceptor.peer, { id: 'ann', incarnation: 3, endpoints: ['ws://ann:1'], ...agreed });
  // Handshake frames inside a session are no messages, and messages are no handshake frames.
  for (const frame of frames) t.deepEqual(decode(frame), { ok: false, why: 'version' });
  t.is(dialler.receive(frames[1] as Uint8Array).why, 'malformed');
  t.is(dialler.peer, null);
});

test('refusals have their reasons', (t) => {
  const why = (dialler: Session, acceptor: Session) => acceptor.receive(dialler.start().send[0] as Uint8Array).why;
  t.is(why(session('ann', 'dialler'), session('ann', 'acceptor')), 'self');
  t.is(why(session('ann', 'dialler', { network: 'x' }), session('bob', 'acceptor')), 'network');
  t.is(why(session('ann', 'dialler', { versions: [3, 4] }), session('bob', 'acceptor')), 'version');
  t.is(why(session('ann', 'dialler'), session('bob', 'acceptor', { versions: [2, 4] })), 'version');
  t.is(why(session('ann', 'dialler'), session('bob', 'acceptor', { expected: 'eve' })), 'identity');
  t.is(why(session('ann', 'dialler', { endpoints: [] }), session('bob', 'acceptor')), null);
  const dialler = session('ann', 'dialler');
  t.is(dialler.receive(dialler.start().send[0] as Uint8Array).why, 'self');
  t.is(session('bob', 'acceptor').receive(encodeProof(new Uint8Array(64))).why, 'malformed');
  t.throws(() => session('ann', 'dialler', { nonce: new Uint8Array(31) }), { name: 'AssertionError' });
});

const change = fc.oneof(
  fc.record({ at: fc.nat(), by: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ cut: fc.nat() }),
  fc.record({ add: fc.uint8Array({ minLength: 1, maxLength: 4 }) }),
  fc.record({ instead: fc.uint8Array({ maxLength: 200 }) }),
);

testProp('who receives a frame that was tampered with never opens', [fc.nat(3), change], (t, which, how) => {
  const dialler = session('ann', 'dialler');
  const acceptor = session('bob', 'acceptor');
  talk(dialler, acceptor, (frame, index) => {
    if (index !== which) return frame;
    if ('instead' in how) return how.instead;
    if ('cut' in how) return frame.subarray(0, how.cut % frame.length);
    if ('add' in how) return new Uint8Array([...frame, ...how.add]);
    const changed = frame.slice();
    changed[how.at % frame.length]! ^= how.by;
    return changed;
  });
  // The frames are hello, hello, proof, proof: of them the acceptor receives the first and the last.
  t.is((which === 0 || which === 3 ? acceptor : dialler).peer, null);
  t.true(dialler.peer === null || dialler.peer.id === 'bob');
  t.is(acceptor.peer, null);
});

testProp(
  'frames that are lost or doubled open no session with anybody else',
  [fc.nat(3), fc.boolean()],
  (t, which, twice) => {
    const dialler = session('ann', 'dialler');
    const acceptor = session('bob', 'acceptor');
    const frames = talk(dialler, acceptor, (frame, index) => (index === which && !twice ? null : frame));
    if (twice && frames[which] !== undefined) {
      const again = which === 0 || which === 3 ? acceptor : dialler;
      t.is(again.receive(frames[which]).state, 'failed');
    }
    t.true(acceptor.peer === null || acceptor.peer.id === 'ann');
    t.true(dialler.peer === null || dialler.peer.id === 'bob');
  },
);

testProp(
  'random frames never throw and open nothing',
  [fc.array(fc.uint8Array({ maxLength: 300 })), fc.boolean()],
  (t, frames, head) => {
    const target = session('bob', 'acceptor');
    target.start();
    const magic = [0x61, 0x73, 0x74, 0x72, 0x61, 0x6c, 1];
    for (const frame of frames) target.receive(head ? new Uint8Array([...magic, ...frame]) : frame);
    t.is(target.peer, null);
    t.is(target.receive(new Uint8Array(1_000_000)).why, 'malformed');
  },
);

test('recorded sessions open nothing', (t) => {
  const [hello, answer, proof, last] = talk(session('ann', 'dialler'), session('bob', 'acceptor')) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const acceptor = session('bob', 'acceptor');
  t.is(acceptor.receive(hello).state, 'handshake');
  t.is(acceptor.receive(last).why, 'proof');
  const dialler = session('ann', 'dialler');
  dialler.start();
  t.is(dialler.receive(answer).state, 'handshake');
  t.is(dialler.receive(proof).why, 'proof');
});

test("one end's proof is not the other's, and nobody can pass a neighbour's proof off as his own", (t) => {
  // Mallory sends the acceptor's own proof back to it.
  const reflected = session('bob', 'acceptor');
  const [, own] = reflected.receive(session('ann', 'dialler').start().send[0] as Uint8Array).send;
  t.is(reflected.receive(own as Uint8Array).why, 'proof');

  // Ann dials Mallory, who wants Bob to take him for Ann: he passes Ann's hello on, but she signs for Mallory's answer.
  const ann = session('ann', 'dialler', { expected: 'mallory' });
  const bob = session('bob', 'acceptor');
  const hello = ann.start().send[0] as Uint8Array;
  bob.receive(hello);
  const mallory = session('mallory', 'acceptor');
  const [answer, proof] = mallory.receive(hello).send;
  ann.receive(answer as Uint8Array);
  const signed = ann.receive(proof as Uint8Array).send[0] as Uint8Array;
  t.is(ann.peer?.id, 'mallory');
  t.is(bob.receive(signed).why, 'proof');

  // Mallory claims Ann's key without having it.
  const hers = { key: crypto.keyPair('ann'), side: 'dialler' as const };
  const victim = session('bob', 'acceptor');
  const fields = { network: 'astral', minVersion: 1, maxVersion: 1, features: 0, incarnation: 9, endpoints: [] };
  const claim = encodeHello({ ...fields, side: hers.side, publicKey: hers.key.publicKey, nonce: nonce() });
  t.is(victim.receive(claim).state, 'handshake');
  t.is(victim.receive(encodeProof(crypto.sign(crypto.keyPair('mallory'), claim))).why, 'proof');
});

const id = fc.constantFrom('a', 'b');
const dials = fc.uniqueArray(id, { minLength: 2, maxLength: 2 });

testProp(
  'both ends keep the same one of two connections, in whatever order they see them',
  [dials, fc.nat(3)],
  (t, order, incarnation) => {
    const [first, second] = order.map((dialler): Connection => ({ dialler, incarnation })) as [Connection, Connection];
    const survivor = (held: Connection, fresh: Connection) => (keep(held, fresh) === 'held' ? held : fresh);
    t.is(survivor(first, second), survivor(second, first));
    t.is(survivor(first, second).dialler, 'a');
  },
);

testProp(
  'a later incarnation wins, an earlier one never does',
  [id, id, fc.nat(9), fc.nat(9)],
  (t, one, two, was, is) => {
    const verdict = keep({ dialler: one, incarnation: was }, { dialler: two, incarnation: is });
    if (was !== is) t.is(verdict, is > was ? 'fresh' : 'held');
    else t.is(verdict, two <= one ? 'fresh' : 'held');
  },
);
