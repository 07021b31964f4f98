import { SECOND } from '../../core/units.js';
import { hue, looksOf, lookOf, type Look } from '../../viz/charts/colours.js';
import { distribution } from '../../viz/charts/distribution.js';
import type { Paper } from '../../viz/charts/paper.js';
import { timeline, type Panel, type TimeMark } from '../../viz/charts/timeline.js';
import type { Scenario } from '../../sim/scenario/shape.js';
import type { Figure } from './figure.js';
import { numbers } from './parquet.js';
import type { RunData } from './run-data.js';

/** The course of a run, second by second. */
export function timelineFigure(paper: Paper, { timeline: rows, scenario }: RunData): Figure {
  const column = (name: string): (number | null)[] => numbers(rows, name);
  const [viewers, played, missed] = [column('viewers'), column('played'), column('missed')];
  const [received, repaired] = [column('received'), column('repaired')];
  const share = (part: readonly (number | null)[], other: readonly (number | null)[]): (number | null)[] =>
    part.map((value, index) => {
      const sum = (value ?? 0) + (other[index] ?? 0);
      return sum === 0 ? null : (value ?? 0) / sum;
    });
  const continuity = share(played, missed);
  const lowest = continuity.reduce<number>((least, value) => Math.min(least, value ?? 1), 1);
  const lag = column('lagMs');
  const panels: Panel[] = [
    {
      label: 'viewers',
      unit: 'count',
      from: 0,
      series: [{ name: 'viewers', values: viewers, colour: hue(0), kind: 'area' }],
    },
    {
      label: 'comings and goings a second',
      unit: 'count',
      series: [
        { name: 'joins', values: column('joins'), colour: hue(2), kind: 'up' },
        { name: 'leaves', values: column('leaves'), colour: hue(6), kind: 'down' },
        { name: 'crashes', values: column('crashes'), colour: hue(1), kind: 'down' },
      ],
    },
    {
      label: 'chunks shown in time',
      unit: 'share',
      from: Math.min(0.95, lowest),
      to: 1,
      series: [{ name: 'continuity', values: continuity, colour: hue(0), kind: 'line' }],
    },
    ...(lag.some((value) => value !== null) ? [lagPanel(lag, scenario)] : []),
    {
      label: 'share of chunks that were pulled',
      unit: 'share',
      from: 0,
      to: 0.02,
      series: [{ name: 'pulled', values: share(repaired, received), colour: hue(3), kind: 'area' }],
    },
    {
      label: 'providers a second',
      unit: 'count',
      from: 0,
      series: [
        { name: 'lost', values: column('lost'), colour: hue(1), kind: 'line' },
        { name: 'replaced', values: column('replaced'), colour: hue(2), kind: 'line' },
      ],
    },
  ];
  return {
    name: 'timeline',
    title: 'The course of the run',
    text: `Every second of virtual time${faultsOf(scenario).length === 0 ? '' : '; shaded or ruled: faults of the plan'}. A chunk is shown when its turn comes, ${scenario.stream.targetLag / SECOND} s behind the source, or skipped; what was not pushed in time was pulled.`,
    drawing: timeline(paper, rows.length, panels, faultsOf(scenario)),
  };
}

function lagPanel(values: readonly (number | null)[], { stream }: Scenario): Panel {
  return {
    label: 'mean arrival lag',
    unit: 'ms',
    from: 0,
    to: stream.targetLag / 1000,
    level: { value: stream.targetLag / 1000, label: 'target lag of the player' },
    series: [{ name: 'lag', values, colour: hue(5), kind: 'line' }],
  };
}

/** Marks of the plan; what strikes again and again is one mark a time. */
export function faultsOf({ faults, duration, cliff }: Scenario): TimeMark[] {
  const seconds = (value: number): number => value / SECOND;
  const marks = faults.flatMap(({ at, kind, target, for: lasts, every, until }) => {
    const end = Math.min(duration, until ?? duration);
    const times = every == null || every <= 0 ? 1 : Math.max(1, Math.ceil((end - at) / every));
    return Array.from({ length: Math.min(500, times) }, (_, index): TimeMark => {
      const from = at + index * (every ?? 0);
      return { from: seconds(from), to: lasts == null ? null : seconds(from + lasts), label: `${kind}: ${target}` };
    });
  });
  if (cliff === null) return marks;
  return [...marks, { from: seconds(cliff.at), to: seconds(cliff.at + cliff.within), label: 'cliff' }];
}

interface Spec {
  readonly name: string;
  readonly title: string;
  readonly text: string;
  readonly label: string;
  readonly unit: 'nines' | 'ms' | 'rate' | 'count';
  readonly column: string;
  /** What a missing value stands for. */
  readonly missing: number;
}

const SPECS: readonly Spec[] = [
  {
    name: 'cdf-continuity',
    title: 'Continuity over viewers',
    text: 'Share of viewers whose continuity is at most this; each step of the axis is a tenth of the loss, and a curve that stays low to the right is good.',
    label: 'continuity',
    unit: 'nines',
    column: 'continuity',
    missing: NaN,
  },
  {
    name: 'cdf-startup',
    title: 'Start-up over viewers',
    text: 'Share of viewers who saw their first picture within this time; what the curve lacks to 100 % never started.',
    label: 'join to first picture',
    unit: 'ms',
    column: 'startupMs',
    missing: Infinity,
  },
  {
    name: 'cdf-lag',
    title: 'Arrival lag over viewers',
    text: "Share of viewers whose chunks took at most this long from the source, in the viewer's mean.",
    label: 'mean arrival lag',
    unit: 'ms',
    column: 'lagMs',
    missing: NaN,
  },
  {
    name: 'cdf-upload',
    title: 'What viewers give',
    text: 'Share of viewers who uploaded at most this many bytes for each byte they received.',
    label: 'uploaded / received',
    unit: 'rate',
    column: 'given',
    missing: NaN,
  },
];

/** Distributions over viewers, of one run or of several: the same figure for each. */
export function viewerDistributions(
  paper: Paper,
  groups: readonly { readonly name: string; readonly look: Look; readonly viewers: RunData['viewers'] }[],
): Figure[] {
  return SPECS.flatMap(({ name, title, text, label, unit, column, missing }) => {
    const samples = groups.map(({ name: series, look, viewers }) => {
      const scored = viewers.filter((viewer) => viewer['scored'] !== false).map(withGiven);
      const values = numbers(scored, column).map((value) => value ?? missing);
      return { name: series, look, values: values.filter((value) => !Number.isNaN(value)) };
    });
    if (samples.every(({ values }) => values.length === 0)) return [];
    return [{ name, title, text, drawing: distribution(paper, samples, { label, unit, of: 'viewers' }) }];
  });
}

function withGiven(viewer: RunData['viewers'][number]): RunData['viewers'][number] {
  const [up, down] = [viewer['uploadedBytes'], viewer['receivedBytes']];
  const given = typeof up === 'number' && typeof down === 'number' && down > 0 ? up / down : null;
  return { ...viewer, given };
}

/** How the viewers of a run fared. */
export function runDistributions(paper: Paper, { viewers, document }: RunData): Figure[] {
  const look = lookOf(looksOf([document.protocol]), document.protocol);
  return viewerDistributions(paper, [{ name: document.protocol, look, viewers }]);
}
