import { hue, type Palette } from './palette.js';
import type { NodeState } from './state.js';

/** A node with its pixels. */
export interface Mark {
  readonly node: NodeState;
  /** The sub-stream it forwards most. */
  readonly forwards: number | null;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly faint: boolean;
  readonly ring: 'selected' | 'you' | null;
}

/**
 * What a node looks like; colour and shape say the same, for those who tell colours badly. A publisher that is a supernode,
 * too, bears the sign of both.
 */
export type Look = 'publisher' | 'supernode' | 'helper' | 'playing' | 'starting' | 'stalled' | 'gone';

export function lookOf({ up, kind, role, player }: NodeState): Look {
  if (!up) return 'gone';
  if (kind === 'publisher') return 'publisher';
  if (role === 'supernode') return 'supernode';
  if (kind === 'helper') return 'helper';
  if (player === 'stalled') return 'stalled';
  return player === 'starting' ? 'starting' : 'playing';
}

/** Draws the nodes, those of one look together. */
export function drawNodes(
  context: CanvasRenderingContext2D,
  palette: Palette,
  marks: readonly Mark[],
  faint: number,
): void {
  const batches = new Map<string, { look: Look; sub: number | null; faint: boolean; marks: Mark[] }>();
  for (const mark of marks) {
    if (Number.isNaN(mark.x)) continue;
    const look = lookOf(mark.node);
    const sub = mark.forwards;
    const key = `${look}/${sub}/${mark.faint}`;
    const batch = batches.get(key);
    if (batch === undefined) batches.set(key, { look, sub, faint: mark.faint, marks: [mark] });
    else batch.marks.push(mark);
  }
  for (const batch of batches.values()) {
    context.globalAlpha = batch.faint ? faint : 1;
    context.beginPath();
    for (const { x, y, radius } of batch.marks) outline(context, batch.look, x, y, radius);
    finish(context, palette, batch.look, batch.sub);
  }
  context.globalAlpha = 1;
  for (const { node, ring, x, y, radius, faint: pale } of marks) {
    if (node.up && node.kind === 'publisher' && node.role === 'supernode' && !pale && !Number.isNaN(x)) {
      context.beginPath();
      outline(context, 'supernode', x, y, 1.5);
      finish(context, palette, 'supernode', null);
    }
    if (ring === null || Number.isNaN(x)) continue;
    context.beginPath();
    context.arc(x, y, radius + 6, 0, 2 * Math.PI);
    context.lineWidth = 2;
    context.strokeStyle = ring === 'selected' ? palette.text : palette.accent;
    context.stroke();
  }
}

/** Adds the shape of a look to the path. */
export function outline(context: CanvasRenderingContext2D, look: Look, x: number, y: number, radius: number): void {
  if (look === 'publisher') {
    const [outer, inner] = [radius + 6, (radius + 6) * 0.5];
    for (let corner = 0; corner < 10; corner++) {
      const reach = corner % 2 === 0 ? outer : inner;
      const angle = (corner * Math.PI) / 5 - Math.PI / 2;
      const at = [x + reach * Math.cos(angle), y + reach * Math.sin(angle)] as const;
      if (corner === 0) context.moveTo(...at);
      else context.lineTo(...at);
    }
    context.closePath();
  } else if (look === 'supernode') {
    const reach = radius + 3;
    context.moveTo(x, y - reach);
    context.lineTo(x + reach, y);
    context.lineTo(x, y + reach);
    context.lineTo(x - reach, y);
    context.closePath();
  } else if (look === 'helper') {
    context.rect(x - radius, y - radius, 2 * radius, 2 * radius);
  } else if (look === 'gone') {
    context.moveTo(x - radius, y - radius);
    context.lineTo(x + radius, y + radius);
    context.moveTo(x + radius, y - radius);
    context.lineTo(x - radius, y + radius);
  } else {
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 2 * Math.PI);
  }
}

/** Fills and strokes the path as its look wants; a relay has the colour of the sub-stream that it forwards most. */
export function finish(context: CanvasRenderingContext2D, palette: Palette, look: Look, sub: number | null): void {
  const fills: Readonly<Record<Look, string | null>> = {
    publisher: palette.publisher,
    supernode: palette.supernode,
    helper: palette.accent,
    playing: sub === null ? palette.node : hue(palette, sub),
    starting: palette.ground,
    stalled: palette.ground,
    gone: null,
  };
  const strokes: Readonly<Record<Look, string>> = {
    publisher: palette.text,
    supernode: palette.ground,
    helper: palette.ground,
    playing: palette.ground,
    starting: palette.quiet,
    stalled: palette.care,
    gone: palette.quiet,
  };
  const fill = fills[look];
  if (fill !== null) {
    context.fillStyle = fill;
    context.fill();
  }
  context.lineWidth = look === 'stalled' ? 3 : look === 'gone' ? 2 : 1.2;
  context.strokeStyle = strokes[look];
  context.stroke();
}

/** A name beside its node, with a halo in the colour of the ground. */
export function drawLabel(context: CanvasRenderingContext2D, palette: Palette, mark: Mark, text: string): void {
  if (Number.isNaN(mark.x)) return;
  context.globalAlpha = mark.faint ? 0.35 : 1;
  context.font = '12px system-ui, sans-serif';
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  const at = [mark.x + mark.radius + 8, mark.y] as const;
  context.lineWidth = 4;
  context.strokeStyle = palette.ground;
  context.strokeText(text, ...at);
  context.fillStyle = palette.text;
  context.fillText(text, ...at);
  context.globalAlpha = 1;
}
