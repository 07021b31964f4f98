import { el } from '../dom.js';
import type { OverlayState } from './state.js';
import { finish, lookOf, outline, type Look } from './paint-nodes.js';
import type { Palette } from './palette.js';

const WORDS: Readonly<Record<Look, string>> = {
  publisher: 'publisher',
  supernode: 'supernode',
  helper: 'helper',
  playing: 'plays',
  starting: 'starting',
  stalled: 'stalled',
  gone: 'gone',
};
const LINES: readonly (readonly [string, readonly number[]])[] = [
  ['active', []],
  ['suspect', [7, 4]],
  ['standby', [1.5, 4]],
];
const WIDTH = 26;
const HEIGHT = 18;

/**
 * Tells what shapes and lines mean, drawn by the code that draws the picture. Helpers are named only where some
 * are; a node that forwards has the colour of the sub-stream that it forwards most.
 */
export function fillLegend(list: HTMLElement, palette: Palette, state: OverlayState): void {
  const helpers = [...state.nodes.values()].some((node) => lookOf(node) === 'helper');
  const looks = (Object.keys(WORDS) as Look[]).filter((look) => look !== 'helper' || helpers);
  const shapes = looks.map((look) =>
    entry(WORDS[look], (context) => {
      context.beginPath();
      outline(context, look, WIDTH / 2, HEIGHT / 2, look === 'publisher' || look === 'supernode' ? 2.8 : 5);
      finish(context, palette, look, null);
    }),
  );
  const relay = entry('forwards', (context) => {
    for (const [sub, x] of [6, 13, 20].entries()) {
      context.beginPath();
      outline(context, 'playing', x, HEIGHT / 2, 4.5);
      finish(context, palette, 'playing', sub);
    }
  });
  const lines = LINES.map(([name, dashes]) =>
    entry(name, (context) => {
      context.setLineDash([...dashes]);
      context.lineWidth = 2;
      context.strokeStyle = palette.quiet;
      context.beginPath();
      context.moveTo(2, HEIGHT / 2);
      context.lineTo(WIDTH - 2, HEIGHT / 2);
      context.stroke();
    }),
  );
  list.replaceChildren(...shapes.slice(0, 2), relay, ...shapes.slice(2), ...lines);
}

function entry(name: string, draw: (context: CanvasRenderingContext2D) => void): HTMLElement {
  const canvas = el('canvas', '');
  const ratio = Math.min(2, devicePixelRatio);
  canvas.width = WIDTH * ratio;
  canvas.height = HEIGHT * ratio;
  const context = canvas.getContext('2d');
  context?.scale(ratio, ratio);
  if (context !== null) draw(context);
  return el('li', '', canvas, name);
}
