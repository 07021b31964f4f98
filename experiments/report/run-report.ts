import type { Target } from '../../sim/scenario.js';
import { figure } from '../../viz/charts/units.js';
import type { Paper } from '../../viz/charts/paper.js';
import { metricNamed, metricOf, RUN_METRICS, type Metric } from '../metrics.js';
import type { TimedDocument } from '../timed.js';
import { tableHtml, type Page, type Section, type TableCell } from './page.js';
import { commandOf, type RunData } from './run-data.js';
import { runDistributions, timelineFigure } from './run-figures.js';
import { snapshotFigures } from './snapshot-figure.js';
import { scenarioInWords } from './scenario-words.js';

/** Broken invariants that are told one by one. */
const VIOLATIONS = 50;

/** The report of one run. */
export async function runReport(paper: Paper, run: RunData): Promise<Page> {
  const { document, scenario } = run;
  const { protocol, seed, nodes, version } = document;
  const snapshots = await snapshotFigures(paper, run);
  const figures = [timelineFigure(paper, run), ...snapshots, ...runDistributions(paper, run)];
  const sections: Section[] = [
    { title: 'Scenario', paragraphs: scenarioInWords(scenario) },
    { title: 'Key figures', html: keyFigures(document, scenario.targets) },
    invariants(document),
    { title: 'Figures', figures },
    { title: 'The run', paragraphs: [costInWords(document)] },
  ];
  const facts = `Scenario ${document.scenario}, ${protocol}, ${nodes} viewers, seed ${seed}, astral ${version}, digest ${document.digest}`;
  return {
    title: `${document.scenario} under ${protocol}`,
    lead: `${nodes} viewers, seed ${seed}, ${Math.round(document.run.virtualMs / 1000)} s of virtual time`,
    sections,
    source: { facts, command: commandOf(run) },
    version,
  };
}

function keyFigures({ metrics }: TimedDocument, targets: readonly Target[]): string {
  const names = new Set([...targets.map(({ metric }) => metric), ...RUN_METRICS.map(({ name }) => name)]);
  const order = RUN_METRICS.map(({ name }) => name);
  const place = (name: string): number => (order.includes(name) ? order.indexOf(name) : -1);
  const rows = [...names]
    .sort((a, b) => place(a) - place(b))
    .map(metricNamed)
    .flatMap((metric) => {
      const value = metricOf(metrics, metric.name);
      const target = targets.find(({ metric: wanted }) => wanted === metric.name);
      if (value === undefined || (value === null && target === undefined)) return [];
      const bound = metric.bound === undefined ? null : metricOf(metrics, metric.bound);
      return [
        [
          metric.label,
          figure(value, metric.unit),
          bound == null ? '' : figure(bound, metric.unit),
          verdict(metric, value, target),
        ],
      ];
    });
  return tableHtml(['', 'this run', 'bound', 'target'], rows);
}

function verdict({ unit }: Metric, value: number | null, target: Target | undefined): TableCell {
  if (target === undefined) return '';
  const { atLeast, atMost } = target;
  const known = value ?? NaN;
  const met = (atLeast === null || known >= atLeast) && (atMost === null || known <= atMost);
  const wishes = [
    ...(atLeast === null ? [] : [`≥ ${figure(atLeast, unit)}`]),
    ...(atMost === null ? [] : [`≤ ${figure(atMost, unit)}`]),
  ];
  return { text: `${wishes.join(', ')} ${met ? '✓ met' : '✗ missed'}`, kind: met ? 'good' : 'bad' };
}

function invariants({ checks, violations }: TimedDocument): Section {
  const verdicts = Object.entries(checks).map(([name, { verdict: held, count }]) =>
    held === 'violated' ? `${name} broken ${count} times` : `${name} ${held === 'held' ? 'held' : 'not applicable'}`,
  );
  const told = violations.slice(0, VIOLATIONS);
  const rows = told.map(({ invariant, at, nodes, detail }): TableCell[] => [
    { text: invariant, kind: 'bad' },
    `${(at / 1000).toFixed(3)} s`,
    nodes.join(' '),
    detail,
  ]);
  return {
    title: violations.length === 0 ? 'Invariants' : 'Broken invariants',
    paragraphs: [
      verdicts.length === 0 ? 'None were checked.' : `${verdicts.join(', ')}.`,
      ...(violations.length > told.length ? [`The first ${told.length} of ${violations.length}:`] : []),
    ],
    ...(rows.length === 0 ? {} : { html: tableHtml(['invariant', 'at', 'nodes', 'what happened'], rows) }),
  };
}

function costInWords({ run, digest }: TimedDocument): string {
  const speed = `${figure(run.events, 'count')} events in ${figure(run.wallMs, 'ms')} of real time, ${run.speedup} times real time, ${figure(run.eventsPerSecond, 'count')} events a second`;
  return `${speed}, ${run.eventsPerNodeSecond.toFixed(1)} events a node and second. The digest of all inputs is ${digest}: whoever repeats the run with the same version gets the same.`;
}
