import type { NodeId } from '../../core/units.js';
import type { Graph } from './graph.js';
import type { LayoutAnswer, LayoutMode, LayoutRequest } from './layout-protocol.js';

/** Where a node is drawn, and where it is going. */
export interface Place {
  x: number;
  y: number;
  toX: number;
  toY: number;
}

const EASE_MS = 70;

/** The page's end of the layout: tells it the graph when that changes, and eases towards what it answers. */
export class Places {
  readonly #worker: Worker;
  readonly #places = new Map<NodeId, Place>();
  /** Ids of the graphs whose answers may still come, the newest last. */
  #sent: { readonly graph: number; readonly ids: readonly NodeId[] }[] = [];
  #graphs = 0;
  #last = '';

  constructor() {
    this.#worker = new Worker(new URL('./layout-worker.ts', import.meta.url), { type: 'module', name: 'layout' });
    this.#worker.addEventListener('message', ({ data }: MessageEvent<LayoutAnswer>) => this.#take(data));
  }

  /** Lays the graph out unless it is the same as before. */
  arrange(graph: Graph, mode: LayoutMode): void {
    const ids = graph.nodes.map(({ id }) => id);
    const primary = graph.links.filter((link) => link.primary).sort((a, b) => a.edge.sub - b.edge.sub);
    const links = Int32Array.from(primary.flatMap(({ from, to }) => [from, to]));
    const publishers = graph.nodes.flatMap(({ kind }, at) => (kind === 'publisher' ? [at] : []));
    const signature = `${mode}/${ids.join()}/${links.join()}/${publishers.join()}`;
    if (signature === this.#last) return;
    this.#last = signature;
    this.#graphs++;
    this.#sent.push({ graph: this.#graphs, ids });
    this.#post({ type: 'graph', mode, ids, links, publishers });
    const kept = new Set(ids);
    for (const id of this.#places.keys()) if (!kept.has(id)) this.#places.delete(id);
  }

  /** Moves everything on by a frame; true while something is on its way. */
  ease(milliseconds: number): boolean {
    const share = 1 - Math.exp(-milliseconds / EASE_MS);
    let moving = false;
    for (const place of this.#places.values()) {
      const [dx, dy] = [place.toX - place.x, place.toY - place.y];
      if (Math.abs(dx) + Math.abs(dy) < 0.05) continue;
      moving = true;
      place.x += dx * share;
      place.y += dy * share;
    }
    return moving;
  }

  of(id: NodeId): Place | undefined {
    return this.#places.get(id);
  }

  hold(id: NodeId, x: number, y: number): void {
    const place = this.#places.get(id);
    if (place !== undefined) Object.assign(place, { x, y, toX: x, toY: y });
    this.#post({ type: 'hold', id, x, y });
  }

  release(id: NodeId): void {
    this.#post({ type: 'release', id });
  }

  #post(request: LayoutRequest): void {
    const transfer = request.type === 'graph' ? [request.links.buffer] : [];
    this.#worker.postMessage(request, transfer);
  }

  #take({ graph, positions }: LayoutAnswer): void {
    this.#sent = this.#sent.filter((sent) => sent.graph >= graph);
    const ids = this.#sent[0]?.graph === graph ? this.#sent[0].ids : [];
    ids.forEach((id, at) => {
      const [x, y] = [positions[at * 2] ?? 0, positions[at * 2 + 1] ?? 0];
      const place = this.#places.get(id);
      if (place === undefined) this.#places.set(id, { x, y, toX: x, toY: y });
      else {
        place.toX = x;
        place.toY = y;
      }
    });
  }
}
