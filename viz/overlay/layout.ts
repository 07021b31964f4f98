import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceRadial,
  forceSimulation,
  forceX,
  forceY,
  type Simulation,
  type SimulationLinkDatum,
  type SimulationNodeDatum,
} from 'd3';
import type { NodeId } from '../../core/units.js';
import type { LayoutMode, LayoutRequest } from './layout-protocol.js';

interface Body extends SimulationNodeDatum {
  readonly id: NodeId;
  x: number;
  y: number;
  depth: number;
}

type Spring = SimulationLinkDatum<Body>;
type GraphRequest = Extract<LayoutRequest, { type: 'graph' }>;

const REST = 0.02;
const RADIUS = 11;
const RING = 95;
/** Room along a ring for one node. */
const SEAT = 15;
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));

/** Where the nodes go: d3's forces around the publisher, continued from where they are when the graph changes. */
export class Layout {
  readonly #simulation: Simulation<Body, Spring>;
  #bodies: Body[] = [];
  readonly #byId = new Map<NodeId, Body>();
  #mode: LayoutMode = 'force';

  constructor() {
    this.#simulation = forceSimulation<Body, Spring>([]).alphaMin(REST).alphaDecay(0.025).velocityDecay(0.5).stop();
  }

  /** Whether anything still moves. */
  get moving(): boolean {
    return this.#bodies.length > 0 && this.#simulation.alpha() > REST;
  }

  setGraph({ ids, links, depth, mode }: GraphRequest): void {
    const known = new Map(this.#byId);
    const neighbours = ids.map((): number[] => []);
    const springs: Spring[] = [];
    for (let at = 0; at + 1 < links.length; at += 2) {
      const [source, target] = [links[at] ?? 0, links[at + 1] ?? 0];
      springs.push({ source, target });
      neighbours[source]?.push(target);
      neighbours[target]?.push(source);
    }
    this.#byId.clear();
    let fresh = 0;
    this.#bodies = ids.map((id, at) => {
      const body = known.get(id) ?? this.#born(id, ids, neighbours[at] ?? [], known, fresh++);
      body.depth = depth[at] ?? -1;
      this.#byId.set(id, body);
      return body;
    });
    for (const body of this.#bodies) {
      if (body.depth !== 0 || known.has(body.id)) continue;
      body.fx = 0;
      body.fy = 0;
    }
    this.#apply(springs, mode);
    const share = ids.length === 0 ? 0 : fresh / ids.length;
    const heat = mode === this.#mode ? Math.min(1, 0.08 + share * 1.5) : 0.9;
    this.#mode = mode;
    this.#simulation.alpha(Math.max(this.#simulation.alpha(), heat));
  }

  /** Keeps a node where the pointer is. */
  hold(id: NodeId, x: number, y: number): void {
    const body = this.#byId.get(id);
    if (body === undefined) return;
    body.fx = x;
    body.fy = y;
    this.#simulation.alpha(Math.max(this.#simulation.alpha(), 0.3));
  }

  /** Lets it go again; a publisher stays where it was put. */
  release(id: NodeId): void {
    const body = this.#byId.get(id);
    if (body === undefined || body.depth === 0) return;
    body.fx = null;
    body.fy = null;
  }

  step(): void {
    this.#simulation.tick();
  }

  positions(): Float32Array<ArrayBuffer> {
    const positions = new Float32Array(this.#bodies.length * 2);
    this.#bodies.forEach(({ x, y }, at) => positions.set([x, y], at * 2));
    return positions;
  }

  #apply(springs: Spring[], mode: LayoutMode): void {
    const rings = mode === 'rings' ? ringRadii(this.#bodies.map(({ depth }) => depth)) : null;
    const large = this.#bodies.length > 150;
    const charge = forceManyBody<Body>().strength(rings === null ? (large ? -110 : -260) : -40);
    const link = forceLink<Body, Spring>(springs).distance(rings === null ? (large ? 42 : 70) : RING);
    if (rings !== null) link.strength(0.06);
    this.#simulation
      .nodes(this.#bodies)
      .force('charge', charge.distanceMax(large ? 500 : 900).theta(1))
      .force('link', link)
      .force('collide', forceCollide<Body>(rings === null ? RADIUS : SEAT / 2).iterations(1))
      .force('x', rings === null ? forceX<Body>(0).strength(0.045) : null)
      .force('y', rings === null ? forceY<Body>(0).strength(0.06) : null)
      .force('rings', rings === null ? null : forceRadial<Body>((body) => rings(body.depth)).strength(0.9));
  }

  /** A newcomer appears beside whom it is linked to, or outside when it is linked to nobody. */
  #born(
    id: NodeId,
    ids: readonly NodeId[],
    neighbours: readonly number[],
    known: ReadonlyMap<NodeId, Body>,
    n: number,
  ): Body {
    const beside = neighbours.map((at) => known.get(ids[at] ?? '')).find((body) => body !== undefined);
    const angle = n * GOLDEN_ANGLE;
    const radius = beside === undefined ? 30 + 14 * Math.sqrt(known.size + n) : 24;
    const x = (beside?.x ?? 0) + radius * Math.cos(angle);
    const y = (beside?.y ?? 0) + radius * Math.sin(angle);
    return { id, x, y, depth: -1 };
  }
}

/** Radius of the ring of each depth: a step further out, and long enough for its nodes; the unreached go outside. */
export function ringRadii(depths: readonly number[]): (depth: number) => number {
  const deepest = Math.max(0, ...depths);
  const seats = new Array<number>(deepest + 2).fill(0);
  for (const depth of depths) {
    const ring = depth < 0 ? deepest + 1 : depth;
    seats[ring] = (seats[ring] ?? 0) + 1;
  }
  const radii: number[] = [];
  for (const [ring, count] of seats.entries()) {
    const inner = radii[ring - 1];
    radii.push(inner === undefined ? 0 : Math.max(inner + RING, (count * SEAT) / (2 * Math.PI)));
  }
  return (depth) => radii[depth < 0 ? deepest + 1 : depth] ?? 0;
}
