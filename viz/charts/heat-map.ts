import * as Plot from '@observablehq/plot';
import { GRID, INK } from './colours.js';
import { draw, grid, PAGE, type Drawing, type Paper } from './paper.js';
import { scaleOf, labelled, short, type Unit } from './units.js';
import { heading, textWidth } from './words.js';

/** The mean at one point of the grid; null where nothing was measured, or where it never came. */
export interface HeatCell {
  readonly x: string;
  readonly y: string;
  readonly value: number | null;
}

export interface HeatPanel {
  readonly label: string;
  readonly unit: Unit;
  readonly better: 'more' | 'less';
  readonly cells: readonly HeatCell[];
}

/** A parameter of the grid: what it is called and its values in their order, as text. */
export interface HeatAxis {
  readonly label: string;
  readonly values: readonly string[];
}

const GAP = 18;
const WIDTH = (PAGE - GAP) / 2;
const RIGHT = 12;

/** Tables of colours, a panel a figure, two in a row: the darker the better, each on a scale of its own. */
export function heatMap(paper: Paper, panels: readonly HeatPanel[], x: HeatAxis, y: HeatAxis): Drawing {
  return grid(
    panels.map((panel) => panelOf(paper, panel, x, y)),
    2,
    GAP,
  );
}

function panelOf(paper: Paper, panel: HeatPanel, x: HeatAxis, y: HeatAxis): Drawing {
  const { label, unit, better, cells } = panel;
  const known = cells.flatMap(({ value }) => (value === null || !Number.isFinite(value) ? [] : [value]));
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const scale = scaleOf(unit, known);
  const left = Math.max(34, ...y.values.map((value) => textWidth(value) + 10));
  const rows = cells.map((cell) => {
    const goodness = cell.value === null || high === low ? 0.5 : (cell.value - low) / (high - low);
    return { ...cell, shade: better === 'more' ? goodness : 1 - goodness };
  });
  const measured = rows.filter(({ value }) => value !== null && Number.isFinite(value));
  const height = Math.min(34, Math.max(20, 150 / y.values.length));
  const digits = digitsFor(known.map((value) => value * scale.factor));
  return draw(paper, {
    width: WIDTH,
    height: 40 + y.values.length * height + 34,
    marginLeft: left,
    marginRight: RIGHT,
    marginTop: 40,
    marginBottom: 34,
    padding: 0.04,
    x: { type: 'band', domain: [...x.values], label: null, tickSize: 0 },
    y: { type: 'band', domain: [...y.values].toReversed(), label: null, tickSize: 0 },
    // From nearly white to dark blue: even in lightness, so that it survives a print in grey.
    color: { type: 'linear', domain: [0, 1], range: ['#e6f0f7', '#08457e'], interpolate: 'lab' },
    marks: [
      Plot.cell(rows, { x: 'x', y: 'y', fill: GRID, fillOpacity: 0.4 }),
      Plot.cell(measured, { x: 'x', y: 'y', fill: 'shade' }),
      Plot.text(rows, {
        x: 'x',
        y: 'y',
        text: ({ value }: HeatCell) => textOf(value, scale.factor, digits),
        fill: ({ shade, value }: { shade: number; value: number | null }) =>
          value === null || !Number.isFinite(value) ? '#5a6875' : shade > 0.5 ? '#ffffff' : '#16202a',
      }),
      heading(labelled(label, scale), left, -26),
      heading(y.label, left, -10, false),
      Plot.text([x.label], {
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

/** Enough digits to tell the cells apart, and not more than four. */
export function digitsFor(values: readonly number[]): number {
  const span = Math.max(...values) - Math.min(...values);
  if (!(span > 0)) return 2;
  return Math.max(0, Math.min(4, Math.ceil(1 - Math.log10(span))));
}

function textOf(value: number | null, factor: number, digits: number): string {
  if (value === null) return '–';
  if (!Number.isFinite(value)) return 'never';
  const scaled = value * factor;
  return Math.abs(scaled) >= 1000 ? short(scaled) : scaled.toFixed(digits);
}
