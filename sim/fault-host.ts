import type { Rng } from '../core/machine.js';
import type { NodeId } from '../core/units.js';
import type { FaultNote, Snapshot } from './checkers/checker.js';
import type { FaultHost } from './faults.js';
import type { AccessLink } from './network-access.js';
import type { Processors } from './processors.js';
import { isSelection, select } from './targets.js';
import type { World } from './world.js';

/** What the faults of a run need of it. */
export interface Struck {
  readonly rng: Rng;
  /** Liveness is being judged: nothing strikes any more. */
  isQuiet(): boolean;
  /** Everybody who is up, in a fixed order. */
  present(): Iterable<{ readonly id: NodeId; readonly kind: string }>;
  /** Name of the place where a node is. */
  regionOf(node: NodeId): string | undefined;
  snapshot(): Snapshot;
  crash(node: NodeId): void;
  restart(node: NodeId): void;
  leave(node: NodeId): void;
  /** Brings a viewer with the kit of another. */
  replace(id: NodeId, like: NodeId): void;
  /** For those that watch. */
  noted(fault: FaultNote): void;
  resumed(node: NodeId): void;
}

/** Lets a fault plan act on a run. */
export function faultHostOf<M extends { readonly type: string }, C extends { readonly type: string }, V>(
  run: Struck,
  world: World<M, C, V>,
  processors: Processors<M, C>,
): FaultHost {
  const { impairments, rules } = world.network;
  const drawn = run.rng.fork('drawn');
  let replacements = 0;
  const lineOf = (node: NodeId): AccessLink => world.node(node).link;
  /** The node of this name, those of this kind, or all; or one by its place in the overlay. */
  const named = (name: string, region: string | null): NodeId[] => {
    const isThere = (node: NodeId): boolean => region === null || run.regionOf(node) === region;
    if (!isSelection(name)) {
      const nodes = [...run.present()].filter(({ id, kind }) => [id, kind, 'all'].includes(name));
      return nodes.map(({ id }) => id).filter(isThere);
    }
    const { viewers, views } = run.snapshot();
    const node = select(name, viewers.filter(isThere), views, (n) => drawn.below(n));
    return node === null ? [] : [node];
  };
  return {
    rules,
    rng: run.rng,
    schedule: (at, action) => world.schedule(at, action),
    targets: (name, region) => (run.isQuiet() ? [] : named(name, region)),
    crash: (node) => run.crash(node),
    restart: (node) => (run.isQuiet() ? undefined : run.restart(node)),
    leave: (node) => run.leave(node),
    replace: (node) => run.replace(`r${++replacements}`, node),
    pause: (node) => world.pause(node),
    resume: (node) => {
      run.resumed(node);
      world.resume(node);
    },
    sever: (node) => impairments.sever(node),
    lose: (node, name, rate) => impairments.lose(node, name, rate),
    throttle: (node, name, factor) => impairments.throttle(node, lineOf(node), name, factor),
    slow: (node, name, perStep) => processors.slow(node, name, perStep),
    noted: ({ kind }, phase, nodes) => run.noted({ kind, phase, nodes }),
  };
}
