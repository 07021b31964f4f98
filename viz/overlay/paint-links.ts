import type { Graph, GraphLink, Kin, LinkStatus } from './graph.js';
import { hue, type Palette } from './palette.js';

/** The links of a graph with the pixels of its nodes. */
export interface LinkEnds {
  readonly graph: Graph;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly width: number;
  readonly height: number;
  /** Pixels by which the curves of neighbouring sub-streams part. */
  readonly bend: number;
}

const DASHES: Readonly<Record<LinkStatus, readonly number[]>> = { active: [], suspect: [7, 4], standby: [1.5, 4] };
const STATUSES = ['standby', 'active', 'suspect'] as const;
/** Chunks drawn at most; more are noise. */
const MAX_CHUNKS = 1500;
/** From so many links on, chunks travel only on those that place a node. */
const CROWD = 500;
/** Seconds that a chunk is shown on its way, chosen for the eye. */
const FLIGHT = 1.1;

interface Curve {
  readonly fromX: number;
  readonly fromY: number;
  readonly viaX: number;
  readonly viaY: number;
  readonly toX: number;
  readonly toY: number;
}

/** The curve of a link, each sub-stream with a bend of its own; null for one outside the picture. */
function curveOf({ graph, x, y, width, height, bend }: LinkEnds, { from, to, edge }: GraphLink): Curve | null {
  const [fromX, fromY, toX, toY] = [x[from] ?? NaN, y[from] ?? NaN, x[to] ?? NaN, y[to] ?? NaN];
  if (Number.isNaN(fromX + toX)) return null;
  if ((fromX < 0 && toX < 0) || (fromY < 0 && toY < 0)) return null;
  if ((fromX > width && toX > width) || (fromY > height && toY > height)) return null;
  const [dx, dy] = [toX - fromX, toY - fromY];
  const length = Math.sqrt(dx * dx + dy * dy) || 1;
  const off = ((edge.sub - (graph.substreams - 1) / 2) * bend + bend / 4) / length;
  return { fromX, fromY, toX, toY, viaX: (fromX + toX) / 2 - dy * off, viaY: (fromY + toY) / 2 + dx * off };
}

/** The links that place a node, or all others: one path for each sub-stream and status, since strokes cost most. */
export function drawLinks(
  context: CanvasRenderingContext2D,
  palette: Palette,
  ends: LinkEnds,
  which: 'primary' | 'others',
  thickness: number,
): void {
  const { graph } = ends;
  const paths = new Map<string, { status: LinkStatus; sub: number; path: Path2D }>();
  for (const link of graph.links) {
    if (link.primary !== (which === 'primary')) continue;
    const curve = curveOf(ends, link);
    if (curve === null) continue;
    const { sub } = link.edge;
    const key = `${link.status}/${sub}`;
    let batch = paths.get(key);
    if (batch === undefined) paths.set(key, (batch = { status: link.status, sub, path: new Path2D() }));
    batch.path.moveTo(curve.fromX, curve.fromY);
    batch.path.quadraticCurveTo(curve.viaX, curve.viaY, curve.toX, curve.toY);
  }
  for (const status of STATUSES) {
    context.setLineDash(DASHES[status]);
    context.lineWidth = status === 'suspect' ? thickness * 1.6 : thickness;
    for (const batch of paths.values()) {
      if (batch.status !== status) continue;
      context.strokeStyle = hue(palette, batch.sub);
      context.stroke(batch.path);
    }
  }
  context.setLineDash([]);
}

/** The kin of one node: its provider chains thick, with arrows the way media flows, its consumers thin. */
export function drawTrail(
  context: CanvasRenderingContext2D,
  palette: Palette,
  ends: LinkEnds,
  kin: Kin,
  scale: number,
): void {
  for (const [links, width] of [
    [kin.below, 1.3],
    [kin.above, 2.4],
  ] as const) {
    for (const at of links) {
      const link = ends.graph.links[at];
      const curve = link === undefined ? null : curveOf(ends, link);
      if (link === undefined || curve === null) continue;
      context.strokeStyle = hue(palette, link.edge.sub);
      context.fillStyle = context.strokeStyle;
      context.lineWidth = width;
      context.setLineDash(DASHES[link.status]);
      context.beginPath();
      context.moveTo(curve.fromX, curve.fromY);
      context.quadraticCurveTo(curve.viaX, curve.viaY, curve.toX, curve.toY);
      context.stroke();
      arrow(context, curve, (width + 3) * scale);
    }
  }
  context.setLineDash([]);
}

/** An arrow head in the middle of the curve. */
function arrow(context: CanvasRenderingContext2D, curve: Curve, size: number): void {
  const { x, y } = pointOf(curve, 0.55);
  const angle = Math.atan2(curve.toY - curve.fromY, curve.toX - curve.fromX);
  context.beginPath();
  for (const [turn, length] of [
    [0, size],
    [2.5, size],
    [-2.5, size],
  ] as const) {
    context.lineTo(x + length * Math.cos(angle + turn), y + length * Math.sin(angle + turn));
  }
  context.fill();
}

/** A dot on its way along every link on which something came in the last second. */
export function drawChunks(
  context: CanvasRenderingContext2D,
  palette: Palette,
  ends: LinkEnds,
  beat: number,
  size: number,
): void {
  const { graph } = ends;
  const crowded = graph.links.length > CROWD;
  const stride = Math.ceil(graph.links.length / MAX_CHUNKS);
  let last = -1;
  for (let sub = 0; sub < graph.substreams; sub++) {
    for (let at = sub % stride; at < graph.links.length; at += stride) {
      const link = graph.links[at];
      if (link === undefined || link.edge.sub !== sub || link.status !== 'active') continue;
      if (crowded && !link.primary) continue;
      const flow = graph.nodes[link.to]?.flow ?? null;
      if (flow === null || (flow[3] & (1 << sub)) === 0) continue;
      const curve = curveOf(ends, link);
      if (curve === null) continue;
      if (last !== sub) context.fillStyle = hue(palette, sub);
      last = sub;
      // A start of its own for every link, and the same in every frame.
      const { x, y } = pointOf(curve, (beat / FLIGHT + ((at * 0.618) % 1)) % 1);
      context.fillRect(x - size, y - size, 2 * size, 2 * size);
    }
  }
}

function pointOf({ fromX, fromY, viaX, viaY, toX, toY }: Curve, share: number): { x: number; y: number } {
  const rest = 1 - share;
  const [a, b, c] = [rest * rest, 2 * rest * share, share * share];
  return { x: a * fromX + b * viaX + c * toX, y: a * fromY + b * viaY + c * toY };
}
