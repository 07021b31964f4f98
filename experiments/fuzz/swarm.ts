import type { Rng } from '../../core/machine.js';
import { createRng } from '../../core/rng.js';
import type { FaultKind } from '../../sim/faults.js';

/** What befalls the worlds: everything, nothing but the network, or nodes that misbehave while others come and go. */
export const PROFILES = ['swarm', 'network', 'adversary'] as const;
export type Profile = (typeof PROFILES)[number];

/** Both ends included. */
export type Range = readonly [least: number, most: number];

/** How large the worlds may become. */
export interface Bounds {
  /** Viewers and the publisher; the directory is not counted. */
  readonly nodes: Range;
  /** Seconds of virtual time, without the quiet tail. */
  readonly seconds: Range;
}

export const BOUNDS: Bounds = { nodes: [3, 30], seconds: [20, 60] };

/**
 * Swarm testing (Groce et al., ISSTA 2012): what a seed can draw at all is itself drawn, once. A world in which half of
 * the kinds never occur shows what the others hide.
 */
export interface Swarm {
  readonly profile: Profile;
  /** Kinds of faults that may strike. */
  readonly kinds: readonly FaultKind[];
  /** Viewers, at most and at least. */
  readonly viewers: Range;
  readonly seconds: Range;
  /** Most entries of the fault plan. */
  readonly faults: number;
  /** The longest that a fault lasts, ms. */
  readonly lastsMs: number;
  /** The most that a latency fault adds one way, ms. */
  readonly latencyMs: number;
  /** The highest share of segments that a loss fault takes. */
  readonly loss: number;
  /** The least share of its uplink that a node keeps. */
  readonly uplink: number;
  /** Whether viewers come and go beside what the plan says. */
  readonly churn: boolean;
  /** Whether many may leave at once. */
  readonly cliff: boolean;
}

const NETWORK: readonly FaultKind[] = ['partition', 'one-way', 'latency', 'loss', 'slow-uplink', 'half-open'];
const NODES: readonly FaultKind[] = ['crash', 'restart', 'leave', 'pause', 'slow-node'];
const COMINGS: readonly FaultKind[] = ['crash', 'restart', 'leave'];

/** The kinds that a profile draws from. */
export function kindsOf(profile: Profile): readonly FaultKind[] {
  if (profile === 'adversary') return COMINGS;
  return profile === 'network' ? NETWORK : [...NODES, ...NETWORK];
}

/** What the seed may draw. */
export function drawSwarm(seed: number, profile: Profile, bounds: Bounds = BOUNDS): Swarm {
  const rng = createRng(`fuzz/${seed}`);
  const share = pick(rng, [0.15, 0.3, 0.5, 0.8]);
  const all = kindsOf(profile);
  const drawn = all.filter(() => rng.next() < share);
  const kinds = drawn.length > 0 ? drawn : [pick(rng, all)];
  const [fewest, most] = [Math.max(1, bounds.nodes[0] - 1), Math.max(1, bounds.nodes[1] - 1)];
  const [shortest, longest] = bounds.seconds;
  return {
    profile,
    kinds,
    viewers: [fewest, fewest + rng.below(most - fewest + 1)],
    seconds: [shortest, shortest + rng.below(longest - shortest + 1)],
    faults: 1 + rng.below(10),
    lastsMs: pick(rng, [400, 2_000, 6_000, 15_000]),
    latencyMs: pick(rng, [50, 300, 1_500, 5_000]),
    loss: pick(rng, [0.02, 0.08, 0.15]),
    uplink: pick(rng, [0.5, 0.2, 0.05]),
    churn: profile !== 'network' && rng.next() < 0.4,
    cliff: profile === 'swarm' && rng.next() < 0.15,
  };
}

function pick<T>(rng: Rng, choice: readonly T[]): T {
  return choice[rng.below(choice.length)] as T;
}
