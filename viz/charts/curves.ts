import * as Plot from '@observablehq/plot';
import { GRID, INK, QUIET, type Look } from './colours.js';
import { nines, NINES } from './nines.js';
import { COLUMN, draw, grid, PAGE, type Drawing, type Paper } from './paper.js';
import { labelled, scaleOf, type Unit } from './units.js';
import { heading, keyOf, spread, textWidth } from './words.js';

/** What was measured where; the interval is null where a single run tells nothing about it. */
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
  readonly low: number | null;
  readonly high: number | null;
}

export interface Curve {
  readonly name: string;
  readonly look: Look;
  readonly points: readonly CurvePoint[];
}

export interface CurvePanel {
  readonly label: string;
  readonly unit: Unit | 'nines';
  readonly curves: readonly Curve[];
}

/** The axis that all panels share: places of its values and how each is written. */
export interface CurveAxis {
  readonly label: string;
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
  readonly log: boolean;
}

const COLUMNS = 3;
const GAP = 14;
const THIRD = (PAGE - (COLUMNS - 1) * GAP) / COLUMNS;
const LEFT = 52;
const NARROW = 36;
const FRAME = 96;
/** So many bands can lie on each other and still be told apart. */
const BANDS = 3;

/** One panel in a column, with the names of the curves at their ends. */
export function curves(paper: Paper, panel: CurvePanel, axis: CurveAxis): Drawing {
  return panelOf(paper, panel, axis, COLUMN, true);
}

/** Small multiples: panels three in a row under one key. */
export function multiples(paper: Paper, panels: readonly CurvePanel[], axis: CurveAxis): Drawing {
  const names = new Map(panels.flatMap((panel) => panel.curves.map(({ name, look }) => [name, look] as const)));
  const key = keyOf(
    names.size > 1 ? [...names].map(([name, { colour, symbol }]) => ({ name, colour, symbol })) : [],
    PAGE - 10,
  );
  const drawn = grid(
    panels.map((panel) => panelOf(paper, panel, axis, THIRD, false)),
    COLUMNS,
    GAP,
  );
  if (key.height === 0) return drawn;
  const head = draw(paper, {
    width: PAGE,
    height: key.height + 8,
    margin: 0,
    axis: null,
    marks: [Plot.frame({ stroke: 'none' }), ...key.marks(0)],
  });
  return grid([head, drawn], 1);
}

function panelOf(paper: Paper, panel: CurvePanel, axis: CurveAxis, width: number, named: boolean): Drawing {
  const { label, unit, curves: all } = panel;
  const isNines = unit === 'nines';
  const finite = all
    .flatMap(({ points }) => points.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y]))
    .filter(Number.isFinite);
  const scale = isNines ? { factor: 1, suffix: '' } : scaleOf(unit, finite);
  const place = (value: number): number => (isNines ? nines(value) : value * scale.factor);
  const y = rangeOf(all, place, isNines, unit === 'share' ? 100 : Infinity);
  const left = named ? LEFT : NARROW;
  const right = named ? Math.max(...all.map(({ name }) => textWidth(name))) + 12 : 14;
  const [first, last] = edges(axis);
  const ends = endLabels(all, place, y.domain, named);
  return draw(paper, {
    width,
    height: 26 + FRAME + (named ? 60 : 0) + 34,
    marginLeft: left,
    marginRight: right,
    marginTop: 26,
    marginBottom: 34,
    x: {
      type: axis.log ? 'log' : 'linear',
      domain: [first, last],
      label: null,
      ticks: axis.ticks.map(({ at }) => at),
      tickFormat: (at: number) => axis.ticks.find((tick) => tick.at === at)?.text ?? '',
    },
    y: { label: null, ...y },
    marks: [
      Plot.gridY({ ticks: y.ticks, stroke: GRID, strokeOpacity: 1 }),
      ...all.flatMap((curve) => curveMarks(curve, place, all.length <= BANDS)),
      heading(labelled(label, scale), left, -12),
      ...ends,
      Plot.text([axis.label], {
        text: (each: string) => each,
        frameAnchor: 'bottom-right',
        textAnchor: 'end',
        lineAnchor: 'middle',
        dy: 28,
        fill: INK,
        clip: false,
      }),
    ],
  });
}

function curveMarks({ look, points }: Curve, place: (value: number) => number, band: boolean): Plot.Markish[] {
  const seen = points
    .filter((point) => Number.isFinite(point.y))
    .map(({ x, y, low, high }) => ({ x, y: place(y), low: place(low ?? y), high: place(high ?? y) }));
  const { colour, dash, symbol } = look;
  return [
    ...(band ? [Plot.areaY(seen, { x: 'x', y1: 'low', y2: 'high', fill: colour, fillOpacity: 0.16, clip: true })] : []),
    Plot.line(seen, {
      x: 'x',
      y: 'y',
      stroke: colour,
      strokeWidth: 1.5,
      ...(dash === null ? {} : { strokeDasharray: dash }),
      clip: true,
    }),
    Plot.link(seen, { x1: 'x', x2: 'x', y1: 'low', y2: 'high', stroke: colour, strokeOpacity: 0.6, clip: true }),
    Plot.dot(seen, { x: 'x', y: 'y', r: 2.6, fill: colour, symbol }),
  ];
}

/** Names at the right ends, kept off each other. */
function endLabels(
  all: readonly Curve[],
  place: (value: number) => number,
  [low = 0, high = 1]: readonly number[],
  named: boolean,
): Plot.Markish[] {
  if (!named) return [];
  const height = FRAME + 60;
  const down = (value: number): number => ((high - value) / (high - low || 1)) * height;
  const wishes = all.map(({ points }) => ({
    at: down(place(points.findLast((point) => Number.isFinite(point.y))?.y ?? 0)),
    size: 11,
  }));
  return spread(wishes, 0, height).map((at, index) =>
    Plot.text([all[index]?.name ?? ''], {
      text: (each: string) => each,
      frameAnchor: 'top-right',
      textAnchor: 'start',
      lineAnchor: 'middle',
      dx: 7,
      dy: at,
      fill: all[index]?.look.colour ?? QUIET,
      fontWeight: 600,
      clip: false,
    }),
  );
}

function edges({ ticks, log }: CurveAxis): [number, number] {
  const places = ticks.map(({ at }) => at);
  const [low, high] = [Math.min(...places), Math.max(...places)];
  if (log) return [low / 1.12, high * 1.12];
  const air = (high - low || 1) * 0.05;
  return [low - air, high + air];
}

/** What is measured with its intervals; an interval may go beyond what is possible, the axis does not. */
function rangeOf(
  all: readonly Curve[],
  place: (value: number) => number,
  isNines: boolean,
  most: number,
): { domain: [number, number]; ticks: number | number[]; tickFormat?: (at: number) => string } {
  const points = all.flatMap((curve) => curve.points).filter(({ y }) => Number.isFinite(y));
  const means = points.map(({ y }) => place(y));
  const ends = points.flatMap(({ y, low, high }) => [place(low ?? y), place(high ?? y)]).filter(Number.isFinite);
  const [low, high] = ends.length === 0 ? [0, 1] : [Math.min(...ends), Math.max(...ends)];
  if (isNines) {
    const domain: [number, number] = [Math.floor(low), Math.max(Math.floor(low) + 1, Math.ceil(high))];
    const ticks = NINES.map((_, index) => index).filter((index) => index >= domain[0] && index <= domain[1]);
    return { domain, ticks, tickFormat: (at) => NINES[at] ?? '' };
  }
  const air = (high - low || Math.abs(high) || 1) * 0.08;
  const least = Math.min(...means) >= 0 ? Math.max(0, low - air) : low - air;
  return { domain: [least, Math.max(...means) <= most ? Math.min(most, high + air) : high + air], ticks: 4 };
}
