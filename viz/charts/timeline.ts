import * as Plot from '@observablehq/plot';
import { GRID, INK, QUIET, type Colour } from './colours.js';
import { draw, PAGE, stacked, type Drawing, type Paper } from './paper.js';
import { clock, labelled, scaleOf, timeTicks, type Unit } from './units.js';
import { heading, keyOf, textWidth } from './words.js';

/** One line, or one colour of the bars, of a panel; a value a second, null for none. */
export interface Series {
  readonly name: string;
  readonly values: readonly (number | null)[];
  readonly colour: Colour;
  /** `up` and `down` are bars from zero. */
  readonly kind: 'line' | 'area' | 'up' | 'down';
}

export interface Panel {
  readonly label: string;
  readonly unit: Unit;
  readonly series: readonly Series[];
  /** The axis reaches at least from here to there. */
  readonly from?: number;
  readonly to?: number;
  /** A level that is wanted or allowed, drawn across. */
  readonly level?: { readonly value: number; readonly label: string };
}

/** Something that happens at a moment or for a while, in seconds. */
export interface TimeMark {
  readonly from: number;
  readonly to: number | null;
  readonly label: string;
}

const LEFT = 44;
const RIGHT = 12;
const PANEL = 84;
const ROW = 12;
/** Points on a line at most; a longer run is drawn in steps of several seconds. */
const POINTS = 600;
/** Marks drawn at most. */
const MARKS = 200;

/** Panels over one time axis, with marks across all of them. */
export function timeline(paper: Paper, seconds: number, panels: readonly Panel[], marks: readonly TimeMark[]): Drawing {
  const labels = markRows(marks, seconds);
  const rows = labels.reduce((most, { row }) => Math.max(most, row + 1), 0);
  return stacked(
    panels.map((panel, index) => {
      const last = index === panels.length - 1;
      const top = 24 + (index === 0 ? rows * ROW : 0);
      const bottom = last ? 34 : 8;
      const key = panel.series.length > 1 ? panel.series.map(({ name, colour }) => ({ name, colour })) : [];
      const scale = scaleOf(panel.unit, [...panel.series.flatMap(({ values }) => values), panel.to ?? null]);
      const title = labelled(panel.label, scale);
      const offset = textWidth(title) + 14 - LEFT;
      return draw(paper, {
        width: PAGE,
        height: PANEL + top + bottom,
        marginLeft: LEFT,
        marginRight: RIGHT,
        marginTop: top,
        marginBottom: bottom,
        x: { domain: [0, seconds], label: null, ticks: timeTicks(seconds, 10), tickFormat: last ? clock : () => '' },
        y: { ...range(panel, scale.factor), ticks: 4, label: null },
        marks: [
          Plot.ruleY([0], { stroke: GRID, strokeOpacity: 0 }),
          Plot.gridY({ ticks: 4, stroke: GRID, strokeOpacity: 1 }),
          ...strikes(marks),
          ...panel.series.flatMap((series) => seriesMarks(series, scale.factor)),
          ...(panel.level === undefined ? [] : levelMarks(panel.level, scale.factor, seconds)),
          Plot.ruleX([0], { stroke: QUIET }),
          heading(title, LEFT, -14),
          ...keyOf(key, PAGE - offset, -offset).marks(21),
          ...(index === 0 ? labels.map((each) => markLabel(each, top)) : []),
          ...(last ? [axisLabel()] : []),
        ],
      });
    }),
  );
}

/** Fixed ends where the panel wants them; with bars zero is in the middle of what matters. */
function range({ series, from, to }: Panel, factor: number): Plot.ScaleOptions {
  const values = series.flatMap(({ values: all, kind }) =>
    all.flatMap((value) => (value === null ? [] : [kind === 'down' ? -value : value])),
  );
  const bars = series.some(({ kind }) => kind !== 'line');
  const low = values.reduce((least, value) => Math.min(least, value), from ?? (bars ? 0 : Infinity));
  const high = values.reduce((most, value) => Math.max(most, value), to ?? -Infinity);
  if (!(high > low))
    return { domain: [Number.isFinite(low) ? low * factor : 0, (Number.isFinite(low) ? low : 0) * factor + 1] };
  const open = to === undefined || high > to;
  return { domain: [low * factor, (open ? high + (high - low) * 0.05 : high) * factor] };
}

function seriesMarks({ values, colour, kind }: Series, factor: number): Plot.Markish[] {
  const step = Math.ceil(values.length / POINTS);
  const points = binned(values, step).map((value, index) => ({
    // A count of the second that begins at 0 stands between 0 and 1.
    x: Math.min(values.length, (index + 0.5) * step),
    from: index * step,
    to: Math.min(values.length, (index + 1) * step),
    y: value === null ? NaN : value * factor * (kind === 'down' ? -1 : 1),
  }));
  if (kind === 'up' || kind === 'down') {
    const bars = points.filter(({ y }) => y !== 0 && !Number.isNaN(y));
    return [Plot.rectY(bars, { x1: 'from', x2: 'to', y1: 0, y2: 'y', fill: colour, inset: 0 })];
  }
  const line = Plot.lineY(points, { x: 'x', y: 'y', stroke: colour, strokeWidth: 1.3 });
  return kind === 'line' ? [line] : [Plot.areaY(points, { x: 'x', y: 'y', fill: colour, fillOpacity: 0.14 }), line];
}

/** Means of so many values each; null where none of them is known. */
export function binned(values: readonly (number | null)[], step: number): (number | null)[] {
  if (step <= 1) return [...values];
  return Array.from({ length: Math.ceil(values.length / step) }, (_, index) => {
    const known = values.slice(index * step, (index + 1) * step).filter((value) => value !== null);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
  });
}

function levelMarks(
  { value, label }: { value: number; label: string },
  factor: number,
  seconds: number,
): Plot.Markish[] {
  const at = [{ x: seconds, y: value * factor }];
  return [
    Plot.ruleY(at, { y: 'y', stroke: QUIET, strokeDasharray: '4 3' }),
    Plot.text(at, { x: 'x', y: 'y', text: () => label, textAnchor: 'end', lineAnchor: 'bottom', dy: -4, fill: QUIET }),
  ];
}

function strikes(marks: readonly TimeMark[]): Plot.Markish[] {
  const shown = marks.slice(0, MARKS);
  const lasting = shown.filter(({ to }) => to !== null);
  return [
    Plot.rect(lasting, { x1: 'from', x2: 'to', fill: 'var(--care)', fillOpacity: 0.12, clip: true }),
    Plot.ruleX(shown, { x: 'from', stroke: 'var(--care)', strokeOpacity: shown.length > 12 ? 0.35 : 0.9 }),
  ];
}

interface MarkLabel {
  readonly at: number;
  readonly text: string;
  readonly row: number;
  readonly end: boolean;
}

/** Marks of one name share one label; labels that would touch move to the next row. */
export function markRows(marks: readonly TimeMark[], seconds: number): MarkLabel[] {
  const groups = new Map<string, number[]>();
  for (const { label, from } of marks) groups.set(label, [...(groups.get(label) ?? []), from]);
  const ends: number[] = [];
  const pixels = (PAGE - LEFT - RIGHT) / Math.max(1, seconds);
  return [...groups]
    .sort((a, b) => (a[1][0] ?? 0) - (b[1][0] ?? 0))
    .map(([label, times]) => {
      const text = times.length === 1 ? label : `${label}, ${times.length} times`;
      const at = times[0] ?? 0;
      const width = textWidth(text) + 8;
      const end = at * pixels + width > PAGE - LEFT;
      const begin = end ? at * pixels - width : at * pixels;
      const free = ends.findIndex((edge) => edge <= begin);
      const row = free === -1 ? ends.length : free;
      ends[row] = begin + width;
      return { at, text, row, end };
    });
}

function markLabel({ at, text, row, end }: MarkLabel, top: number): Plot.Markish {
  return Plot.text([at], {
    x: (each: number) => each,
    frameAnchor: 'top',
    textAnchor: end ? 'end' : 'start',
    lineAnchor: 'middle',
    text: () => text,
    fill: 'var(--care)',
    dy: -top + 6 + row * ROW,
    clip: false,
  });
}

function axisLabel(): Plot.Markish {
  return Plot.text(['virtual time (min:s)'], {
    text: (each: string) => each,
    frameAnchor: 'bottom-right',
    textAnchor: 'end',
    lineAnchor: 'middle',
    dy: 28,
    fill: INK,
    clip: false,
  });
}
