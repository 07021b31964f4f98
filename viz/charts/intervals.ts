import * as Plot from '@observablehq/plot';
import { GRID, GROUND, INK, QUIET, type Look } from './colours.js';
import { draw, grid, PAGE, type Drawing, type Paper } from './paper.js';
import { labelled, scaleOf, type Scale, type Unit } from './units.js';
import { heading, textWidth } from './words.js';

/** One line of a panel: what was measured again and again. */
export interface Spread {
  readonly name: string;
  readonly look: Look;
  /** Null for "never". */
  readonly middle: number | null;
  readonly low: number | null;
  /** Infinite where some never came: the line leaves the picture. */
  readonly high: number | null;
  /** What no overlay can beat. */
  readonly bound?: number | null;
  /** Single values, drawn as ticks; none, where only the interval is to be seen. */
  readonly values: readonly number[];
}

/** One figure, all lines under each other on an axis of its own. */
export interface SpreadPanel {
  readonly label: string;
  readonly unit: Unit;
  readonly spreads: readonly Spread[];
  /** Whether the values are differences, so that nothing is a value worth a line. */
  readonly signed?: boolean;
}

const COLUMNS = 3;
const GAP = 14;
/** Room for the names of the rows, at most. */
const NAMES = 170;
const ROW = 15;
const LEFT = 6;
const RIGHT = 12;
const PAD = 0.06;

/** Dots with their intervals, a panel a figure; the names of the lines stand once in each row of panels. */
export function intervals(paper: Paper, panels: readonly SpreadPanel[]): Drawing {
  const longest = Math.max(...panels.flatMap(({ spreads }) => spreads.map(({ name }) => textWidth(name))));
  const names = Math.min(NAMES, longest + 8);
  const width = (PAGE - names - (COLUMNS - 1) * GAP) / COLUMNS;
  return grid(
    panels.map((panel, index) => panelOf(paper, panel, width, index % COLUMNS === 0 ? names : 0)),
    COLUMNS,
    GAP,
  );
}

/** @param left room for the names; 0 for none */
function panelOf(paper: Paper, panel: SpreadPanel, width: number, left: number): Drawing {
  const { label, unit, spreads, signed = false } = panel;
  const all = spreads.flatMap(({ middle, low, high, bound, values }) => [middle, low, high, bound ?? null, ...values]);
  const known = all.filter((value): value is number => value !== null && Number.isFinite(value));
  const scale = signed && unit === 'share' ? { factor: 100, suffix: 'pp' } : scaleOf(unit, known);
  const domain = domainOf(known, signed).map((value) => value * scale.factor);
  return draw(paper, {
    width: width + left,
    height: 26 + spreads.length * ROW + 24,
    marginLeft: left + LEFT,
    marginRight: RIGHT,
    marginTop: 26,
    marginBottom: 24,
    x: { domain, label: null, ticks: 4 },
    y: { domain: spreads.map((_, index) => index), type: 'band', axis: null },
    marks: [
      Plot.gridX({ ticks: 4, stroke: GRID, strokeOpacity: 1 }),
      ...(signed ? [Plot.ruleX([0], { stroke: INK })] : []),
      heading(labelled(label, scale), LEFT, -12),
      ...spreads.flatMap((each, row) => rowMarks(each, row, scale, domain[1] ?? 1, left > 0)),
    ],
  });
}

function rowMarks(spread: Spread, row: number, { factor }: Scale, edge: number, named: boolean): Plot.Markish[] {
  const { name, look, middle, low, high, bound = null, values } = spread;
  const open = high === Infinity;
  const at = [{ row, x: (middle ?? 0) * factor, x1: (low ?? 0) * factor, x2: open ? edge : (high ?? 0) * factor }];
  const ticks = values.filter((value) => Number.isFinite(value)).map((value) => ({ row, x: value * factor }));
  const said = middle === null ? '–' : middle === Infinity ? 'mostly never' : open ? '→ never' : '';
  const limit = bound === null ? [] : [{ row, x: bound * factor }];
  return [
    ...(named ? [word(at, 'left', 'end', -LEFT - 4, name, INK)] : []),
    Plot.tickX(limit, { x: 'x', y: 'row', stroke: INK, strokeWidth: 1.2, strokeDasharray: '2 1.5' }),
    Plot.tickX(ticks, { x: 'x', y: 'row', stroke: look.colour, strokeOpacity: 0.4, insetTop: 4, insetBottom: 4 }),
    ...(low === null || high === null || low === Infinity
      ? []
      : [Plot.link(at, { x1: 'x1', x2: 'x2', y1: 'row', y2: 'row', stroke: look.colour, strokeWidth: 1.6 })]),
    ...(middle === null || middle === Infinity
      ? []
      : [Plot.dot(at, { x: 'x', y: 'row', r: 3.2, fill: look.colour, symbol: look.symbol })]),
    ...(said === '' ? [] : [word(at, 'right', 'end', 0, said, QUIET)]),
  ];
}

function word(
  at: readonly object[],
  frameAnchor: 'left' | 'right',
  textAnchor: 'start' | 'end',
  dx: number,
  text: string,
  fill: string,
): Plot.Markish {
  const halo = frameAnchor === 'right' ? { stroke: GROUND, strokeWidth: 6 } : {};
  return Plot.text(at, { y: 'row', frameAnchor, textAnchor, dx, text: () => text, fill, ...halo, clip: false });
}

/** All that is drawn, with some air; where nothing varies, something around it. */
function domainOf(values: readonly number[], signed: boolean): [number, number] {
  const all = signed ? [...values, 0] : values;
  if (all.length === 0) return [0, 1];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const air = high > low ? (high - low) * PAD : Math.abs(high) * 0.05 || 0.01;
  return [!signed && low >= 0 && low - air < 0 ? 0 : low - air, high + air];
}
