import * as Plot from '@observablehq/plot';
import { applyLine } from '../overlay/fold.js';
import { graphOf, type Graph } from '../overlay/graph.js';
import { parseLine } from '../overlay/lines.js';
import { ringRadii, seatsOf } from '../overlay/radial.js';
import { emptyState, type NodeState } from '../overlay/state.js';
import { GRID, GROUND, hue, INK, QUIET, type Symbol } from './colours.js';
import { draw, grid, PAGE, type Drawing, type Paper } from './paper.js';
import { clock } from './units.js';
import { heading, keyOf, type KeyItem } from './words.js';

const SECOND = 1_000_000;
const COLUMNS = 3;
const GAP = 14;
const SIDE = (PAGE - (COLUMNS - 1) * GAP) / COLUMNS;
const HEAD = 36;
/** Sub-streams with a colour of their own, as in the live picture. */
const HUES = 6;
/** Of more nodes a picture of this size shows nothing. */
export const CROWD = 3000;
const RING = 90;
const ROOM = 15;

/** Pictures of the overlay at a few moments, folded from the lines of a recording. */
export class Snapshots {
  readonly #paper: Paper;
  /** Microseconds, rising. */
  readonly #moments: number[];
  readonly #state = emptyState();
  readonly #tiles: Drawing[] = [];
  #substreams = 1;

  /** @param moments in seconds */
  constructor(paper: Paper, moments: readonly number[]) {
    this.#paper = paper;
    this.#moments = [...new Set(moments)].sort((a, b) => a - b).map((each) => each * SECOND);
  }

  /** Takes the next line of the recording; false once no more are needed. */
  add(text: string): boolean {
    // Views tell nothing that the events of a recording do not, and are most of it.
    if (text.startsWith('{"type":"view"')) return true;
    const line = parseLine(text);
    if (line === null) return true;
    while (this.#moments.length > 0 && line.at > (this.#moments[0] ?? 0)) this.#take();
    if (this.#moments.length === 0) return false;
    applyLine(this.#state, line);
    return true;
  }

  /** The pictures side by side; null where there are none, or too many nodes for one. */
  finish(): Drawing | null {
    while (this.#moments.length > 0) this.#take();
    if (this.#tiles.length === 0) return null;
    return grid([this.#key(), grid(this.#tiles, COLUMNS, GAP)], 1);
  }

  #take(): void {
    const at = this.#moments.shift() ?? 0;
    this.#state.at = Math.max(this.#state.at, at);
    const graph = graphOf(this.#state, { substreams: -1, standby: false, stream: null });
    if (graph.nodes.length === 0 || graph.nodes.length > CROWD) return;
    this.#substreams = Math.max(this.#substreams, graph.substreams);
    this.#tiles.push(tileOf(this.#paper, graph, at / SECOND));
  }

  #key(): Drawing {
    const items: KeyItem[] = [
      { name: 'publisher', colour: 'var(--publisher)', symbol: 'star' },
      { name: 'supernode', colour: 'var(--supernode)', symbol: 'diamond2' },
      ...Array.from({ length: Math.min(HUES, this.#substreams) }, (_, sub) => ({
        name: `relays in tree ${sub + 1}`,
        colour: hue(sub),
        symbol: 'circle' as const,
      })),
      { name: 'leaf', colour: 'var(--node)', symbol: 'circle' },
      { name: 'starting', colour: QUIET, symbol: 'circle', hollow: true },
      { name: 'stalled', colour: 'var(--care)', symbol: 'times', hollow: true },
      { name: 'gone', colour: QUIET, symbol: 'times', hollow: true },
    ];
    const key = keyOf(items, PAGE - 10);
    return draw(this.#paper, {
      width: PAGE,
      height: key.height + 8,
      margin: 0,
      axis: null,
      marks: [Plot.frame({ stroke: 'none' }), ...key.marks(0)],
    });
  }
}

interface Dot {
  readonly x: number;
  readonly y: number;
  readonly node: NodeState;
  readonly forwards: number | null;
}

function tileOf(paper: Paper, graph: Graph, seconds: number): Drawing {
  const primary = graph.links.filter((link) => link.primary).sort((a, b) => a.edge.sub - b.edge.sub);
  const publishers = graph.nodes.flatMap(({ kind }, at) => (kind === 'publisher' ? [at] : []));
  const pairs = Int32Array.from(primary.flatMap(({ from, to }) => [from, to]));
  const seats = seatsOf(graph.nodes.length, pairs, publishers);
  const radii = ringRadii(seats, RING, ROOM);
  const reach = Math.max(RING, ...radii) * 1.04;
  const dots = graph.nodes.map((node, at): Dot => {
    const { ring, angle } = seats[at] ?? { ring: 0, angle: 0 };
    const radius = radii[ring] ?? 0;
    return { x: radius * Math.cos(angle), y: radius * Math.sin(angle), node, forwards: graph.forwards[at] ?? null };
  });
  const links = primary.map(({ from, to, edge }) => ({
    x1: dots[from]?.x ?? 0,
    y1: dots[from]?.y ?? 0,
    x2: dots[to]?.x ?? 0,
    y2: dots[to]?.y ?? 0,
    colour: hue(edge.sub % HUES),
  }));
  const viewers = graph.nodes.filter(({ kind, up }) => kind === 'viewer' && up).length;
  const depth = graph.depth.reduce<number>((most, each) => Math.max(most, each ?? 0), 0);
  const radius = Math.max(1.1, Math.min(3, 40 / Math.sqrt(graph.nodes.length)));
  return draw(paper, {
    width: SIDE,
    height: SIDE + HEAD,
    margin: 2,
    marginTop: HEAD,
    axis: null,
    x: { domain: [-reach, reach] },
    y: { domain: [-reach, reach] },
    marks: [
      Plot.frame({ stroke: 'none' }),
      Plot.dot(radii.slice(1), {
        x: () => 0,
        y: () => 0,
        r: (each: number) => ((each / reach) * (SIDE - 4)) / 2,
        stroke: GRID,
        strokeWidth: 0.7,
      }),
      ...[...new Set(links.map(({ colour }) => colour))].map((colour) =>
        Plot.link(
          links.filter((link) => link.colour === colour),
          { x1: 'x1', y1: 'y1', x2: 'x2', y2: 'y2', stroke: colour, strokeWidth: 0.6, strokeOpacity: 0.55 },
        ),
      ),
      ...batches(dots, radius),
      heading(clock(seconds), 0, -26),
      heading(`${viewers} viewers, depth up to ${depth}`, 0, -11, false),
    ],
    r: { type: 'identity' },
  });
}

interface Style {
  readonly symbol: Symbol;
  readonly fill: string;
  readonly stroke: string;
  readonly grow: number;
}

/** Dots of one kind together, what matters most on top. */
function batches(dots: readonly Dot[], radius: number): Plot.Markish[] {
  const kinds = new Map<string, { style: Style; dots: Dot[] }>();
  for (const dot of dots) {
    const style = styleOf(dot);
    const name = JSON.stringify(style);
    const batch = kinds.get(name) ?? { style, dots: [] };
    batch.dots.push(dot);
    kinds.set(name, batch);
  }
  return [...kinds.values()]
    .sort((a, b) => a.style.grow - b.style.grow)
    .map(({ style: { symbol, fill, stroke, grow }, dots: own }) =>
      Plot.dot(own, { x: 'x', y: 'y', r: radius + grow, symbol, fill, stroke, strokeWidth: 0.6 }),
    );
}

function styleOf({ node, forwards }: Dot): Style {
  const { up, kind, role, player } = node;
  if (!up) return { symbol: 'times', fill: 'none', stroke: QUIET, grow: 0.1 };
  if (kind === 'publisher') return { symbol: 'star', fill: 'var(--publisher)', stroke: INK, grow: 4 };
  if (role === 'supernode') return { symbol: 'diamond2', fill: 'var(--supernode)', stroke: GROUND, grow: 1.6 };
  if (kind === 'helper') return { symbol: 'square2', fill: INK, stroke: GROUND, grow: 1 };
  if (player === 'stalled') return { symbol: 'times', fill: 'none', stroke: 'var(--care)', grow: 1 };
  if (player === 'starting') return { symbol: 'circle', fill: GROUND, stroke: QUIET, grow: 0.2 };
  return { symbol: 'circle', fill: forwards === null ? 'var(--node)' : hue(forwards % HUES), stroke: GROUND, grow: 0 };
}
