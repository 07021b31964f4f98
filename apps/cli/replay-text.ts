import type { Difference, InputRecord } from '../../sim/inputs.js';
import type { RecordedRun } from '../../experiments/replay/recorded-run.js';
import type { Repeat } from '../../experiments/replay/repeat.js';
import { count } from './sim-table.js';

/** Virtual time as people read it. */
export function seconds(at: number): string {
  return `${(at / 1e6).toFixed(6)} s`;
}

/** One event on one line: when, which node, what it was told, by whom or about whom, how large. */
export function inputLine(record: InputRecord | null): string {
  if (record === null) return 'nothing: the run has ended';
  const { at, node, input, what, peer, bytes } = record;
  const from = peer === null ? '' : ` ${input === 'message' ? 'from' : 'about'} ${peer}`;
  return `${seconds(at)}  ${node}  ${input}${what === '' ? '' : ` ${what}`}${from}${bytes > 0 ? `, ${bytes} bytes` : ''}`;
}

/** The two sides of the first event that differs, and what came just before it. */
export function differenceText({ index, first, second, before }: Difference, names: readonly [string, string]): string {
  const width = Math.max(...names.map((name) => name.length));
  return [
    `the first event that differs is number ${count(index + 1)}:`,
    `  ${names[0].padEnd(width)}  ${inputLine(first)}`,
    `  ${names[1].padEnd(width)}  ${inputLine(second)}`,
    ...(before.length === 0 ? [] : ['before it both had:', ...before.map((record) => `  ${inputLine(record)}`)]),
  ].join('\n');
}

/** What came of a repetition, for people. */
export function repeatText(result: Repeat, recorded: RecordedRun, version: string): string {
  const { scenario, protocol, seed } = recorded;
  const head = `${scenario.name}: ${scenario.title}\nprotocol ${protocol}, ${scenario.viewers} viewers, seed ${seed}`;
  if (result.same) return `${head}\nthe same: ${count(result.events)} events, digest ${result.digest}`;
  const { from, to, fromAt, toAt, digests, difference } = result;
  const ran = `recorded by astral ${recorded.version} on Node ${recorded.prefixes?.node ?? 'unknown'}; this is astral ${version} on Node ${process.version}`;
  const span = fromAt === null || toAt === null ? '' : ` (virtual time ${seconds(fromAt)} to ${seconds(toAt)})`;
  const where =
    difference === null
      ? `the runs part between event ${count(from + 1)} and event ${count(to)}${span}\nto name the event, record with: astral sim ... --trace`
      : differenceText(difference, ['recorded', 'repeated']);
  return `${head}\nDIFFERENT: digest ${digests[0]} was recorded, ${digests[1]} came out\n${where}\n${ran}`;
}
