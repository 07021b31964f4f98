/**
 * Colours of all charts by the name of a custom property: a page sets these for light and dark, a paper gets `PRINT`.
 * Series are told apart by the common kinds of colour blindness, too (after Okabe and Ito).
 */
export const PRINT: Readonly<Record<string, string>> = {
  ink: '#16202a',
  quiet: '#5a6875',
  grid: '#dde2e7',
  ground: '#ffffff',
  good: '#1a7f4b',
  care: '#a15c00',
  bad: '#b3261e',
  publisher: '#f0b400',
  supernode: '#d1232a',
  node: '#3c4a57',
  baseline: '#7a8794',
  'hue-0': '#0072b2',
  'hue-1': '#d55e00',
  'hue-2': '#00845f',
  'hue-3': '#a8457f',
  'hue-4': '#8a6d00',
  'hue-5': '#5b4bb5',
  'hue-6': '#2a9fd6',
  'hue-7': '#8c2d04',
};

/** The same on a dark ground. */
export const DARK: Readonly<Record<string, string>> = {
  ink: '#e8edf2',
  quiet: '#9aa9b7',
  grid: '#2a3641',
  ground: '#18212a',
  good: '#5fd39a',
  care: '#f0b35c',
  bad: '#ff8a80',
  publisher: '#ffd24a',
  supernode: '#ff5d5d',
  node: '#c3ced8',
  baseline: '#8f9ca8',
  'hue-0': '#56b4e9',
  'hue-1': '#f2853a',
  'hue-2': '#2fc79a',
  'hue-3': '#e08fc0',
  'hue-4': '#d8bd3f',
  'hue-5': '#a99cf0',
  'hue-6': '#8fd3f4',
  'hue-7': '#d98b63',
};

export type Colour = `var(--${string})`;
export type Symbol = 'circle' | 'square2' | 'triangle' | 'diamond2' | 'star' | 'cross' | 'wye' | 'hexagon' | 'times';

export const INK: Colour = 'var(--ink)';
export const QUIET: Colour = 'var(--quiet)';
export const GRID: Colour = 'var(--grid)';
export const GROUND: Colour = 'var(--ground)';

/** How one series looks wherever it occurs; colour and symbol say the same. */
export interface Look {
  readonly colour: Colour;
  readonly symbol: Symbol;
  /** Dashes of its line; null for a whole one. */
  readonly dash: string | null;
}

const HUES = 8;
const SYMBOLS: readonly Symbol[] = ['circle', 'triangle', 'square2', 'diamond2', 'star', 'wye', 'cross', 'hexagon'];
const DASHES: readonly (string | null)[] = [null, '6 2', '2 2', '7 2 1.5 2'];

/** Whoever pays for relays is a reference line and not a contender. */
const BASELINES: readonly string[] = ['origin-edge', 'p2p-cdn'];

/** The colour of a number, the same in every figure. */
export function hue(index: number): Colour {
  return `var(--hue-${index % HUES})`;
}

/** Looks of the series by name: astral always has the first colour, baselines are grey, the others come in their order. */
export function looksOf(names: readonly string[]): ReadonlyMap<string, Look> {
  const looks = new Map<string, Look>();
  let next = 1;
  let grey = 0;
  for (const name of new Set(names)) {
    if (BASELINES.includes(name)) {
      looks.set(name, { colour: 'var(--baseline)', symbol: grey++ === 0 ? 'square2' : 'cross', dash: '4 2' });
      continue;
    }
    const index = name === 'astral' ? 0 : next++;
    const dash = DASHES[Math.floor(index / HUES) % DASHES.length] ?? null;
    looks.set(name, { colour: hue(index), symbol: SYMBOLS[index % SYMBOLS.length] ?? 'circle', dash });
  }
  return looks;
}

/** The look of a name that may be unknown to the others. */
export function lookOf(looks: ReadonlyMap<string, Look>, name: string): Look {
  return looks.get(name) ?? { colour: INK, symbol: 'circle', dash: null };
}
