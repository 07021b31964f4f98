import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type Simulation,
  type SimulationLinkDatum,
  type SimulationNodeDatum,
} from 'd3';
import type { NodeId } from '../../core/units.js';
import type { LayoutMode, LayoutRequest } from './layout-protocol.js';
import { ringRadii, seatsOf } from './radial.js';

interface Body extends SimulationNodeDatum {
  readonly id: NodeId;
  x: number;
  y: number;
  publisher: boolean;
  /** Where it sits in the picture by rings. */
  seatX: number;
  seatY: number;
}

type Spring = SimulationLinkDatum<Body>;
type GraphRequest = Extract<LayoutRequest, { type: 'graph' }>;

const REST = 0.02;
const RADIUS = 10;
const RING = 90;
/** Room along a ring for one node. */
const ROOM = 15;
const FURTHEST_BIRTH = 350;
/** From so many nodes on, forces are those of a crowd. */
const CROWD = 120;

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

  setGraph({ ids, links, publishers, mode }: GraphRequest): void {
    const known = new Map(this.#byId);
    const seats = seatsOf(ids.length, links, [...publishers]);
    const radii = ringRadii(seats, RING, ROOM);
    const sources = new Set(publishers);
    const parents = new Map<number, number>();
    const springs: Spring[] = [];
    for (let at = 0; at + 1 < links.length; at += 2) {
      const [source, target] = [links[at] ?? 0, links[at + 1] ?? 0];
      springs.push({ source, target });
      parents.set(target, source);
    }
    this.#byId.clear();
    let fresh = 0;
    this.#bodies = ids.map((id, at) => {
      const { ring, angle } = seats[at] ?? { ring: 0, angle: 0 };
      const radius = radii[ring] ?? 0;
      const seat = { seatX: radius * Math.cos(angle), seatY: radius * Math.sin(angle) };
      const publisher = sources.has(at);
      const old = known.get(id);
      if (old === undefined) fresh++;
      const body = old ?? bornAt(id, seat, known.get(ids[parents.get(at) ?? -1] ?? ''));
      // One publisher is the middle of the picture; several find their places.
      if (publisher && !body.publisher && publishers.length === 1) Object.assign(body, { fx: 0, fy: 0 });
      Object.assign(body, seat, { publisher });
      this.#byId.set(id, body);
      return body;
    });
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
    if (body === undefined || body.publisher) return;
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
    const simulation = this.#simulation.nodes(this.#bodies);
    if (mode === 'rings') {
      simulation
        .force('charge', null)
        .force('link', null)
        .force('collide', null)
        .force('x', forceX<Body>((body) => body.seatX).strength(0.4))
        .force('y', forceY<Body>((body) => body.seatY).strength(0.4));
      return;
    }
    const crowd = this.#bodies.length > CROWD;
    simulation
      .force(
        'charge',
        forceManyBody<Body>()
          .strength(crowd ? -70 : -340)
          .distanceMax(crowd ? 500 : 900)
          .theta(1),
      )
      .force(
        'link',
        forceLink<Body, Spring>(springs)
          .distance(crowd ? 30 : 85)
          .strength(0.7),
      )
      .force('collide', forceCollide<Body>(RADIUS).iterations(1))
      .force('x', forceX<Body>(0).strength(0.03))
      .force('y', forceY<Body>(0).strength(0.05));
  }
}

/** A newcomer appears beside its provider, or at its seat while the picture begins. */
function bornAt(id: NodeId, seat: { seatX: number; seatY: number }, parent: Body | undefined): Body {
  const { seatX, seatY } = seat;
  const reach = Math.sqrt(seatX * seatX + seatY * seatY) || 1;
  const step = parent === undefined ? Math.min(reach, FURTHEST_BIRTH) : 20;
  const [x, y] = [(parent?.x ?? 0) + (step * seatX) / reach, (parent?.y ?? 0) + (step * seatY) / reach];
  return { id, x, y, publisher: false, seatX, seatY };
}
