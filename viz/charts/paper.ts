import * as Plot from '@observablehq/plot';
import { DARK, INK, PRINT } from './colours.js';

/** Where charts are drawn: the document of a browser, or one of linkedom. */
export interface Paper {
  readonly document: object;
}

/** A picture without its frame: the elements inside, in pixels of a 96th of an inch. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly content: string;
}

/** One column of a journal (85 mm) and a whole page (180 mm), in pixels. */
export const COLUMN = 321;
export const PAGE = 680;
/** 7 points. */
export const FONT_SIZE = 9.33;
export const FONT = 'Helvetica, Arial, "Liberation Sans", "DejaVu Sans", sans-serif';

const MM = 25.4 / 96;

/** Draws with Observable Plot; the size defaults to a column. */
export function draw(paper: Paper, options: Plot.PlotOptions): Drawing {
  const width = options.width ?? COLUMN;
  const height = options.height ?? 200;
  const plot = Plot.plot({ ...options, width, height, document: paper.document as Document });
  // The style sheet of a plot is about pages, and names colours that a paper does not know.
  for (const style of plot.querySelectorAll('style')) style.remove();
  return { width, height, content: plot.innerHTML };
}

/** Drawings below each other. */
export function stacked(drawings: readonly Drawing[], gap = 0): Drawing {
  return grid(drawings, 1, gap);
}

/** Drawings in rows of so many; those of a row are as high as the highest. */
export function grid(drawings: readonly Drawing[], columns: number, gap = 0): Drawing {
  let [y, width] = [0, 0];
  const parts: string[] = [];
  for (let from = 0; from < drawings.length; from += columns) {
    const row = drawings.slice(from, from + columns);
    if (y > 0) y += gap;
    let x = 0;
    for (const { content, width: own } of row) {
      parts.push(`<g transform="translate(${round(x)},${round(y)})">${content}</g>`);
      x += own + gap;
    }
    width = Math.max(width, x - gap);
    y += Math.max(...row.map(({ height }) => height));
  }
  return { width, height: y, content: parts.join('') };
}

/** What a figure is called and says, for those who do not see it and for whoever finds the file. */
export interface Words {
  readonly title: string;
  readonly description: string;
}

/** A drawing for a page, whose style sheet gives the colours. */
export function svgForPage(drawing: Drawing, words: Words): string {
  const { width, height } = drawing;
  return `<svg viewBox="0 0 ${width} ${round(height)}" role="img" aria-label="${escaped(words.title)}" ${TEXT}>${drawing.content}</svg>`;
}

/** A drawing as a file for a paper: millimetres, a white ground, literal colours, no style sheet. */
export function svgForPaper(drawing: Drawing, words: Words): string {
  const { width, height } = drawing;
  const size = `width="${round(width * MM)}mm" height="${round(height * MM)}mm" viewBox="0 0 ${width} ${round(height)}"`;
  const ground = `<rect width="100%" height="100%" fill="${PRINT['ground']}"/>`;
  const head = `<title>${escaped(words.title)}</title><desc>${escaped(words.description)}</desc>`;
  const body = printed(`${TEXT}>${head}${ground}${drawing.content}`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" ${size} ${body}</svg>\n`;
}

/** The custom properties that `svgForPage` relies on, as one declaration each. */
export function colourProperties(): string {
  return Object.entries(PRINT)
    .map(([name, light]) => `--${name}: light-dark(${light}, ${DARK[name] ?? light});`)
    .join(' ');
}

/** Text for SVG and HTML, quotes included. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

const TEXT = `font-family="${escaped(FONT)}" font-size="${FONT_SIZE}" fill="${INK}" color="${INK}" text-anchor="middle"`;

function printed(text: string): string {
  return text
    .replaceAll('currentColor', PRINT['ink'] ?? 'black')
    .replaceAll(/var\(--([\w-]+)\)/g, (whole, name: string) => PRINT[name] ?? whole);
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
