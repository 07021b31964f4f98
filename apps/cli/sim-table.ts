import Table from 'cli-table3';
import { figure, type Unit } from '../../viz/charts/units.js';
import { colours } from '../colours.js';
import { metricNamed, metricOf } from '../../experiments/metrics.js';
import type { TimedDocument } from '../../experiments/timed.js';
import type { MetricTree } from '../../sim/metrics/summary.js';
import type { Scenario, Target } from '../../sim/scenario.js';

/** Rows of the table: what is printed, which figures it shows and what they are measured in. */
const ROWS: readonly (readonly [label: string, unit: Unit, metrics: readonly string[]])[] = [
  ['continuity mean, p5, p1, min', 'share', ['continuity.mean', 'continuity.p5', 'continuity.p1', 'continuity.min']],
  ['  with intact pictures', 'share', ['continuity.decodable']],
  ['  at 1, 2, 3, 5, 10 s', 'share', ['1000', '2000', '3000', '5000', '10000'].map((at) => `continuityAt.${at}`)],
  ['viewers without a loss', 'share', ['lossFree']],
  ['start-up p50, p95, p99', 'ms', ['startupMs.p50', 'startupMs.p95', 'startupMs.p99']],
  ['join p50, p95, p99', 'ms', ['joinMs.p50', 'joinMs.p95', 'joinMs.p99']],
  ['arrival lag p50, p95, p99', 'ms', ['arrivalLagMs.p50', 'arrivalLagMs.p95', 'arrivalLagMs.p99']],
  ['  bound: greedy schedule', 'ms', ['reference.lagMs']],
  ['stalls, in 10 min, longest ms', 'count', ['stall.count', 'stall.per10min', 'stall.maxMs']],
  ['picture behind the source p50, p99', 'ms', ['lagMs.p50', 'lagMs.p99']],
  ['detect p50, p99', 'ms', ['detectMs.p50', 'detectMs.p99']],
  ['  less the one way', 'ms', ['detectMs.beyondOneWay.p50', 'detectMs.beyondOneWay.p99']],
  ['recover p50, p95, p99', 'ms', ['recoverMs.p50', 'recoverMs.p95', 'recoverMs.p99']],
  ['repair p50, p95, p99', 'ms', ['repairMs.p50', 'repairMs.p95', 'repairMs.p99']],
  ['gap p50, p95, p99', 'ms', ['gapMs.p50', 'gapMs.p95', 'gapMs.p99']],
  ['after the marked fault: continuity', 'share', ['afterFault.continuity']],
  [
    '  all fed, full rate again, longest stall',
    'ms',
    ['afterFault.fedMs', 'afterFault.fullRateMs', 'afterFault.stallMaxMs'],
  ],
  ['switches a minute: to improve, forced, spurious', 'rate', ['switch.voluntary', 'switch.forced', 'switch.spurious']],
  ['false detections a node-hour', 'rate', ['falseDetections']],
  ['supernodes mean, max', 'rate', ['supernodes.mean', 'supernodes.max']],
  ['  control overhead of one at most', 'share', ['overhead.supernodeMax']],
  ['asks refused', 'share', ['tickets.refusedShare']],
  ['offload', 'share', ['offload']],
  ['  bound', 'share', ['bound.offload']],
  ['overhead: control, headers, transport', 'share', ['overhead.mean', 'overhead.integrity', 'overhead.transport']],
  ['redundancy', 'share', ['redundancy']],
  ['uplink queue p50, p95', 'ms', ['uplinkQueueMs.p50', 'uplinkQueueMs.p95']],
  ['within a region', 'share', ['sameRegion']],
  ['depth mean, p95, max', 'rate', ['depth.mean', 'depth.p95', 'depth.max']],
  ['upload fairness', 'rate', ['uploadFairness']],
  ['resource index, bound of the rate', 'rate', ['resourceIndex', 'bound.rate']],
  ['polluted: played, forwarded', 'count', ['polluted.played', 'polluted.forwarded']],
];

/** The result of a run for people, with the targets of its workload beside the figures. */
export function simTable(document: TimedDocument, scenario: Scenario): string {
  const table = new Table({
    style: { head: [], border: [], compact: true },
    head: ['', 'figure', 'target'].map((text) => colours.bold(text)),
  });
  const shown = new Set(ROWS.flatMap(([, , names]) => names));
  const others = new Set(scenario.targets.map(({ metric }) => metric).filter((name) => !shown.has(name)));
  const wanted = [...others].map((name) => {
    const { label, unit } = metricNamed(name);
    return [label, unit, [name]] as const;
  });
  for (const [label, unit, names] of [...ROWS, ...wanted]) {
    const figures = names.map((name) => show(metricOf(document.metrics, name), unit)).join('  ');
    table.push([label, figures, targets(document.metrics, scenario.targets, names, unit)]);
  }
  const { run } = document;
  const title = scenario.title === 'untitled' ? '' : ` ${scenario.title}`;
  const head = `${colours.bold(document.scenario)}${title}\n${document.protocol}, ${document.nodes} viewers, seed ${document.seed}`;
  const speed = `${count(run.events)} events in ${(run.wallMs / 1000).toFixed(1)} s: ${count(run.eventsPerSecond)} a second, ${run.speedup} times real time, ${run.eventsPerNodeSecond.toFixed(1)} a node-second, ${run.peakRssMb} MB`;
  return [head, table.toString(), verdicts(document), colours.dim(`${speed}, digest ${document.digest}`)].join('\n');
}

function targets(metrics: MetricTree, all: readonly Target[], names: readonly string[], unit: Unit): string {
  return all
    .filter(({ metric }) => names.includes(metric))
    .map(({ metric, atLeast, atMost }) => {
      const value = metricOf(metrics, metric) ?? NaN;
      const met = (atLeast === null || value >= atLeast) && (atMost === null || value <= atMost);
      const wish = [
        atLeast === null ? '' : `>= ${show(atLeast, unit)}`,
        atMost === null ? '' : `<= ${show(atMost, unit)}`,
      ];
      const text = `${metric} ${wish.filter((each) => each !== '').join(' ')}`;
      return met ? colours.green(`met     ${text}`) : colours.red(`missed  ${text}`);
    })
    .join('\n');
}

function verdicts({ checks, violations }: TimedDocument): string {
  const parts = Object.entries(checks).map(([name, { verdict, count: times }]) => {
    if (verdict === 'violated') return colours.red(`${name} broken ${times} times`);
    return verdict === 'held' ? `${name} held` : colours.dim(`${name} not applicable`);
  });
  const first = violations.slice(0, 5).map(({ invariant, at, nodes, detail }) => {
    return colours.red(`  ${invariant} at ${(at / 1000).toFixed(3)} s, ${nodes.join(' ')}: ${detail}`);
  });
  return [`invariants: ${parts.join(', ') || 'not checked'}`, ...first].join('\n');
}

/** A figure as people read it; a dash for none. */
export function show(value: number | null | undefined, unit: Unit): string {
  if (value === undefined || value === null) return '-';
  switch (unit) {
    case 'share':
      return `${(value * 100).toFixed(Math.abs(value) > 0.98 && value < 1 ? 3 : 2)} %`;
    case 'ms':
      return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
    case 'rate':
      return value.toFixed(2);
    case 'count':
      return count(value);
    case 'bits':
      return figure(value, unit);
  }
}

/** A number with its thousands apart. */
export function count(value: number): string {
  return Math.round(value)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
