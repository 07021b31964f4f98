import * as Plot from '@observablehq/plot';
import { GRID, INK, QUIET, type Look } from './colours.js';
import { COLUMN, draw, type Drawing, type Paper } from './paper.js';
import { nines, NINES } from './nines.js';
import { labelled, scaleOf, type Unit } from './units.js';
import { heading, keyOf } from './words.js';

/** The values of one series; infinite for what never came. */
export interface Sample {
  readonly name: string;
  readonly look: Look;
  readonly values: readonly number[];
}

export interface DistributionOptions {
  readonly label: string;
  /** `nines` spreads shares near 100 %, each step a tenth of the loss. */
  readonly unit: Unit | 'nines';
  /** Of what these are shares, as in "viewers". */
  readonly of: string;
  /** Levels drawn across the axis of the values, such as a target. */
  readonly levels?: readonly { readonly value: number; readonly label: string }[];
}

const LEFT = 38;
const RIGHT = 20;
/** Steps drawn at most. */
const STEPS = 300;
/** So much of the upper tail may leave the picture. */
const TAIL = 0.995;

/** Cumulative distributions: the share of all that has at most this value. */
export function distribution(paper: Paper, samples: readonly Sample[], options: DistributionOptions): Drawing {
  const { label, unit, of, levels = [] } = options;
  const isNines = unit === 'nines';
  const least = samples.flatMap(({ values }) => values).reduce((low, value) => Math.min(low, value), 0);
  const most = Math.max(...samples.map(({ values }) => tailOf(values)), 0);
  const scale = isNines ? { factor: 1, suffix: '' } : scaleOf(unit, [most]);
  const place = (value: number): number => (isNines ? nines(value) : value * scale.factor);
  const domain = isNines ? [0, NINES.length - 1] : [least * scale.factor, (most || 1) * scale.factor];
  const key = keyOf(
    samples.length > 1 ? samples.map(({ name, look }) => ({ name, colour: look.colour })) : [],
    COLUMN - 8,
    LEFT,
  );
  const top = 24 + key.height;
  return draw(paper, {
    width: COLUMN,
    height: 156 + top + 34,
    marginLeft: LEFT,
    marginRight: RIGHT,
    marginTop: top,
    marginBottom: 34,
    x: {
      domain,
      label: null,
      ...(isNines
        ? { ticks: NINES.map((_, index) => index), tickFormat: (index: number) => NINES[index] ?? '' }
        : { ticks: 6 }),
    },
    y: { domain: [0, 100], label: null, ticks: [0, 25, 50, 75, 100] },
    marks: [
      Plot.gridY({ ticks: [0, 25, 50, 75, 100], stroke: GRID, strokeOpacity: 1 }),
      ...levels.map(({ value }) => Plot.ruleX([place(value)], { stroke: QUIET, strokeDasharray: '4 3', clip: true })),
      ...levels.map((level) => levelLabel(level, place(level.value), domain)),
      ...samples.map(({ look, values }) =>
        Plot.line(steps(values, place, domain), {
          x: 'x',
          y: 'y',
          curve: 'step-after',
          stroke: look.colour,
          strokeWidth: 1.5,
          ...(look.dash === null ? {} : { strokeDasharray: look.dash }),
          clip: true,
        }),
      ),
      heading(`share of ${of} (%)`, LEFT, -12),
      ...key.marks(top - 2),
      Plot.text([labelled(label, scale)], {
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

function levelLabel(
  { label }: { readonly label: string },
  at: number,
  [low = 0, high = 1]: readonly number[],
): Plot.Markish {
  const right = at > (low + high) / 2;
  return Plot.text([at], {
    x: (each: number) => each,
    frameAnchor: 'top',
    textAnchor: right ? 'end' : 'start',
    lineAnchor: 'top',
    dx: right ? -4 : 4,
    dy: 3,
    text: () => label,
    fill: QUIET,
    clip: true,
  });
}

/** Where the picture ends for these values: far enough for nearly all of them. */
function tailOf(values: readonly number[]): number {
  const finite = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b);
  const at = finite[Math.min(finite.length - 1, Math.floor(finite.length * TAIL))];
  return at ?? 0;
}

interface Step {
  readonly x: number;
  readonly y: number;
}

/** The empirical distribution as steps from edge to edge, thinned where there are many values. */
export function steps(
  values: readonly number[],
  place: (value: number) => number,
  [low = 0, high = 1]: readonly number[],
): Step[] {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const stride = Math.max(1, Math.floor(sorted.length / STEPS));
  const points: Step[] = [{ x: low, y: 0 }];
  let share = 0;
  let kept = -stride;
  sorted.forEach((value, index) => {
    const ends = sorted[index + 1] !== value;
    if (!ends || !Number.isFinite(value) || (index - kept < stride && index !== sorted.length - 1)) return;
    kept = index;
    share = ((index + 1) / sorted.length) * 100;
    points.push({ x: place(value), y: share });
  });
  const finite = sorted.filter((value) => Number.isFinite(value)).length;
  points.push({ x: high, y: Math.max(share, sorted.length === 0 ? 0 : (finite / sorted.length) * 100) });
  return points;
}
