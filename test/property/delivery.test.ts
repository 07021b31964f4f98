import '../tools/fast-check.js';
import { fc, testProp } from '@fast-check/ava';
import type { Chunk } from '../../core/chunk.js';
import { Dealing } from '../../core/delivery/dealing.js';
import { Uplink } from '../../core/delivery/uplink.js';
import { ChunkWindow } from '../../core/delivery/window.js';
import { LIMITS } from '../../core/limits.js';
import type { Peer } from '../../core/membership/peers.js';
import type { ChunkMessage } from '../../core/message.js';
import type { Ticket } from '../../core/tickets/ticket.js';
import { MS, NEVER, SECOND } from '../../core/units.js';

const NOTHING = new Uint8Array(0);

function chunk(seq: number, more: Partial<Chunk> = {}): Chunk {
  return {
    stream: 's',
    epoch: 1,
    seq,
    fragment: seq,
    part: 0,
    parts: 1,
    keyframe: false,
    sourceTime: 0,
    size: 1_000,
    digest: NOTHING,
    envelope: NOTHING,
    signature: NOTHING,
    payload: NOTHING,
    ...more,
  };
}

testProp(
  'the window holds the newest chunks, as a map does that is asked for those above the floor only',
  [
    fc.array(
      fc.record({
        jump: fc.oneof(
          { weight: 8, arbitrary: fc.integer({ min: -20, max: 12 }) },
          { weight: 1, arbitrary: fc.integer({ min: -2 * LIMITS.windowChunks, max: 2 * LIMITS.windowChunks }) },
        ),
        keyframe: fc.boolean(),
        part: fc.nat(1),
        from: fc.nat(40),
        length: fc.nat(12),
      }),
      { minLength: 1, maxLength: 200 },
    ),
  ],
  (t, steps) => {
    const window = new ChunkWindow();
    const oracle = new Map<number, Chunk>();
    let newest = -1;
    for (const { jump, keyframe, part, from, length } of steps) {
      const added = chunk(Math.max(0, newest + jump), { keyframe, part });
      const fresh = added.seq >= newest - LIMITS.windowChunks + 1 && !oracle.has(added.seq);
      t.is(window.put(added), fresh);
      if (fresh) oracle.set(added.seq, added);
      newest = Math.max(newest, fresh ? added.seq : -1);
      t.is(window.newest, newest);
      const floor = Math.max(0, newest - LIMITS.windowChunks + 1);
      t.is(window.floor, floor);
      t.true(window.held <= LIMITS.windowChunks);
      const begin = Math.max(floor, newest - from);
      const there = [...oracle.keys()].filter((seq) => seq >= begin).sort((a, b) => a - b);
      for (let seq = begin; seq <= begin + length; seq++) t.is(window.get(seq), oracle.get(seq));
      t.is(window.nextFrom(begin)?.seq, there[0]);
      const whole = Array.from({ length: length + 1 }, (_, index) => begin + index).every((seq) => oracle.has(seq));
      t.is(window.isWhole(begin, begin + length), whole, `${begin} to ${begin + length}`);
      const keyframes = [...oracle.values()].filter((held) => held.seq >= floor && held.keyframe && held.part === 0);
      t.deepEqual(
        window.keyframes(length).map(({ seq }) => seq),
        keyframes
          .map(({ seq }) => seq)
          .sort((a, b) => a - b)
          .slice(Math.max(0, keyframes.length - length)),
      );
    }
    window.clear();
    t.deepEqual([window.newest, window.held, window.nextFrom(0), window.isWhole(0, 0)], [-1, 0, undefined, false]);
  },
);

testProp(
  'each block of K chunks goes to K sub-streams, in an order that does not depend on who asks when',
  [
    fc.integer({ min: 1, max: LIMITS.substreams - 1 }),
    fc.integer({ min: 0, max: 2 ** 32 }),
    // Up to six years of ten chunks a second.
    fc.array(fc.nat(2 ** 31 - 1), { minLength: 1, maxLength: 30 }),
  ],
  (t, substreams, epoch, seqs) => {
    const subs = Array.from({ length: substreams }, (_, sub) => sub);
    const seen = seqs.map((seq) => {
      const block = Math.floor(seq / substreams) * substreams;
      const dealt = subs.map((index) => Dealing.of(substreams, epoch).subOf(block + index));
      t.deepEqual(
        [...dealt].sort((a, b) => a - b),
        subs,
      );
      return dealt[seq - block];
    });
    Dealing.of(substreams === 1 ? 2 : 1, epoch + 1);
    const again = Dealing.of(substreams, epoch);
    for (const [index, seq] of [...seqs.entries()].reverse()) t.is(again.subOf(seq), seen[index] as number);
  },
);

testProp(
  'keyframes, whatever their period, do not gather on one sub-stream',
  [
    fc.integer({ min: 2, max: 16 }),
    fc.integer({ min: 1, max: 2 ** 31 }),
    fc.oneof(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 12 }).map((factor) => -factor),
    ),
    fc.nat(200),
  ],
  (t, substreams, epoch, period, first) => {
    const dealing = Dealing.of(substreams, epoch);
    // A negative period stands for a multiple of K, the worst for dealing in turns.
    const every = period < 0 ? -period * substreams : Math.max(period, substreams);
    const hits = Array.from({ length: substreams }, () => 0);
    const keyframes = 400;
    for (let index = 0; index < keyframes; index++) {
      const sub = dealing.subOf(first + index * every);
      hits[sub] = (hits[sub] as number) + 1;
    }
    // Six standard deviations of a fair draw.
    const fair = keyframes / substreams;
    const most = fair + 6 * Math.sqrt(fair * (1 - 1 / substreams));
    t.true(Math.max(...hits) <= most, `${hits.join(' ')}, at most ${most}`);
  },
);

function ticket(peer: string): Ticket {
  const other: Peer = {
    id: peer,
    row: 0,
    kind: 'node',
    address: null,
    congested: false,
    free: 0,
    interior: 0,
    at: null,
    questions: 0,
    askedAt: 0,
    referredAt: -Infinity,
    calls: 0,
  };
  return {
    side: 'provider',
    id: 1,
    generation: 0,
    incarnation: 1,
    sub: 0,
    peer: other,
    state: 'active',
    expires: NEVER,
    bitrate: 0,
    hopeless: false,
    rank: 0,
    displaces: null,
  };
}

interface Job {
  readonly ticket: Ticket | null;
  readonly to: string;
  readonly stream: string;
  readonly repair: boolean;
  readonly expires: number;
  fate: 'waits' | 'sent' | 'dropped' | 'forgotten' | 'full';
}

/** Drives an uplink and checks, at every step, what it may do. Throws at the first thing it may not. */
class Pacing {
  readonly uplink: Uplink;
  readonly jobs = new Map<ChunkMessage, Job>();
  readonly sends: { readonly at: number; readonly bytes: number }[] = [];
  readonly #bytesPerTime: number;
  now = 0;

  constructor(bitsPerSecond: number) {
    this.uplink = new Uplink(bitsPerSecond, 0.25);
    this.#bytesPerTime = bitsPerSecond / 8 / SECOND;
  }

  offer(size: number, patience: number, stream: string, given: Ticket | null, to: string, repair: boolean): void {
    const message: ChunkMessage = {
      type: 'chunk',
      mode: given === null ? 'pull' : 'push',
      chunk: chunk(this.jobs.size, { size, stream }),
      beatSeq: 0,
      depth: 0,
    };
    const expires = this.now + patience;
    const job: Job = { ticket: given, to, stream, repair, expires, fate: 'waits' };
    const verdict = this.uplink.offer(this.now, to, message, expires, given, repair);
    this.jobs.set(message, job);
    if (verdict === 'send') this.#sent(message, job);
    else if (verdict === 'full') job.fate = 'full';
  }

  drain(): void {
    this.uplink.drain(
      this.now,
      (to, message) => {
        const job = this.#waiting(message, to);
        demand(job.expires > this.now, 'sends what has expired');
        this.#sent(message, job);
      },
      (to, message) => {
        const job = this.#waiting(message, to);
        demand(job.expires <= this.now, 'drops what has not expired');
        job.fate = 'dropped';
      },
    );
  }

  forget(which: (job: Job) => boolean): void {
    for (const job of this.jobs.values()) if (job.fate === 'waits' && which(job)) job.fate = 'forgotten';
  }

  waiting(): Job[] {
    return [...this.jobs.values()].filter(({ fate }) => fate === 'waits');
  }

  #waiting(message: ChunkMessage, to: string): Job {
    const job = this.jobs.get(message);
    demand(job !== undefined && job.fate === 'waits' && job.to === to, `sends or drops what is ${job?.fate}`);
    return job as Job;
  }

  #sent(message: ChunkMessage, job: Job): void {
    for (const other of this.jobs.values()) {
      if (other === job) break;
      const waits = other.fate === 'waits' && other.expires > this.now;
      demand(!waits || other.repair !== job.repair, 'overtakes within a class');
    }
    const live = this.waiting().some(({ repair, expires }) => !repair && expires > this.now);
    demand(!job.repair || !live, 'repairs while live chunks wait');
    job.fate = 'sent';
    this.sends.push({ at: this.now, bytes: message.chunk.size });
    const burst = this.#bytesPerTime * 100 * MS;
    let bytes = 0;
    for (const { at, bytes: sent } of [...this.sends].reverse()) {
      demand(bytes <= this.#bytesPerTime * (this.now - at) + burst + LIMITS.chunkBytes, 'sends more than was lent');
      bytes += sent;
    }
  }
}

function demand(holds: boolean, message: string): void {
  if (!holds) throw new Error(`the uplink ${message}`);
}

const TICKETS = ['a', 'a', 'b', 'c'].map(ticket);

testProp(
  'an uplink keeps to its rate, sends in time or not at all, forgets what it is told to, and puts live chunks first',
  [
    fc.integer({ min: 50_000, max: 20_000_000 }),
    fc.array(
      fc.record({
        do: fc.constantFrom(
          ...(['live', 'live', 'live', 'repair', 'answer', 'drain', 'drain', 'ticket', 'stream', 'peer'] as const),
        ),
        pause: fc.oneof(fc.constant(0), fc.nat(400 * MS)),
        size: fc.integer({ min: 1, max: LIMITS.chunkBytes }),
        patience: fc.integer({ min: 1, max: 2 * SECOND }),
        pick: fc.nat(TICKETS.length - 1),
        stream: fc.constantFrom('s', 't'),
      }),
      { minLength: 1, maxLength: 150 },
    ),
  ],
  (t, rate, steps) => {
    const pacing = new Pacing(rate);
    const { uplink } = pacing;
    for (const { do: step, pause, size, patience, pick, stream } of steps) {
      pacing.now += pause;
      const picked = TICKETS[pick] as Ticket;
      const { id } = picked.peer;
      if (step === 'live' || step === 'repair') pacing.offer(size, patience, stream, picked, id, step === 'repair');
      else if (step === 'answer') pacing.offer(size, patience, stream, null, id, true);
      else if (step === 'drain') pacing.drain();
      else if (step === 'ticket') {
        uplink.forgetTicket(picked);
        pacing.forget((job) => job.ticket === picked);
      } else if (step === 'stream') {
        uplink.forgetStream(stream);
        pacing.forget((job) => job.stream === stream);
      } else {
        uplink.forget(id);
        pacing.forget((job) => job.to === id);
      }
      t.is(uplink.due(pacing.now) === NEVER, pacing.waiting().length === 0);
    }
    // Whoever comes back when it says gets something done each time, until nothing waits.
    for (let left = pacing.waiting().length; left > 0; left = pacing.waiting().length) {
      pacing.now = Math.max(pacing.now, uplink.due(pacing.now));
      pacing.drain();
      t.true(pacing.waiting().length < left);
    }
  },
);
