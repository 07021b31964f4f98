import type { Problem } from '../core/config.js';
import type { Rng } from '../core/machine.js';
import { MS, type NodeId, type Time } from '../core/units.js';
import { mute, partition, slow, type Rules } from './rules.js';

/** One row of a fault plan: plain data, so that a failing plan can be shrunk and stored. Times are microseconds. */
export interface Fault {
  readonly at: Time;
  readonly kind: FaultKind;
  /** A node, or a word that the host of the faults resolves to several, such as a class of nodes. */
  readonly target: string;
  /** Only those of them who are at the place of this name; null means wherever they are. */
  readonly region?: string | null;
  /** What the kind says it is; where it says nothing else, the share of the targets that is struck. */
  readonly param: number | null;
  /** Share of the targets that is struck, drawn when the time comes; null strikes all. */
  readonly share?: number | null;
  /** How long it lasts; null for a partition that is never healed, or a restart in the same instant. */
  readonly for: Time | null;
  /** Strikes again after each of these; null strikes once. */
  readonly every?: Time | null;
  /** No repetition from then on; null repeats to the end of the run. */
  readonly until?: Time | null;
  /** Somebody like the one struck joins in the same instant. */
  readonly replace?: boolean;
  /** The figures `afterFault` are about this one. */
  readonly marked?: boolean;
}

export type FaultKind =
  | 'crash'
  | 'restart'
  | 'leave'
  | 'partition'
  | 'clog'
  | 'one-way'
  | 'latency'
  | 'loss'
  | 'slow-uplink'
  | 'slow-node'
  | 'pause'
  | 'half-open';

/** What faults act on; only the owner of a run knows whom a word names and what else a crash entails. */
export interface FaultHost {
  readonly rules: Rules;
  readonly rng: Rng;
  schedule(at: Time, action: () => void): void;
  /** Running nodes that the word names, those of a region alone unless it is null, in a fixed order; none when the moment does not suit. */
  targets(word: string, region: string | null): readonly NodeId[];
  crash(id: NodeId): void;
  /** Starts a crashed node again, with the state it kept. */
  restart(id: NodeId): void;
  /** Asks a node to leave as a user would. */
  leave(id: NodeId): void;
  /** Brings a newcomer with the line of the one that was struck. */
  replace(id: NodeId): void;
  /** Pauses nest. */
  pause(id: NodeId): void;
  resume(id: NodeId): void;
  /** All connections of the node go dead without a word. */
  sever(id: NodeId): void;
  /** Loss beside that of the network, under a name; null lifts it. */
  lose(id: NodeId, name: string, rate: number | null): void;
  /** Share of its uplink that a node has left, under a name; null lifts it. */
  throttle(id: NodeId, name: string, factor: number | null): void;
  /** Adds to what each step costs a node, under a name; null lifts it. */
  slow(id: NodeId, name: string, perStep: Time | null): void;
  /** A fault begins or ends, for those that watch. */
  noted?(fault: Fault, phase: 'begin' | 'end', nodes: readonly NodeId[]): void;
}

/** One strike of a fault: its nodes, the name under which it is lifted, and `param` with its default filled in. */
interface Strike {
  readonly nodes: readonly NodeId[];
  readonly name: string;
  readonly param: number;
}

interface FaultRow {
  readonly about: string;
  /** What `param` is; null where it is the share of the targets. */
  readonly param: { readonly about: string; readonly min: number; readonly max: number; readonly usual: number } | null;
  readonly strike: (host: FaultHost, strike: Strike) => void;
  /** Ends it after `for`; absent where nothing lasts. */
  readonly heal?: (host: FaultHost, strike: Strike) => void;
  /** What null in `for` means. */
  readonly lasts: 'at once' | 'for ever' | 'must say';
}

/** The kinds of faults; a new kind is a new row. */
export const FAULTS: Readonly<Record<FaultKind, FaultRow>> = {
  crash: {
    about: 'the node ends at once and nobody is told',
    param: null,
    strike: (host, { nodes }) => nodes.forEach((node) => host.crash(node)),
    lasts: 'at once',
  },
  restart: {
    about: 'the node ends at once and, after `for`, starts again with what it kept',
    param: null,
    strike: (host, { nodes }) => nodes.forEach((node) => host.crash(node)),
    heal: (host, { nodes }) => nodes.forEach((node) => host.restart(node)),
    lasts: 'at once',
  },
  leave: {
    about: 'the node hands its consumers over and goes',
    param: null,
    strike: (host, { nodes }) => nodes.forEach((node) => host.leave(node)),
    lasts: 'at once',
  },
  partition: {
    about: 'nothing passes between the nodes it strikes and all others',
    param: null,
    strike: (host, { nodes, name }) => {
      const inside = new Set(nodes);
      host.rules.add(
        name,
        partition((node) => (inside.has(node) ? 1 : 0)),
      );
    },
    heal: (host, { name }) => host.rules.remove(name),
    lasts: 'for ever',
  },
  clog: {
    about: 'nothing passes to or from each node it strikes, also between two of them; what waited then arrives at once',
    param: null,
    strike: (host, { nodes, name }) => {
      const inside = new Set(nodes);
      host.rules.add(
        name,
        partition((node) => (inside.has(node) ? node : 0)),
      );
    },
    heal: (host, { name }) => host.rules.remove(name),
    lasts: 'must say',
  },
  'one-way': {
    about: 'nothing that the nodes it strikes send arrives at any other; they still hear',
    param: null,
    strike: (host, { nodes, name }) => {
      const inside = new Set(nodes);
      host.rules.add(
        name,
        mute((node) => inside.has(node)),
      );
    },
    heal: (host, { name }) => host.rules.remove(name),
    lasts: 'for ever',
  },
  latency: {
    about: 'all that the node sends and receives takes longer',
    param: { about: 'ms more each way', min: 1, max: 30_000, usual: 200 },
    strike: (host, { nodes, name, param }) => {
      const inside = new Set(nodes);
      host.rules.add(
        name,
        slow((from, to) => inside.has(from) || inside.has(to), param * MS),
      );
    },
    heal: (host, { name }) => host.rules.remove(name),
    lasts: 'for ever',
  },
  loss: {
    about: 'segments are lost beside those that the network loses; on a connection that is delay',
    param: { about: 'share of the segments', min: 0.0001, max: 0.9, usual: 0.1 },
    strike: (host, { nodes, name, param }) => nodes.forEach((node) => host.lose(node, name, param)),
    heal: (host, { nodes, name }) => nodes.forEach((node) => host.lose(node, name, null)),
    lasts: 'for ever',
  },
  'slow-uplink': {
    about: 'the uplink runs at a share of its rate, and the node is not told',
    param: { about: 'share of the rate', min: 0.01, max: 10, usual: 0.25 },
    strike: (host, { nodes, name, param }) => nodes.forEach((node) => host.throttle(node, name, param)),
    heal: (host, { nodes, name }) => nodes.forEach((node) => host.throttle(node, name, null)),
    lasts: 'for ever',
  },
  'slow-node': {
    about: 'each step of the node takes longer: a message, a timer, a command; what comes meanwhile waits its turn',
    param: { about: 'ms more a step', min: 1, max: 500, usual: 10 },
    strike: (host, { nodes, name, param }) => nodes.forEach((node) => host.slow(node, name, param * MS)),
    heal: (host, { nodes, name }) => nodes.forEach((node) => host.slow(node, name, null)),
    lasts: 'for ever',
  },
  pause: {
    about: 'the node handles nothing for a while, as in a garbage collection or asleep; what comes for it waits',
    param: null,
    strike: (host, { nodes }) => nodes.forEach((node) => host.pause(node)),
    heal: (host, { nodes }) => nodes.forEach((node) => host.resume(node)),
    lasts: 'must say',
  },
  'half-open': {
    about: 'the connections that the node has go dead and neither end is told, as when a router forgets them',
    param: null,
    strike: (host, { nodes }) => nodes.forEach((node) => host.sever(node)),
    lasts: 'at once',
  },
};

/** What the types do not say about a plan; empty when it makes sense. */
export function validateFaults(plan: readonly Fault[], path = 'faults'): Problem[] {
  const problems = plan.flatMap((fault, index) => validateFault(fault, `${path}.${index}`));
  const marked = plan.findLastIndex((fault) => fault.marked === true);
  if (plan.filter((fault) => fault.marked === true).length > 1) {
    problems.push({ path: `${path}.${marked}.marked`, message: 'only one fault of a plan can be marked' });
  }
  return problems;
}

function validateFault(fault: Fault, path: string): Problem[] {
  const problems: Problem[] = [];
  const demand = (holds: boolean, key: string, message: string): void => {
    if (!holds) problems.push({ path: `${path}.${key}`, message });
  };
  const { kind, param, share = null, every = null, until = null } = fault;
  const row = FAULTS[kind];
  demand(fault.for === null || row.heal !== undefined, 'for', `means nothing for ${kind}, which does not end`);
  demand(fault.for !== null || row.lasts !== 'must say', 'for', `must say how long the ${kind} lasts`);
  const shared = (value: number | null): boolean => value === null || (value > 0 && value <= 1);
  if (row.param === null) demand(shared(param), 'param', 'must be a share above 0 and at most 1');
  else {
    const { about, min, max } = row.param;
    demand(param === null || (param >= min && param <= max), 'param', `must be ${about}, from ${min} to ${max}`);
  }
  demand(shared(share), 'share', 'must be a share above 0 and at most 1');
  demand(row.param !== null || param === null || share === null, 'share', `is what param says for ${kind}; give one`);
  demand(every === null || every > 0, 'every', 'must be above zero');
  demand(until === null || every !== null, 'until', 'means nothing without every');
  demand(until === null || until > fault.at, 'until', 'must be later than at');
  demand(fault.replace !== true || kind === 'crash' || kind === 'leave', 'replace', 'is for crash and leave');
  demand(fault.marked !== true || every === null, 'marked', 'is for a fault that strikes once');
  return problems;
}

/** A fault plan at work. */
export interface AppliedFaults {
  /** Ends all that lasts. */
  readonly lift: () => void;
  /** Another plan from now on. Entries at the same place that are the same go on; the others must not have begun. */
  readonly change: (plan: readonly Fault[]) => void;
}

/** Schedules a plan; each fault strikes the nodes that are there when its time comes. */
export function applyFaults(plan: readonly Fault[], host: FaultHost): AppliedFaults {
  const lasting = new Map<string, () => void>();
  let inForce: readonly Fault[] = [];
  const change = (next: readonly Fault[]): void => {
    const before = inForce;
    inForce = next.map((fault, index) => {
      const old = before[index];
      return old !== undefined && sameFault(old, fault) ? old : fault;
    });
    inForce.forEach((fault, index) => {
      if (fault === before[index]) return;
      schedule(fault, `fault/${index}`, host, lasting, () => inForce[index] === fault);
    });
  };
  change(plan);
  return {
    lift: () => {
      for (const lift of [...lasting.values()]) lift();
    },
    change,
  };
}

/** Whether two entries of a plan say the same. */
export function sameFault(a: Fault, b: Fault): boolean {
  const facts = ({
    at,
    kind,
    target,
    region,
    param,
    share,
    for: lasts,
    every,
    until,
    replace,
    marked,
  }: Fault): string => {
    const optional = [region ?? null, share ?? null, every ?? null, until ?? null];
    return JSON.stringify([at, kind, target, param, lasts, ...optional, replace, marked]);
  };
  return facts(a) === facts(b);
}

function schedule(
  fault: Fault,
  name: string,
  host: FaultHost,
  lasting: Map<string, () => void>,
  holds: () => boolean,
): void {
  const rng = host.rng.fork(name);
  const { every = null, until = null } = fault;
  const strike = (round: number): void => {
    if (!holds()) return;
    const at = fault.at + (every ?? 0) * round;
    begin(fault, at, every === null ? name : `${name}/${round}`, host, rng, lasting);
    if (every === null) return;
    const next = at + every;
    if (until === null || next < until) host.schedule(next, () => strike(round + 1));
  };
  // In two steps, so that it strikes after whatever else is to happen at that very time, whenever the plan became known.
  host.schedule(fault.at, () => host.schedule(fault.at, () => strike(0)));
}

function begin(
  fault: Fault,
  at: Time,
  name: string,
  host: FaultHost,
  rng: Rng,
  lasting: Map<string, () => void>,
): void {
  const row = FAULTS[fault.kind];
  const share = fault.share ?? (row.param === null ? fault.param : null) ?? 1;
  const nodes = draw(host.targets(fault.target, fault.region ?? null), share, rng, (fault.every ?? null) !== null);
  const strike: Strike = { nodes, name, param: row.param === null ? 1 : (fault.param ?? row.param.usual) };
  host.noted?.(fault, 'begin', nodes);
  row.strike(host, strike);
  if (fault.replace === true) nodes.forEach((node) => host.replace(node));
  const { heal } = row;
  if (heal === undefined) return;
  const lift = (): void => {
    if (!lasting.delete(name)) return;
    heal(host, strike);
    host.noted?.(fault, 'end', nodes);
  };
  lasting.set(name, lift);
  if (fault.for !== null || row.lasts === 'at once') host.schedule(at + (fault.for ?? 0), lift);
}

/**
 * A share, drawn without repetition, rounded to the nearest number of nodes; where it is drawn again and again it is
 * rounded by chance, so that a small share comes out right in the long run.
 */
function draw(nodes: readonly NodeId[], share: number, rng: Rng, recurs: boolean): readonly NodeId[] {
  const pool = [...nodes];
  const wanted = pool.length * share;
  const count = recurs && share < 1 ? Math.floor(wanted + rng.next()) : Math.round(wanted);
  if (count === pool.length) return pool;
  for (let index = 0; index < count; index++) {
    const other = index + rng.below(pool.length - index);
    [pool[index], pool[other]] = [pool[other] as NodeId, pool[index] as NodeId];
  }
  return pool.slice(0, count);
}
