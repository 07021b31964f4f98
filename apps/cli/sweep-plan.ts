import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Table from 'cli-table3';
import { SECOND } from '../../core/units.js';
import { buildFingerprint } from '../../experiments/sweep/build.js';
import { manifestOf, SweepDirectory } from '../../experiments/sweep/directory.js';
import { pathsOf, showValue, valuesOf } from '../../experiments/sweep/point.js';
import { shardOf, weightOf, type Shard } from '../../experiments/sweep/run-sweep.js';
import type { Study } from '../../experiments/sweep/study.js';
import { colours } from '../colours.js';
import { VERSION } from '../version.js';

/** Seconds of a viewer's time that a thread of a small virtual machine simulates in a second; see the table of the README. */
const TYPICAL_SPEED = 2500;

/** What \`--dry-run --json\` prints. */
interface Plan {
  readonly schema: 'astral.sweep-plan/1';
  readonly study: string;
  readonly runs: number;
  readonly finished: number;
  /** Of the runs that are still to do: virtual seconds times viewers. */
  readonly viewerSeconds: number;
  /** Processor seconds of the runs that are still to do. */
  readonly estimatedSeconds: number;
  /** Whether finished runs told the speed, or it is the usual one. */
  readonly estimateFrom: 'finished runs' | 'a usual machine';
  readonly points: readonly object[];
}

export function planDocument(study: Study, out: string | undefined, part: Shard): Plan {
  const size = study.cells.length * study.seeds.length;
  const mine = shardOf(size, part);
  const directory = openIfThere(study, out);
  const done = directory?.finished() ?? new Set<number>();
  const weight = (at: number): number => {
    const cell = study.cells[Math.floor(at / study.seeds.length)];
    return cell === undefined ? 0 : weightOf(cell) / SECOND;
  };
  const total = (places: readonly number[]): number => places.reduce((sum, at) => sum + weight(at), 0);
  const left = total(mine.filter((at) => !done.has(at)));
  const known = [...done].slice(0, 200);
  const wallMs = known.reduce((sum, at) => sum + (directory?.read(at).document.run.wallMs ?? 0), 0);
  const speed = wallMs > 0 ? (total(known) * 1000) / wallMs : TYPICAL_SPEED;
  return {
    schema: 'astral.sweep-plan/1',
    study: study.name,
    runs: mine.length,
    finished: mine.filter((at) => done.has(at)).length,
    viewerSeconds: left,
    estimatedSeconds: Math.round(left / speed),
    estimateFrom: wallMs > 0 ? 'finished runs' : 'a usual machine',
    points: study.cells.map(({ scenarioName, protocol, parameters, scenario }) => ({
      scenario: scenarioName,
      protocol,
      parameters,
      nodes: scenario.viewers,
      seconds: scenario.duration / SECOND,
      seeds: study.seeds.length,
    })),
  };
}

/** The grid as a table, and about how long it takes. */
export function planTable(study: Study, out: string | undefined, part: Shard): string {
  const plan = planDocument(study, out, part);
  const names = pathsOf(study.cells);
  const table = new Table({
    style: { head: [], border: [], compact: true },
    head: ['scenario', 'protocol', ...names, 'viewers', 'virtual time', 'seeds'].map((text) => colours.bold(text)),
  });
  for (const cell of study.cells) {
    const { scenarioName, protocol, scenario } = cell;
    const values = valuesOf(cell, names).map(showValue);
    const time = `${scenario.duration / SECOND} s`;
    table.push([scenarioName, protocol, ...values, scenario.viewers, time, seedsInWords(study.seeds)]);
  }
  const whose = part.of === 1 ? '' : ` in part ${part.index} of ${part.of}`;
  const cost = `about ${inWords(plan.estimatedSeconds)} on one processor, judged by ${plan.estimateFrom}`;
  return [
    colours.bold(study.title === 'untitled' ? study.name : study.title),
    ...(study.question === 'none stated' ? [] : [study.question]),
    table.toString(),
    `${plan.runs} runs${whose}, ${plan.finished} of them done; ${cost}`,
  ].join('\n');
}

/** `1..10` where they follow one another. */
export function seedsInWords(seeds: readonly number[]): string {
  const [first = 0] = seeds;
  const inRow = seeds.every((seed, index) => seed === first + index);
  return inRow && seeds.length > 2 ? `${first}..${first + seeds.length - 1}` : seeds.join(',');
}

function openIfThere(study: Study, out: string | undefined): SweepDirectory | null {
  if (out === undefined || !existsSync(join(out, 'manifest.json'))) return null;
  return SweepDirectory.begin(out, manifestOf(study, VERSION, buildFingerprint()));
}

function inWords(seconds: number): string {
  if (seconds < 90) return `${seconds} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
