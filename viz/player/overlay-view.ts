import { linkHorizontal, scalePoint, select } from 'd3';
import type { Link, Overlay, Substream } from './overlay-model.js';

/** The drawing is as wide as its place on the page, so that its letters keep their size. */
const MIN_WIDTH = 320;
const MAX_WIDTH = 960;
/** Room for a name beside a neighbour. */
const MARGIN = 110;
const TOP = 34;
const ROW = 44;
const RADIUS = 7;
/** Vertical distance between the links of neighbouring sub-streams, so that each keeps its own line. */
const STRAND = 4;
const HUES = 4;

interface Place {
  readonly id: string;
  readonly label: string;
  readonly x: number;
  readonly y: number;
  readonly side: 'in' | 'me' | 'out';
}

type Columns = Readonly<Record<Place['side'], number>>;

interface Element {
  readonly svg: SVGSVGElement;
  readonly summary: HTMLElement;
  readonly list: HTMLElement;
}

/** Draws providers, this node and its consumers, a line a ticket; dotted lines stand by. */
export function drawOverlay(element: Element, overlay: Overlay): void {
  const rows = Math.max(overlay.providers.length, overlay.consumers.length, 1);
  const height = TOP + rows * ROW;
  const width = Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, element.svg.clientWidth));
  const columns: Columns = { in: MARGIN, me: width / 2, out: width - MARGIN };
  const places = placesOf(overlay, columns, height);
  const at = new Map(places.map((place) => [`${place.side}/${place.id}`, place]));
  const strands = Math.max(1, overlay.substreams.length);
  const path = linkHorizontal<unknown, { x: number; y: number }>()
    .x((point) => point.x)
    .y((point) => point.y);
  const curve = (link: Link): string | null => {
    const [peer, me] = [at.get(`${link.side}/${link.peer}`), at.get(`me/${overlay.me}`)];
    if (peer === undefined || me === undefined) return null;
    const shift = (link.sub - (strands - 1) / 2) * STRAND;
    const ends = [peer, me].map(({ x, y }) => ({ x, y: y + shift }));
    const [source, target] = link.side === 'in' ? ends : ends.toReversed();
    return source === undefined || target === undefined ? null : path({ source, target });
  };

  const svg = select(element.svg).attr('viewBox', `0 0 ${width} ${height}`);
  svg
    .selectAll<SVGPathElement, Link>('path.link')
    .data(overlay.links, (link) => `${link.side}/${link.peer}/${link.sub}`)
    .join((enter) => enter.insert('path', 'g'))
    .attr('class', (link) => `link sub-${link.sub % HUES}${link.active ? '' : ' standby'}`)
    .attr('d', curve);
  const nodes = svg
    .selectAll<SVGGElement, Place>('g.node')
    .data(places, (place) => `${place.side}/${place.id}`)
    .join((enter) => {
      const group = enter.append('g');
      group.append('circle');
      group.append('text');
      return group;
    })
    .attr('class', (place) => `node ${place.side}`)
    .attr('transform', (place) => `translate(${place.x},${place.y})`);
  nodes.select('circle').attr('r', (place) => (place.side === 'me' ? RADIUS + 4 : RADIUS));
  nodes
    .select('text')
    .attr('text-anchor', (place) => ({ in: 'end', me: 'middle', out: 'start' })[place.side])
    .attr('x', (place) => ({ in: -RADIUS - 8, me: 0, out: RADIUS + 8 })[place.side])
    .attr('y', (place) => (place.side === 'me' ? -20 : 4.5))
    .text((place) => place.label);
  drawCaptions(element.svg, columns);
  element.summary.textContent = summaryOf(overlay);
  drawList(element.list, overlay.substreams);
}

function drawCaptions(element: SVGSVGElement, columns: Columns): void {
  const captions = [
    { text: 'provided by', x: columns.in - RADIUS - 8, anchor: 'end' },
    { text: 'forwarded to', x: columns.out + RADIUS + 8, anchor: 'start' },
  ];
  select(element)
    .selectAll<SVGTextElement, (typeof captions)[number]>('text.caption')
    .data(captions)
    .join('text')
    .attr('class', 'caption')
    .attr('x', (caption) => caption.x)
    .attr('y', 14)
    .attr('text-anchor', (caption) => caption.anchor)
    .text((caption) => caption.text);
}

function placesOf(overlay: Overlay, columns: Columns, height: number): Place[] {
  const column = (ids: readonly string[], side: 'in' | 'out'): Place[] => {
    const y = scalePoint(ids, [TOP, height]).padding(0.5);
    return ids.map((id) => ({ id, label: shortId(id), x: columns[side], y: y(id) ?? height / 2, side }));
  };
  const me: Place = { id: overlay.me, label: shortId(overlay.me), x: columns.me, y: (TOP + height) / 2, side: 'me' };
  return [...column(overlay.providers, 'in'), me, ...column(overlay.consumers, 'out')];
}

function drawList(list: HTMLElement, substreams: readonly Substream[]): void {
  select(list)
    .selectAll<HTMLLIElement, Substream>('li')
    .data(substreams)
    .join('li')
    .attr('class', ({ sub }) => `sub-${sub % HUES}`)
    .text(({ sub, depth, provider, consumers }) => {
      const place = depth === null ? 'not connected' : depth === 0 ? 'the source' : `depth ${depth}`;
      const from = provider === null ? '' : ` from ${shortId(provider)}`;
      return `Sub-stream ${sub + 1}: ${place}${from}; ${count(consumers, 'consumer')}`;
    });
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

function summaryOf(overlay: Overlay): string {
  const role = overlay.supernode ? 'supernode' : 'node';
  if (overlay.publisher)
    return `A ${role} that publishes this stream to ${count(overlay.consumers.length, 'neighbour')}.`;
  const depths = overlay.substreams.flatMap(({ depth }) => (depth === null ? [] : [depth]));
  const deepest = depths.length === 0 ? 'not connected yet' : `${count(Math.max(...depths), 'hop')} from the publisher`;
  const [providers, consumers] = [
    count(overlay.providers.length, 'provider'),
    count(overlay.consumers.length, 'consumer'),
  ];
  return `A ${role}, ${deepest}: ${providers}, ${consumers}.`;
}

function shortId(id: string): string {
  return id.length > 14 ? `${id.slice(0, 8)}…` : id;
}
