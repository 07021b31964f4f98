import * as Plot from '@observablehq/plot';
import { GRID, INK, QUIET, type Look } from './colours.js';
import { nines, NINES } from './nines.js';
import { COLUMN, draw, type Drawing, type Paper } from './paper.js';
import { labelled, scaleOf, type Scale, type Unit } from './units.js';
import { heading, keyOf, textWidth } from './words.js';

/** One contender: where it is, and where each of its runs was. */
export interface ParetoPoint {
  /** Written beside it; empty for none. */
  readonly name: string;
  /** Which entry of the key it belongs to. */
  readonly series: string;
  readonly look: Look;
  readonly x: number;
  readonly y: number;
  readonly runs: readonly (readonly [x: number, y: number])[];
}

export interface ParetoAxis {
  readonly label: string;
  readonly unit: Unit | 'nines';
  readonly better: 'more' | 'less';
}

const LEFT = 52;
const RIGHT = 16;
const BOTTOM = 34;
const FRAME = 190;
const LABEL = 11;

interface Placed {
  readonly domain: readonly [number, number];
  readonly scale: Scale;
  readonly place: (value: number) => number;
}

/** Contenders in the plane of two figures and, where they compete, the front of those whom nobody beats in both. */
export function pareto(
  paper: Paper,
  points: readonly ParetoPoint[],
  x: ParetoAxis,
  y: ParetoAxis,
  compete: boolean,
): Drawing {
  const series = [...new Map(points.map(({ series: name, look }) => [name, look]))];
  const key = keyOf(
    series.length > 1 ? series.map(([name, { colour, symbol }]) => ({ name, colour, symbol })) : [],
    COLUMN - 8,
    LEFT,
  );
  const top = 26 + key.height;
  const across = axisOf(
    x,
    points.flatMap((point) => [point.x, ...point.runs.map(([value]) => value)]),
  );
  const up = axisOf(
    y,
    points.flatMap((point) => [point.y, ...point.runs.map(([, value]) => value)]),
  );
  const dots = points.map((point) => ({ ...point, px: across.place(point.x), py: up.place(point.y) }));
  const runs = points.flatMap(({ look, runs: all }) =>
    all.map(([rx, ry]) => ({ x: across.place(rx), y: up.place(ry), colour: look.colour })),
  );
  const pixels = dots.map(({ px, py, name }) => ({
    x: LEFT + share(px, across.domain) * (COLUMN - LEFT - RIGHT),
    y: top + (1 - share(py, up.domain)) * FRAME,
    text: name,
  }));
  const labels = placeLabels(pixels, { left: LEFT, right: COLUMN - 4, top, bottom: top + FRAME });
  const best = front(points, x.better, y.better).map((index) => dots[index]);
  return draw(paper, {
    width: COLUMN,
    height: top + FRAME + BOTTOM,
    marginLeft: LEFT,
    marginRight: RIGHT,
    marginTop: top,
    marginBottom: BOTTOM,
    x: { domain: across.domain, label: null, ...ticksOf(x, across.domain, 5) },
    y: { domain: up.domain, label: null, ...ticksOf(y, up.domain, 5) },
    marks: [
      Plot.gridX({ ...gridTicks(x, across.domain), stroke: GRID, strokeOpacity: 1 }),
      Plot.gridY({ ...gridTicks(y, up.domain), stroke: GRID, strokeOpacity: 1 }),
      ...(compete && best.length > 1
        ? [Plot.line(best, { x: 'px', y: 'py', stroke: QUIET, strokeDasharray: '2 2' })]
        : []),
      ...runMarks(runs),
      ...dots.map((dot) => Plot.dot([dot], { x: 'px', y: 'py', r: 4, fill: dot.look.colour, symbol: dot.look.symbol })),
      ...labels.flatMap((label, index) => (label === null ? [] : [labelMark(label, dots[index]?.name ?? '', top)])),
      corner(x.better, y.better),
      heading(labelled(y.label, up.scale), LEFT, -13),
      ...key.marks(top - 2),
      Plot.text([labelled(x.label, across.scale)], {
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

/** Single runs, those of one colour together. */
function runMarks(
  runs: readonly { readonly x: number; readonly y: number; readonly colour: string }[],
): Plot.Markish[] {
  return [...new Set(runs.map(({ colour }) => colour))].map((colour) =>
    Plot.dot(
      runs.filter((run) => run.colour === colour),
      { x: 'x', y: 'y', r: 1.3, fill: colour, fillOpacity: 0.35 },
    ),
  );
}

/** Positions of the points that no other beats in one figure without losing in the other, from left to right. */
export function front(
  points: readonly { readonly x: number; readonly y: number }[],
  betterX: 'more' | 'less',
  betterY: 'more' | 'less',
): number[] {
  const [sx, sy] = [betterX === 'more' ? 1 : -1, betterY === 'more' ? 1 : -1];
  const beats = (a: { x: number; y: number }, b: { x: number; y: number }): boolean =>
    sx * a.x >= sx * b.x && sy * a.y >= sy * b.y && (a.x !== b.x || a.y !== b.y);
  return points
    .flatMap((point, index) => (points.some((other) => beats(other, point)) ? [] : [index]))
    .sort((a, b) => (points[a]?.x ?? 0) - (points[b]?.x ?? 0) || (points[a]?.y ?? 0) - (points[b]?.y ?? 0));
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface LabelPlace {
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'end' | 'middle';
}

/**
 * A free place beside each point: right, left, above or below it, within the frame and touching neither labels nor other
 * points. Null where there is none, or no text.
 */
export function placeLabels(
  points: readonly { readonly x: number; readonly y: number; readonly text: string }[],
  frame: Box,
): (LabelPlace | null)[] {
  const taken: Box[] = points.map(({ x, y }) => ({ left: x - 4, right: x + 4, top: y - 4, bottom: y + 4 }));
  return points.map(({ x, y, text }) => {
    if (text === '') return null;
    const width = textWidth(text);
    const places: LabelPlace[] = [
      { x: x + 7, y, anchor: 'start' },
      { x: x - 7, y, anchor: 'end' },
      { x, y: y - 10, anchor: 'middle' },
      { x, y: y + 10, anchor: 'middle' },
      { x: x + 6, y: y - 9, anchor: 'start' },
      { x: x - 6, y: y - 9, anchor: 'end' },
      { x: x + 6, y: y + 9, anchor: 'start' },
      { x: x - 6, y: y + 9, anchor: 'end' },
    ];
    for (const place of places) {
      const left = place.anchor === 'start' ? place.x : place.anchor === 'end' ? place.x - width : place.x - width / 2;
      const box = { left, right: left + width, top: place.y - LABEL / 2, bottom: place.y + LABEL / 2 };
      const inside =
        box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom;
      if (!inside || taken.some((other) => touches(box, other))) continue;
      taken.push(box);
      return place;
    }
    return null;
  });
}

function touches(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function labelMark({ x, y, anchor }: LabelPlace, name: string, top: number): Plot.Markish {
  return Plot.text([name], {
    text: (each: string) => each,
    frameAnchor: 'top-left',
    textAnchor: anchor,
    lineAnchor: 'middle',
    dx: x - LEFT,
    dy: y - top,
    fill: INK,
    clip: false,
  });
}

/** Says where the good ones are. */
function corner(betterX: 'more' | 'less', betterY: 'more' | 'less'): Plot.Markish {
  const arrow = betterX === 'more' ? (betterY === 'more' ? '↗' : '↘') : betterY === 'more' ? '↖' : '↙';
  return Plot.text([`better ${arrow}`], {
    text: (each: string) => each,
    frameAnchor: 'top-right',
    textAnchor: 'end',
    lineAnchor: 'middle',
    dy: -13,
    fill: QUIET,
    clip: false,
  });
}

function axisOf({ unit }: ParetoAxis, values: readonly number[]): Placed {
  const known = values.filter((value) => Number.isFinite(value));
  const scale = unit === 'nines' ? { factor: 1, suffix: '' } : scaleOf(unit, known);
  const place = (value: number): number => (unit === 'nines' ? nines(value) : value * scale.factor);
  const placed = known.map(place);
  const [low, high] =
    placed.length === 0 ? [0, 1] : [placed.reduce((a, b) => Math.min(a, b)), placed.reduce((a, b) => Math.max(a, b))];
  if (unit === 'nines')
    return { domain: [Math.floor(low), Math.max(Math.floor(low) + 1, Math.ceil(high))], scale, place };
  const air = (high - low || Math.abs(high) || 1) * 0.08;
  return { domain: [low >= 0 && low - air < 0 ? 0 : low - air, high + air], scale, place };
}

function ticksOf({ unit }: ParetoAxis, [low, high]: readonly [number, number], wanted: number): Plot.ScaleOptions {
  if (unit !== 'nines') return { ticks: wanted };
  const ticks = NINES.map((_, index) => index).filter((index) => index >= low && index <= high);
  return { ticks, tickFormat: (index: number) => NINES[index] ?? '' };
}

function gridTicks(axis: ParetoAxis, domain: readonly [number, number]): { ticks: number | number[] } {
  const { ticks } = ticksOf(axis, domain, 5) as { ticks: number | number[] };
  return { ticks };
}

function share(value: number, [low, high]: readonly [number, number]): number {
  return high > low ? (value - low) / (high - low) : 0.5;
}
