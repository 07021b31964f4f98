import Table from 'cli-table3';
import { OtherPast, fork, travel, type Fork, type Future } from '../../experiments/replay/fork.js';
import { worldAt, type WorldAt } from '../../experiments/replay/world.js';
import type { Entry } from '../../experiments/protocols.js';
import type { RecordedRun } from '../../experiments/replay/recorded-run.js';
import { SECOND, type Time } from '../../core/units.js';
import { changeProblems } from '../../sim/change.js';
import { loadScenario, type Json, type Scenario } from '../../sim/scenario.js';
import { isObject } from '../../sim/scenario/schema.js';
import { Unchangeable } from '../../sim/simulation.js';
import { EXIT, UsageError } from '../exit-codes.js';
import { VERSION } from '../version.js';
import { Progress } from './progress.js';
import { metricOf } from '../../experiments/metrics.js';
import type { Unit } from '../../viz/charts/units.js';
import { count, show } from './sim-table.js';

/** Nodes that the table shows. */
const MOST_LINES = 40;

export interface TravelFlags {
  readonly node?: string;
  readonly set: readonly (readonly [string, Json])[];
  readonly fault: readonly Json[];
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** `astral replay RUN --at TIME`: the world at that moment, or two futures of it. Returns the exit code. */
export function replayAt(recorded: RecordedRun, entry: Entry, at: Time, flags: TravelFlags): number {
  const { duration } = recorded.scenario;
  if (at > duration) throw new UsageError(`--at must not be beyond the run, which ends at ${duration / SECOND}s`);
  const forks = flags.set.length > 0 || flags.fault.length > 0;
  if (forks && flags.node !== undefined)
    throw new UsageError('--node shows a moment; give it without --set and --fault');
  const progress = new Progress(recorded.scenario.name, flags.quiet !== true);
  try {
    if (forks) {
      const scenario = changed(recorded, at, flags);
      const futures = fork(recorded, entry, { at, scenario }, (share) => progress.update(share));
      progress.stop();
      return print(flags, { schema: 'astral.fork/1', version: VERSION, run: recorded.path, ...futures }, () =>
        forkText(futures, recorded, [...flags.set.map(([path]) => path), ...flags.fault.map(() => 'fault')]),
      );
    }
    const run = travel(recorded, entry, at, (now) => progress.update(now / at));
    progress.stop();
    if (flags.node !== undefined) {
      const view = run.view(flags.node);
      if (view === null) throw new UsageError(`${flags.node} is not up then; there are ${run.ids().join(' ')}`);
      return print({ json: true }, view, () => '');
    }
    const world = worldAt(run);
    return print(flags, { schema: 'astral.world/1', version: VERSION, run: recorded.path, ...world }, () =>
      worldText(world),
    );
  } catch (error) {
    if (error instanceof Unchangeable) throw new UsageError(error.message.split('\n'));
    if (!(error instanceof OtherPast)) throw error;
    console.error(`error: ${error.message}`);
    return EXIT.failed;
  } finally {
    progress.stop();
  }
}

function print(flags: { readonly json?: boolean }, document: object, text: () => string): number {
  console.log(flags.json === true ? JSON.stringify(document, null, 2) : text());
  return EXIT.done;
}

/** The scenario of the other future; whatever cannot change on the way is a mistake of usage. */
function changed(recorded: RecordedRun, at: Time, flags: TravelFlags): Scenario {
  const { document } = recorded;
  const faults = isObject(document) && Array.isArray(document['faults']) ? (document['faults'] as Json[]) : [];
  const own = flags.set.findLast(([path]) => path === 'faults')?.[1];
  const plan = [...(Array.isArray(own) ? (own as Json[]) : faults), ...flags.fault];
  const set = flags.fault.length === 0 ? flags.set : [...flags.set, ['faults', plan] as const];
  const loaded = loadScenario(document, { set });
  const problems = loaded.ok ? changeProblems(recorded.scenario, loaded.scenario, at) : loaded.problems;
  if (!loaded.ok || problems.length > 0) {
    throw new UsageError(problems.map(({ path, message }) => `${path} ${message}`));
  }
  return loaded.scenario;
}

function worldText({ at, events, digest, nodes }: WorldAt): string {
  const starving = nodes.filter((node) => node.starving > 0).length;
  const supernodes = nodes.filter(({ role }) => role === 'supernode').length;
  const players = new Map<string, number>();
  for (const { player } of nodes) if (player !== null) players.set(player, (players.get(player) ?? 0) + 1);
  const table = new Table({
    head: ['node', 'role', 'depth', 'takes', 'serves', 'starving', 'player', 'missed', 'promised', 'peers'],
    style: { head: [], border: [], compact: true },
  });
  const order = nodes.toSorted((a, b) => (a.depth ?? Infinity) - (b.depth ?? Infinity) || (a.node < b.node ? -1 : 1));
  for (const node of order.slice(0, MOST_LINES)) {
    const { depth, player, promised } = node;
    table.push([
      ...[node.node, node.role, depth ?? '-', node.takes, node.serves, node.starving, player ?? '-', node.missed],
      ...[show(promised, 'share'), node.peers],
    ]);
  }
  const doing = [...players].map(([state, number]) => `${number} ${state}`).join(', ');
  const rest = nodes.length > MOST_LINES ? `\n... and ${nodes.length - MOST_LINES} more; --json has all of them` : '';
  return [
    `at ${at / SECOND} s: ${nodes.length} nodes; supernodes: ${supernodes}; starving: ${starving}; players: ${doing || 'none'}`,
    `${table.toString()}${rest}`,
    `after ${count(events)} events, digest ${digest}`,
  ].join('\n');
}

type Pick = (future: Future) => number | null | undefined;

const after = (name: keyof Future['after']): Pick => {
  return (future) => future.after[name];
};
const whole = (name: string): Pick => {
  return (future) => metricOf(future.document.metrics, name);
};

const ROWS: readonly (readonly [label: string, unit: Unit, pick: Pick])[] = [
  ['viewers, mean', 'rate', after('viewersMean')],
  ['chunks shown', 'share', after('shown')],
  ['chunks missed', 'count', after('missed')],
  ['repaired', 'share', after('repaired')],
  ['duplicates', 'share', after('duplicates')],
  ['providers suspected', 'count', after('suspected')],
  ['providers lost', 'count', after('lost')],
  ['providers replaced', 'count', after('replaced')],
  ['joins', 'count', after('joins')],
  ['leaves', 'count', after('leaves')],
  ['crashes', 'count', after('crashes')],
  ['whole run: continuity', 'share', whole('continuity.mean')],
  ['  viewers without a loss', 'share', whole('lossFree')],
  ['  arrival lag p95', 'ms', whole('arrivalLagMs.p95')],
  ['  gap p99', 'ms', whole('gapMs.p99')],
  ['  depth, mean', 'rate', whole('depth.mean')],
  ['  offload', 'share', whole('offload')],
  ['  overhead', 'share', whole('overhead.mean')],
];

function forkText(futures: Fork, run: RecordedRun, changes: readonly string[]): string {
  const { at, events, digest, checked, recorded, changed: other } = futures;
  const { name, title } = run.scenario;
  const table = new Table({
    head: [`after ${at / SECOND} s`, 'as recorded', 'changed'],
    style: { head: [], border: [], compact: true },
  });
  for (const [label, unit, pick] of ROWS) table.push([label, show(pick(recorded), unit), show(pick(other), unit)]);
  table.push(['violations', ...[recorded, other].map(({ document }) => String(document.violations.length))]);
  table.push(['digest', ...[recorded, other].map(({ document }) => document.digest)]);
  const held = checked === 0 ? 'the run kept no digests to hold it against' : `${checked} recorded digests hold`;
  return [
    `${name}: ${title}`,
    `protocol ${run.protocol}, ${run.scenario.viewers} viewers, seed ${run.seed}; changed from ${at / SECOND} s on: ${changes.join(', ')}`,
    table.toString(),
    `the same past: ${count(events)} events, digest ${digest}; ${held}`,
  ].join('\n');
}
