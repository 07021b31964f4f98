import fc, { type Arbitrary } from 'fast-check';
import { BEHAVIOURS, type Behaviour } from '../../sim/behaviours.js';
import type { FaultKind } from '../../sim/faults.js';
import type { Swarm } from './swarm.js';

/** One entry of a fault plan as it is drawn; times in tenths of a second. */
export interface DrawnFault {
  readonly kind: FaultKind;
  readonly target: string;
  readonly at: number;
  /** How long it lasts; null to the end, where the kind allows that, else no time. */
  readonly lasts: number | null;
  readonly share: number;
  /** What `param` is where it is not a share. */
  readonly amount: number | null;
  readonly every: number | null;
  readonly replace: boolean;
}

/** A world as it is drawn: plain numbers, each of which fast-check can make smaller or plainer by itself. */
export interface World {
  readonly viewers: number;
  readonly faults: readonly DrawnFault[];
  /** Seconds. */
  readonly duration: number;
  /** Mean stay of a viewer, seconds; null: everybody stays. */
  readonly session: number | null;
  readonly crashShare: number;
  /** When a part leaves, tenths of seconds, and how large it is. */
  readonly cliff: { readonly at: number; readonly share: number } | null;
  /** Share of the viewers that come early, before a crowd; null: all within the ramp. */
  readonly early: number | null;
  /** Seconds. */
  readonly ramp: number;
  readonly loss: number;
  /** Uplinks in bitrates: of the publisher, and of each class of viewers. */
  readonly publisher: number;
  readonly uplinks: readonly number[];
  /** kbit/s. */
  readonly bitrate: number;
  readonly chunkMs: number;
  /** Chunks from keyframe to keyframe, and the size of one over the mean. */
  readonly keyframeEvery: number;
  readonly keyframeFactor: number;
  readonly substreams: number;
  readonly standby: boolean;
  /** Some of the viewers are up to no good. */
  readonly adversaries: { readonly behaviour: Behaviour; readonly share: number } | null;
  /** Share of each class that nobody can dial. */
  readonly hidden: number;
}

/** Whom a kind may strike, the plainest first; a word that stands twice is drawn twice as often. */
const SINGLE = ['v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v8', 'v12'];
const SOME = [...SINGLE, 'interior', 'interior', 'most-descendants', 'viewer', 'viewer', 'viewer'];
const TARGETS: Readonly<Record<FaultKind, readonly string[]>> = {
  crash: [...SOME, 'directory'],
  restart: [...SOME, 'publisher', 'publisher', 'directory', 'all'],
  leave: SOME,
  partition: [...SOME, 'publisher', 'directory'],
  clog: [...SOME, 'publisher', 'directory'],
  'one-way': [...SOME, 'publisher', 'directory'],
  latency: [...SOME, 'publisher', 'directory', 'all'],
  loss: [...SOME, 'publisher', 'all'],
  'slow-uplink': [...SOME, 'publisher', 'all'],
  'slow-node': [...SOME, 'publisher', 'directory'],
  pause: [...SOME, 'publisher', 'directory', 'all'],
  'half-open': [...SOME, 'publisher', 'directory', 'all'],
};
/**
 * Uplinks of the classes, in bitrates: so much in the mean that there are slots for all, whole ones and without the
 * reserve. In a network that is all but full an orphan may ask full nodes only, although another one has room.
 */
const MIXES: readonly (readonly number[])[] = [[3], [4], [2.5], [4, 1], [5, 0.5], [3, 3, 1], [8, 0.5, 0.3]];
/** Kinds that last to the end when they do not say how long. */
const ENDLESS: readonly FaultKind[] = ['partition', 'one-way', 'latency', 'loss', 'slow-uplink', 'slow-node'];
const MISBEHAVIOURS = (Object.keys(BEHAVIOURS) as Behaviour[]).filter((behaviour) => behaviour !== 'honest');
/** Nothing strikes before this, tenths of seconds. */
const FIRST = 20;

/** What fast-check draws of a swarm and how it makes it smaller: fewer viewers first, then fewer faults, then less time. */
export function worlds(swarm: Swarm): Arbitrary<World> {
  const [, longest] = swarm.seconds;
  return fc.record({
    viewers: fc.integer({ min: swarm.viewers[0], max: swarm.viewers[1] }),
    faults: fc.array(fc.oneof(...swarm.kinds.map((kind) => faults(kind, swarm))), {
      maxLength: swarm.faults,
      size: 'max',
    }),
    duration: fc.integer({ min: swarm.seconds[0], max: longest }),
    session: swarm.churn ? fc.option(fc.integer({ min: 8, max: 90 })) : fc.constant(null),
    crashShare: fc.constantFrom(0, 0.5, 1),
    cliff: swarm.cliff
      ? fc.option(fc.record({ at: fc.integer({ min: 50, max: longest * 10 }), share: fc.constantFrom(0.3, 0.6, 0.9) }))
      : fc.constant(null),
    early: fc.option(fc.constantFrom(0.5, 0.2), { freq: 4 }),
    ramp: fc.constantFrom(2, 5, 1, 10),
    // More than a connection can carry is no test of a protocol: loss bounds its rate (see the network model).
    loss: fc.constantFrom(0, 0.001, 0.003),
    publisher: fc.constantFrom(10, 6, 4),
    uplinks: fc.constantFrom(...MIXES),
    bitrate: fc.constantFrom(500, 300, 200),
    chunkMs: fc.constantFrom(100, 50, 200),
    keyframeEvery: fc.constantFrom(10, 5, 20, 1),
    keyframeFactor: fc.constantFrom(1, 3, 6),
    substreams: fc.constantFrom(4, 1, 2, 6, 8),
    standby: fc.constantFrom(true, true, true, false),
    adversaries:
      swarm.profile === 'adversary'
        ? fc.record({ behaviour: fc.constantFrom(...MISBEHAVIOURS), share: fc.constantFrom(0.2, 0.1, 0.4) })
        : fc.constant(null),
    hidden: fc.constantFrom(0, 0, 0.3),
  });
}

function faults(kind: FaultKind, swarm: Swarm): Arbitrary<DrawnFault> {
  const lasts = fc.integer({ min: 1, max: Math.max(1, Math.round(swarm.lastsMs / 100)) });
  return fc.record({
    kind: fc.constant(kind),
    target: fc.constantFrom(...TARGETS[kind]),
    at: fc.integer({ min: FIRST, max: Math.max(FIRST, swarm.seconds[1] * 10 - FIRST) }),
    lasts: ENDLESS.includes(kind) ? fc.oneof(lasts, lasts, lasts, fc.constant(null)) : lasts,
    share: fc.constantFrom(0.3, 0.1, 0.5, 0.8, 1),
    amount: amount(kind, swarm),
    every: fc.option(fc.integer({ min: 20, max: 100 }), { freq: 6 }),
    replace: kind === 'crash' || kind === 'leave' ? fc.boolean() : fc.constant(false),
  });
}

function amount(kind: FaultKind, swarm: Swarm): Arbitrary<number | null> {
  if (kind === 'latency') return fc.integer({ min: 10, max: swarm.latencyMs });
  if (kind === 'loss') return fc.integer({ min: 1, max: Math.round(swarm.loss * 100) }).map(percent, inPercent);
  if (kind === 'slow-uplink') {
    return fc.integer({ min: Math.round(swarm.uplink * 100), max: 90 }).map(percent, inPercent);
  }
  // Milliseconds that each step costs.
  if (kind === 'slow-node') return fc.integer({ min: 1, max: 10 });
  return fc.constant(null);
}

const percent = (whole: number): number => whole / 100;
const inPercent = (share: unknown): number => Math.round(Number(share) * 100);
