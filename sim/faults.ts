import type { Problem } from '../core/config.js';
import type { Rng } from '../core/machine.js';
import type { NodeId, Time } from '../core/units.js';
import { partition, type Rules } from './rules.js';

/** One row of a fault plan: plain data, so that a failing plan can be shrunk and stored. Times are microseconds. */
export interface Fault {
  readonly at: Time;
  readonly kind: FaultKind;
  /** A node, or a word that the host of the faults resolves to several, such as a class of nodes. */
  readonly target: string;
  /** Share of the targets that is struck, drawn when the time comes; null strikes all. */
  readonly param: number | null;
  /** How long it lasts; null for a partition that is never healed, or a restart in the same instant. */
  readonly for: Time | null;
}

export type FaultKind = 'crash' | 'restart' | 'leave' | 'partition';

/** What faults act on; only the owner of a run knows whom a word names and what else a crash entails. */
export interface FaultHost {
  readonly rules: Rules;
  readonly rng: Rng;
  schedule(at: Time, action: () => void): void;
  /** Running nodes that the word names, in a fixed order; none when the moment does not suit. */
  targets(word: string): readonly NodeId[];
  crash(id: NodeId): void;
  /** Starts a crashed node again, with the state it kept. */
  restart(id: NodeId): void;
  /** Asks a node to leave as a user would. */
  leave(id: NodeId): void;
}

interface FaultRow {
  readonly about: string;
  readonly strike: (host: FaultHost, nodes: readonly NodeId[], name: string) => void;
  /** Ends it after `for`; absent where nothing lasts. */
  readonly heal?: (host: FaultHost, nodes: readonly NodeId[], name: string) => void;
  /** What null in `for` means: at once, or never. */
  readonly healsAtOnce: boolean;
}

/** The kinds of faults; a new kind is a new row. */
export const FAULTS: Readonly<Record<FaultKind, FaultRow>> = {
  crash: {
    about: 'the node ends at once and nobody is told',
    strike: (host, nodes) => nodes.forEach((node) => host.crash(node)),
    healsAtOnce: false,
  },
  restart: {
    about: 'the node ends at once and, after `for`, starts again with what it kept',
    strike: (host, nodes) => nodes.forEach((node) => host.crash(node)),
    heal: (host, nodes) => nodes.forEach((node) => host.restart(node)),
    healsAtOnce: true,
  },
  leave: {
    about: 'the node hands its consumers over and goes',
    strike: (host, nodes) => nodes.forEach((node) => host.leave(node)),
    healsAtOnce: false,
  },
  partition: {
    about: 'nothing passes between the nodes it strikes and all others',
    strike: (host, nodes, name) => {
      const inside = new Set(nodes);
      host.rules.add(
        name,
        partition((node) => (inside.has(node) ? 1 : 0)),
      );
    },
    heal: (host, _nodes, name) => host.rules.remove(name),
    healsAtOnce: false,
  },
};

/** What the types do not say about a plan; empty when it makes sense. */
export function validateFaults(plan: readonly Fault[], path = 'faults'): Problem[] {
  return plan.flatMap((fault, index) => {
    const problems: Problem[] = [];
    const { kind, param, for: lasts } = fault;
    if (lasts !== null && FAULTS[kind].heal === undefined) {
      problems.push({ path: `${path}.${index}.for`, message: `means nothing for ${kind}, which does not end` });
    }
    if (param !== null && !(param > 0 && param <= 1)) {
      problems.push({ path: `${path}.${index}.param`, message: 'must be a share above 0 and at most 1' });
    }
    return problems;
  });
}

/** Schedules a plan; each fault strikes the nodes that are there when its time comes. */
export function applyFaults(plan: readonly Fault[], host: FaultHost): void {
  plan.forEach((fault, index) => {
    const row = FAULTS[fault.kind];
    const name = `fault/${index}`;
    const rng = host.rng.fork(name);
    host.schedule(fault.at, () => {
      const nodes = draw(host.targets(fault.target), fault.param ?? 1, rng);
      row.strike(host, nodes, name);
      const { heal } = row;
      if (heal === undefined || (fault.for === null && !row.healsAtOnce)) return;
      host.schedule(fault.at + (fault.for ?? 0), () => heal(host, nodes, name));
    });
  });
}

/** A share, rounded to the nearest number of nodes, drawn without repetition. */
function draw(nodes: readonly NodeId[], share: number, rng: Rng): readonly NodeId[] {
  const pool = [...nodes];
  const count = Math.round(pool.length * share);
  if (count === pool.length) return pool;
  for (let index = 0; index < count; index++) {
    const other = index + rng.below(pool.length - index);
    [pool[index], pool[other]] = [pool[other] as NodeId, pool[index] as NodeId];
  }
  return pool.slice(0, count);
}
