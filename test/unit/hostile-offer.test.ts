import '../tools/fast-check.js';
import { fc, test, testProp } from '@fast-check/ava';
import type { Beat, ClockReading, Keyframe, Message } from '../../core/message.js';
import { MS, SECOND } from '../../core/units.js';
import { decode, encode } from '../../core/wire/codec.js';
import { LoneNode, STREAM } from './lone-node.js';

/** When the stream began, by the clock of the viewer, and how long a message takes. */
const BEGAN = -20 * SECOND;
const TRANSIT = 20 * MS;

interface Hearsay {
  readonly beat: Beat;
  readonly source: ClockReading | null;
  readonly keyframes: readonly Keyframe[];
}

function offer(sub: number, hearsay: Hearsay): Message {
  const ids = { ticket: 1 + sub, generation: 0, incarnation: 1 };
  return { type: 'offer', stream: STREAM, sub, ...ids, ttl: 2 * SECOND, ...hearsay, at: null };
}

/** A viewer of two sub-streams that has asked two neighbours; `shift` is added to all honest sequence numbers. */
class Viewing {
  readonly lone = new LoneNode('hostile');
  readonly #shift: number;
  #next = 200;

  constructor(shift = 0) {
    this.#shift = shift;
    const { lone } = this;
    lone.command({ type: 'watch', stream: STREAM });
    for (const peer of ['liar', 'honest']) lone.meet(peer);
    lone.tell('honest', { type: 'manifest', manifest: lone.manifest({ substreams: 2 }) });
    lone.pass(500 * MS);
  }

  /** What is true now. */
  truth(): Hearsay {
    const time = this.lone.now - BEGAN;
    const newest = Math.floor(time / (100 * MS));
    const keyframe = newest - (newest % 10);
    return {
      beat: { epoch: 1, seq: newest + this.#shift, depth: 0 },
      source: { time, error: 5 * MS },
      keyframes: [{ seq: keyframe + this.#shift, sourceTime: keyframe * 100 * MS }],
    };
  }

  /** Both neighbours push, ten chunks a second. */
  stream(seconds: number): void {
    const { lone } = this;
    const end = lone.now + seconds * SECOND;
    for (; ; this.#next++) {
      const arrives = BEGAN + this.#next * 100 * MS + TRANSIT;
      if (arrives > end) break;
      if (arrives < lone.now) continue;
      lone.pass(arrives - lone.now);
      const seq = this.#next + this.#shift;
      const chunk = lone.chunk(seq, this.#next * 100 * MS);
      lone.tell('honest', { type: 'chunk', mode: 'push', chunk, beatSeq: seq, depth: 0 });
    }
    lone.pass(end - lone.now);
  }
}

test('an offer of a keyframe that will never come does not keep a viewer from playing', (t) => {
  const viewing = new Viewing();
  const { lone } = viewing;
  const keyframes = [{ seq: 1e9, sourceTime: lone.now - BEGAN + 1e12 }];
  lone.tell('liar', offer(0, { ...viewing.truth(), keyframes }));
  lone.tell('honest', offer(1, viewing.truth()));
  viewing.stream(30);
  t.true(lone.played.length > 200, `${lone.played.length} played`);
});

test('an offer by whose clock the stream has hardly begun does not keep a viewer from playing', (t) => {
  const viewing = new Viewing();
  const { lone } = viewing;
  lone.tell('liar', offer(0, { ...viewing.truth(), source: { time: 0, error: 0 } }));
  lone.tell('honest', offer(1, viewing.truth()));
  viewing.stream(30);
  t.true(lone.played.length > 200, `${lone.played.length} played`);
});

const ordinal = fc.oneof(fc.nat(2_000), fc.constantFrom(2 ** 40, 2 ** 52 - 2), fc.nat(2 ** 40));
const time = fc.oneof(fc.nat(60 * SECOND), fc.constant(2 ** 52), fc.nat(2 ** 40));
testProp(
  'whatever one provider says of start, beat and clock, a viewer plays what others send',
  [
    fc.array(fc.record({ seq: ordinal, sourceTime: time }), { maxLength: 4 }),
    ordinal,
    fc.option(fc.record({ time, error: fc.nat(20 * SECOND) }), { nil: null }),
    fc.boolean(),
  ],
  (t, keyframes, seq, source, first) => {
    const viewing = new Viewing();
    const { lone } = viewing;
    const lie = (): void => lone.tell('liar', offer(0, { beat: { epoch: 1, seq, depth: 0 }, source, keyframes }));
    if (first) lie();
    lone.tell('honest', offer(1, viewing.truth()));
    if (!first) lie();
    viewing.stream(25);
    t.true(lone.played.length > 50, `${lone.played.length} played`);
    t.is(lone.node.view().streams[0]?.player?.state, 'playing');
    for (const { message } of lone.sent) t.true(decode(encode(message)).ok, message.type);
  },
  { numRuns: 60 },
);

test('an offer of keyframe 0 of a long stream costs no walk over all of it', (t) => {
  const began = Date.now();
  const viewing = new Viewing(1e9);
  const { lone } = viewing;
  viewing.stream(0.3);
  const { sourceTime } = viewing.truth().keyframes[0]!;
  lone.tell('honest', offer(1, { ...viewing.truth(), keyframes: [{ seq: 0, sourceTime }] }));
  viewing.stream(5);
  t.true(lone.played.length > 10, `${lone.played.length} played`);
  t.true(Date.now() - began < 5_000);
});

test('a chunk far ahead, signed by the publisher, costs no walk over the gap', (t) => {
  const began = Date.now();
  const viewing = new Viewing();
  const { lone } = viewing;
  for (const sub of [0, 1]) lone.tell('honest', offer(sub, viewing.truth()));
  viewing.stream(5);
  const before = lone.played.length;
  t.true(before > 10);
  for (const seq of [1e9, 2 ** 40]) {
    const chunk = lone.chunk(seq, lone.now - BEGAN);
    lone.tell('honest', { type: 'chunk', mode: 'push', chunk, beatSeq: seq, depth: 0 });
    lone.pass(5 * SECOND);
  }
  t.true(lone.played.length > before && lone.played.at(-1)?.seq === 2 ** 40);
  t.true(Date.now() - began < 5_000);
});
