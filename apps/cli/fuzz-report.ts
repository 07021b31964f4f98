import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../../experiments/make-folder.js';
import { quoted } from '../../experiments/sweep/slurm.js';
import type { Setting } from '../../experiments/fuzz/attempt.js';
import type { Failure } from '../../experiments/fuzz/fuzz.js';
import type { Shrunk } from '../../experiments/fuzz/shrink.js';
import type { Totals } from '../../experiments/fuzz/tally.js';
import type { Violation } from '../../sim/checkers/checker.js';
import type { JsonObject } from '../../sim/scenario.js';
import { colours } from '../colours.js';

/** One failure with all that is known of it, as `astral fuzz --json` shows it. */
export interface Found {
  /** What the seed drew, and what broke first. */
  readonly seed: number;
  readonly invariant: string;
  readonly violation: Violation;
  readonly swarm: Failure['swarm'];
  readonly drawn: JsonObject;
  /** The smallest world in which it still breaks; that of the seed when it could not be shrunk. */
  readonly minimal: {
    readonly seed: number;
    readonly scenario: JsonObject;
    readonly violation: Violation;
    readonly nodes: number;
    readonly faults: number;
    readonly runs: number;
    readonly complete: boolean;
  };
  readonly file: string;
  readonly command: string;
}

/** Writes the smallest scenario to a file and says how to run it. */
export function keep(
  folder: string,
  protocol: string,
  failure: Failure,
  violation: Violation,
  smallest: Shrunk | null,
  set: readonly Setting[],
): Found {
  const { invariant } = violation;
  const { seed, swarm, scenario: drawn } = failure;
  const scenario: JsonObject = { ...(smallest?.scenario ?? drawn), ...(protocol === 'astral' ? {} : { protocol }) };
  const { nodes, faults, runs, complete } = smallest ?? {
    nodes: Number(drawn['viewers']) + 1,
    faults: (drawn['faults'] as readonly unknown[]).length,
    runs: 0,
    complete: false,
  };
  makeFolder(folder);
  const file = freshName(join(folder, `${invariant}-${seed}`));
  writeFileSync(file, `${JSON.stringify(scenario, null, 2)}\n`);
  const settings = set.flatMap(([path, value]) => ['--set', `${path}=${JSON.stringify(value)}`]);
  const luck = smallest?.seed ?? seed;
  const command = ['npx', 'astral', 'sim', file, '--seed', String(luck), ...settings, '--check', 'all']
    .map(quoted)
    .join(' ');
  const minimal = { seed: luck, scenario, violation: smallest?.violation ?? violation, nodes, faults, runs, complete };
  return { seed, invariant, violation, swarm, drawn, minimal, file, command };
}

function freshName(base: string): string {
  for (let copy = 1; ; copy++) {
    const name = copy === 1 ? `${base}.json` : `${base}-${copy}.json`;
    if (!existsSync(name)) return name;
  }
}

/** The seed, what it could draw, what it drew, and what broke. */
export function drawnLines({ seed, swarm, scenario, violations }: Failure): string {
  const { faults, ...world } = scenario;
  const plan = (faults as readonly JsonObject[]).map((fault) => `    ${JSON.stringify(fault)}`);
  return [
    colours.red(`seed ${seed} breaks ${violations.map(({ invariant }) => invariant).join(', ')}`),
    `  may draw   ${JSON.stringify(swarm)}`,
    `  world      ${JSON.stringify(world)}`,
    `  faults     ${plan.length === 0 ? 'none' : ''}`.trimEnd(),
    ...plan,
    ...violations.map((violation) => `  ${line(violation)}`),
  ].join('\n');
}

/** What is left of a failure after shrinking. */
export function describe({ invariant, minimal, file, command }: Found): string {
  const { nodes, faults, runs, complete, violation, scenario } = minimal;
  const how = complete ? 'nothing smaller breaks it' : 'the time for shrinking was over';
  const plan = (scenario['faults'] as readonly JsonObject[]).map((fault) => `    ${JSON.stringify(fault)}`);
  return [
    `${invariant} shrunk to ${nodes} nodes (viewers and publisher) and ${faults} faults in ${runs} runs; ${how}`,
    ...plan,
    `  ${line(violation)}`,
    `  scenario   ${file}`,
    `  repeat it  ${command}`,
    '',
  ].join('\n');
}

function line({ invariant, at, nodes, detail }: Violation): string {
  return colours.red(`${invariant} at ${(at / 1000).toFixed(3)} s, ${nodes.join(' ')}: ${detail}`);
}

/** One paragraph at the end: how much was tried, and whether everything that can be judged was. */
export function summary(totals: Totals, wallMs: number): string {
  const { seeds, failed, virtualHours, nodeHours, events, checkers, faults } = totals;
  const counts = (record: Readonly<Record<string, number>>): string =>
    Object.entries(record)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'none';
  const verdict =
    failed.length === 0
      ? colours.green('every invariant held')
      : colours.red(
          `${failed.length} failed: ${failed.slice(0, 20).join(', ')}${failed.length > 20 ? ' and more' : ''}`,
        );
  return [
    `${seeds} seeds, ${verdict}`,
    `  ${virtualHours.toFixed(2)} virtual hours, ${nodeHours.toFixed(1)} node-hours, ${events} events in ${(wallMs / 1000).toFixed(1)} s: ${((seeds * 1000) / wallMs).toFixed(1)} seeds a second`,
    `  checkers, by the runs they judged: ${counts(checkers)}`,
    `  faults, by the plans they stood in: ${counts(faults)}`,
  ].join('\n');
}
