import type { Problem } from '../core/config.js';
import type { Rng } from '../core/machine.js';
import type { NodeId, Time } from '../core/units.js';
import { partition, type Rules } from './rules.js';

/** Named nodes, or a share of the nodes of a class (of all when none is given), drawn when the fault strikes. */
export type FaultTarget = readonly NodeId[] | { readonly share: number; readonly class?: string };

/** One row of a fault plan: plain data, so that a failing plan can be shrunk and stored. Times are microseconds. */
export interface Fault {
  readonly at: Time;
  readonly kind: FaultKind;
  readonly target: FaultTarget;
  /** Meaning depends on the kind, see `FAULTS`; no kind of today needs one. */
  readonly param?: number;
  /** How long it lasts; without it a crash is final and a partition is never healed. */
  readonly for?: Time;
}

export type FaultKind = 'crash' | 'restart' | 'leave' | 'partition';

/** What faults act on. */
export interface FaultWorld {
  schedule(at: Time, action: () => void): void;
  crash(id: NodeId): void;
  readonly network: { readonly rules: Rules };
}

/** What only the owner of the run knows how to do. */
export interface FaultHost {
  readonly world: FaultWorld;
  /** Draws the targets that are given as a share. */
  readonly rng: Rng;
  /** Running nodes of a class in a fixed order; null asks for all that faults may hit. */
  candidates(className: string | null): readonly NodeId[];
  /** Starts a node again, with the state it kept. */
  restart(id: NodeId): void;
  /** Asks a node to leave as a user would. */
  leave(id: NodeId): void;
}

interface FaultRow {
  readonly about: string;
  /** Whether `for` means something. */
  readonly lasting: boolean;
  readonly strike: (host: FaultHost, nodes: readonly NodeId[], fault: Fault, name: string) => void;
  readonly heal?: (host: FaultHost, nodes: readonly NodeId[], name: string) => void;
}

/** The kinds of faults; a new kind is a new row. */
export const FAULTS: Readonly<Record<FaultKind, FaultRow>> = {
  crash: {
    about: 'ends nodes at once, without a word to their peers; `for` is the time until they start again',
    lasting: true,
    strike: (host, nodes) => nodes.forEach((node) => host.world.crash(node)),
    heal: (host, nodes) => nodes.forEach((node) => host.restart(node)),
  },
  restart: {
    about: 'ends nodes and starts them in the same instant; starts those that are down',
    lasting: false,
    strike: (host, nodes) => nodes.forEach((node) => host.restart(node)),
  },
  leave: {
    about: 'has nodes leave gracefully',
    lasting: false,
    strike: (host, nodes) => nodes.forEach((node) => host.leave(node)),
  },
  partition: {
    about: 'cuts the targets off from all other nodes, both ways; `for` is the time until it heals',
    lasting: true,
    strike: (host, nodes, _fault, name) => {
      const inside = new Set(nodes);
      host.world.network.rules.add(
        name,
        partition((node) => (inside.has(node) ? 1 : 0)),
      );
    },
    heal: (host, _nodes, name) => host.world.network.rules.remove(name),
  },
};

const KEYS: readonly string[] = ['at', 'kind', 'target', 'param', 'for'];

/** All problems of a plan at once, with their paths. */
export function validateFaults(plan: unknown, path = 'faults'): Problem[] {
  if (!Array.isArray(plan)) return [{ path, message: 'must be a list of faults' }];
  return plan.flatMap((fault: unknown, index) => validateFault(fault, `${path}[${index}]`));
}

function validateFault(fault: unknown, path: string): Problem[] {
  if (typeof fault !== 'object' || fault === null) return [{ path, message: 'must be an object' }];
  const { at, kind, target, param, for: lasts } = fault as Readonly<Record<string, unknown>>;
  const problems: Problem[] = Object.keys(fault)
    .filter((key) => !KEYS.includes(key))
    .map((key) => ({ path: `${path}.${key}`, message: `is not known; a fault has ${KEYS.join(', ')}` }));
  const demand = (holds: boolean, key: string, message: string): void => {
    if (!holds) problems.push({ path: `${path}.${key}`, message });
  };
  const row = typeof kind === 'string' && Object.hasOwn(FAULTS, kind) ? FAULTS[kind as FaultKind] : undefined;
  demand(row !== undefined, 'kind', `must be one of ${Object.keys(FAULTS).join(', ')}`);
  demand(isTime(at), 'at', 'must be a whole number of microseconds, 0 or more');
  demand(isTarget(target), 'target', 'must be a list of node names or {share: above 0 and at most 1, class?: name}');
  demand(param === undefined || Number.isFinite(param), 'param', 'must be a number');
  demand(lasts === undefined || (isTime(lasts) && lasts > 0), 'for', 'must be a positive whole number of microseconds');
  demand(lasts === undefined || row === undefined || row.lasting, 'for', `means nothing for ${String(kind)}`);
  return problems;
}

/** Schedules a plan on a world; a row strikes when its time comes, on the nodes that are there then. */
export function applyFaults(plan: readonly Fault[], host: FaultHost): void {
  plan.forEach((fault, index) => {
    const row = FAULTS[fault.kind];
    const name = `fault/${index}`;
    const rng = host.rng.fork(name);
    host.world.schedule(fault.at, () => {
      const nodes = drawTargets(fault.target, host, rng);
      row.strike(host, nodes, fault, name);
      const { heal } = row;
      if (fault.for !== undefined && heal !== undefined) {
        host.world.schedule(fault.at + fault.for, () => heal(host, nodes, name));
      }
    });
  });
}

/** A share is rounded to the nearest number of nodes and drawn without repetition. */
function drawTargets(target: FaultTarget, host: FaultHost, rng: Rng): readonly NodeId[] {
  if (!('share' in target)) return target;
  const pool = [...host.candidates(target.class ?? null)];
  const count = Math.round(pool.length * target.share);
  for (let index = 0; index < count; index++) {
    const other = index + rng.below(pool.length - index);
    [pool[index], pool[other]] = [pool[other] as NodeId, pool[index] as NodeId];
  }
  return pool.slice(0, count);
}

function isTime(value: unknown): value is Time {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isTarget(target: unknown): boolean {
  if (Array.isArray(target)) return target.every((node) => typeof node === 'string');
  if (typeof target !== 'object' || target === null) return false;
  const { share, class: className, ...rest } = target as Readonly<Record<string, unknown>>;
  const known = typeof share === 'number' && share > 0 && share <= 1;
  return known && (className === undefined || typeof className === 'string') && Object.keys(rest).length === 0;
}
