import * as Plot from '@observablehq/plot';
import { FONT_SIZE } from './paper.js';
import { INK, QUIET } from './colours.js';

/** About how wide a text is in pixels: generous, since every machine has other fonts. */
export function textWidth(text: string, size = FONT_SIZE): number {
  return text.length * size * 0.6;
}

/** One entry of a key: a name in its colour, with its symbol before it. */
export interface KeyItem {
  readonly name: string;
  readonly colour: string;
  readonly symbol?: Plot.SymbolType;
  /** Whether its symbol is drawn as a line. */
  readonly hollow?: boolean;
}

const ROW = 13;
const SYMBOL = 11;
/** Bold letters are wider. */
const BOLD = FONT_SIZE * 1.15;

/** A key over the plot, in as many rows as it needs. */
export interface Key {
  readonly height: number;
  /** Marks in the coordinates of the frame; `top` is the margin above it. */
  readonly marks: (top: number) => Plot.Markish[];
}

/** Lays names out in rows above the frame. @param offset where the frame begins, from the left of the picture */
export function keyOf(items: readonly KeyItem[], width: number, offset = 0): Key {
  let [x, row] = [0, 0];
  const places = items.map((item) => {
    const space = textWidth(item.name, BOLD) + 10 + (item.symbol === undefined ? 0 : SYMBOL);
    if (x > 0 && x + space > width) [x, row] = [0, row + 1];
    const place = { ...item, x, row };
    x += space;
    return place;
  });
  const height = items.length === 0 ? 0 : (row + 1) * ROW;
  const marks = (top: number): Plot.Markish[] =>
    places.flatMap(({ name, colour, symbol, hollow, x: left, row: line }) => {
      const at = { dx: left - offset, dy: -top + 7 + line * ROW } as const;
      const shift = symbol === undefined ? 0 : SYMBOL;
      const text = Plot.text([name], {
        text: (each: string) => each,
        frameAnchor: 'top-left',
        textAnchor: 'start',
        lineAnchor: 'middle',
        fill: colour,
        fontWeight: 600,
        dx: at.dx + shift,
        dy: at.dy,
        clip: false,
      });
      if (symbol === undefined) return [text];
      return [
        Plot.dot([name], {
          frameAnchor: 'top-left',
          symbol,
          ...(hollow === true ? { stroke: colour, fill: 'none', strokeWidth: 1.2 } : { fill: colour }),
          r: 3,
          dx: at.dx + 4,
          dy: at.dy,
          clip: false,
        }),
        text,
      ];
    });
  return { height, marks };
}

/** What a panel shows, above its left edge. @param dy from the top of the frame */
export function heading(text: string, offset: number, dy: number, strong = true): Plot.Markish {
  return Plot.text([text], {
    text: (each: string) => each,
    frameAnchor: 'top-left',
    textAnchor: 'start',
    lineAnchor: 'middle',
    fill: strong ? INK : QUIET,
    ...(strong ? { fontWeight: 600 } : {}),
    dx: -offset,
    dy,
    clip: false,
  });
}

/** A label and where it wants to be. */
export interface Wish {
  readonly at: number;
  readonly size: number;
}

/**
 * Moves labels along a line until none overlap, each as near to its wish as its neighbours let it be, within the bounds
 * where there is room. Returns the centres in the order of the wishes.
 */
export function spread(wishes: readonly Wish[], low: number, high: number): number[] {
  const order = wishes.map((_, index) => index).sort((a, b) => (wishes[a]?.at ?? 0) - (wishes[b]?.at ?? 0) || a - b);
  const centres = wishes.map(({ at }) => at);
  let edge = low;
  for (const index of order) {
    const half = (wishes[index]?.size ?? 0) / 2;
    centres[index] = Math.max(centres[index] ?? 0, edge + half);
    edge = (centres[index] ?? 0) + half;
  }
  edge = high;
  for (const index of order.toReversed()) {
    const half = (wishes[index]?.size ?? 0) / 2;
    centres[index] = Math.min(centres[index] ?? 0, edge - half);
    edge = (centres[index] ?? 0) - half;
  }
  return centres;
}
