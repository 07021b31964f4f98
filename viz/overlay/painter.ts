import type { NodeId } from '../../core/units.js';
import { drawChunks, drawLinks, drawTrail, type LinkEnds } from './paint-links.js';
import { drawLabel, drawNodes, type Mark } from './paint-nodes.js';
import { labelOf } from './names.js';
import type { Graph, Kin } from './graph.js';
import type { Palette } from './palette.js';

/** Turns places of the layout into pixels of the page: `x * k + x0`. */
export interface Camera {
  readonly k: number;
  readonly x: number;
  readonly y: number;
}

export interface Scene {
  readonly graph: Graph;
  readonly place: (id: NodeId) => { readonly x: number; readonly y: number } | undefined;
  readonly camera: Camera;
  readonly width: number;
  readonly height: number;
  /** Position in `graph.nodes` of the node whose kin stands out, and that kin; null for none. */
  readonly focus: { readonly node: number; readonly kin: Kin } | null;
  readonly selected: NodeId | null;
  readonly matches: ReadonlySet<NodeId> | null;
  /** The node behind the player beside the picture. */
  readonly you: NodeId | null;
  /** Seconds of the animation of chunks; null to draw none. */
  readonly beat: number | null;
}

/** Nodes up to which every label is drawn. */
const MAX_LABELS = 40;
const FAINT = 0.13;

/** Draws one frame. */
export function paint(context: CanvasRenderingContext2D, palette: Palette, scene: Scene): void {
  const { graph, camera, focus, width, height } = scene;
  const x = new Float32Array(graph.nodes.length).fill(NaN);
  const y = new Float32Array(graph.nodes.length).fill(NaN);
  graph.nodes.forEach(({ id }, at) => {
    const place = scene.place(id);
    if (place === undefined) return;
    x[at] = place.x * camera.k + camera.x;
    y[at] = place.y * camera.k + camera.y;
  });
  const scale = Math.min(1.7, Math.max(0.55, Math.sqrt(camera.k)));
  context.clearRect(0, 0, width, height);
  const ends: LinkEnds = { graph, x, y, width, height, bend: 9 * camera.k };
  const crowd = Math.min(1, graph.links.length / 1200);
  context.globalAlpha = focus === null ? 0.6 - 0.42 * crowd : FAINT / 2;
  drawLinks(context, palette, ends, 'others', 1.2 - 0.4 * crowd);
  context.globalAlpha = focus === null ? 0.9 : FAINT;
  drawLinks(context, palette, ends, 'primary', 1.8 - 0.5 * crowd);
  if (scene.beat !== null && focus === null) {
    context.globalAlpha = 0.95;
    drawChunks(context, palette, ends, scene.beat, 1.6 * scale);
  }
  if (focus !== null) {
    context.globalAlpha = 1;
    drawTrail(context, palette, ends, focus.kin, scale);
  }
  const marks = graph.nodes.map((node, at): Mark => {
    const consumers = graph.consumers[at] ?? 0;
    const faint = focus === null ? scene.matches?.has(node.id) === false : !focus.kin.nodes.has(at);
    const ring = node.id === scene.selected ? 'selected' : node.id === scene.you ? 'you' : null;
    return {
      node,
      forwards: graph.forwards[at] ?? null,
      x: x[at] ?? NaN,
      y: y[at] ?? NaN,
      radius: (3.4 + Math.sqrt(consumers)) * scale,
      faint,
      ring,
    };
  });
  drawNodes(context, palette, marks, FAINT * 2);
  const all = graph.nodes.length <= MAX_LABELS;
  for (const mark of marks) {
    const { node, faint, ring } = mark;
    const named = node.kind === 'publisher' || ring !== null || scene.matches?.has(node.id) === true;
    const shown = focus === null ? all || named : graph.index.get(node.id) === focus.node || (all && !faint);
    if (shown) drawLabel(context, palette, mark, node.id === scene.you ? `${labelOf(node)} (you)` : labelOf(node));
  }
}
