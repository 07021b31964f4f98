/** Where a node belongs in a picture by rings: the ring, and the place along it in radians. */
export interface Seat {
  readonly ring: number;
  readonly angle: number;
}

/**
 * Seats a forest around its roots: children within the arc of their parent, arcs in proportion to the leaves below, so that
 * branches do not cross. `links` are pairs of parent and child, each child once; whoever hangs on no root sits on the
 * outermost ring.
 */
export function seatsOf(count: number, links: Int32Array, roots: readonly number[]): Seat[] {
  const children = Array.from({ length: count }, (): number[] => []);
  for (let at = 0; at + 1 < links.length; at += 2) children[links[at] ?? 0]?.push(links[at + 1] ?? 0);
  const ring = new Int32Array(count).fill(-1);
  const order: number[] = [];
  for (const root of roots) {
    ring[root] = 0;
    order.push(root);
  }
  // Grows while it is walked: breadth first.
  for (const node of order) {
    for (const child of children[node] ?? []) {
      if (ring[child] !== -1) continue;
      ring[child] = (ring[node] ?? 0) + 1;
      order.push(child);
    }
  }
  const weight = new Float64Array(count);
  for (const node of order.toReversed()) {
    const below = (children[node] ?? []).filter((child) => ring[child] === (ring[node] ?? 0) + 1);
    weight[node] = below.reduce((sum, child) => sum + (weight[child] ?? 0), 0) || 1;
  }
  const begin = new Float64Array(count);
  const span = new Float64Array(count);
  const total = roots.reduce((sum, root) => sum + (weight[root] ?? 0), 0);
  let turn = 0;
  for (const root of roots) {
    begin[root] = turn;
    span[root] = (2 * Math.PI * (weight[root] ?? 0)) / total;
    turn += span[root] ?? 0;
  }
  for (const node of order) {
    let from = begin[node] ?? 0;
    for (const child of children[node] ?? []) {
      if (ring[child] !== (ring[node] ?? 0) + 1) continue;
      begin[child] = from;
      span[child] = ((span[node] ?? 0) * (weight[child] ?? 0)) / (weight[node] ?? 1);
      from += span[child] ?? 0;
    }
  }
  const outermost = ring.reduce((most, each) => Math.max(most, each), 0) + 1;
  const strays = count - order.length;
  let stray = 0;
  return Array.from({ length: count }, (_, node): Seat => {
    const own = ring[node] ?? -1;
    if (own === -1) return { ring: outermost, angle: (2 * Math.PI * stray++) / Math.max(1, strays) };
    return { ring: own, angle: (begin[node] ?? 0) + (span[node] ?? 0) / 2 };
  });
}

/** Radius of each ring: a step further out than the last, and long enough for its nodes to sit side by side. */
export function ringRadii(seats: readonly Seat[], step: number, room: number): number[] {
  const counts: number[] = [];
  for (const { ring } of seats) counts[ring] = (counts[ring] ?? 0) + 1;
  const radii: number[] = [];
  for (let ring = 0; ring < counts.length; ring++) {
    const inner = radii[ring - 1];
    radii.push(inner === undefined ? 0 : Math.max(inner + step, ((counts[ring] ?? 0) * room) / (2 * Math.PI)));
  }
  return radii;
}
