/**
 * The toy overlay on which event queues are compared: every node has eight neighbours, 10 to 200 ms away; node 0
 * publishes a chunk every 100 ms, each node passes a chunk on to all neighbours when it first sees it, and every second
 * it sends them a heartbeat. `overlay.cpp` is the same, line by line; equal checksums prove it.
 */
export const NEIGHBOURS = 8;
export const CHUNK_EVERY = 100_000;
export const BEAT_EVERY = 1_000_000;
const DELAY_MIN = 10_000;
const DELAY_SPAN = 190_000;

/** What an event of the toy is. */
export const TOY = { publish: 0, chunk: 1, timer: 2, beat: 3 } as const;

/** The nodes of a toy overlay, and what they have seen. */
export interface Overlay {
  readonly nodes: number;
  /** Number of the k-th neighbour of a node, and the delay to it in microseconds, at `node * NEIGHBOURS + k`. */
  readonly peers: Int32Array;
  readonly delays: Int32Array;
  /** Newest chunk that a node has seen, and which of the 31 before it, as bits. */
  readonly newest: Int32Array;
  readonly seen: Int32Array;
  /** When each node first beats. */
  readonly phases: Int32Array;
}

/** How much is done before the stopwatch starts, and while it runs. */
export interface ToyRun {
  readonly nodes: number;
  readonly warm: number;
  readonly events: number;
}

/** What an engine reports: the order of all events shows in the checksum. */
export interface ToyResult {
  readonly checksum: number;
  readonly seconds: number;
  /** Events that wait at the end. */
  readonly pending: number;
}

/** Four random circles through all nodes give each of them eight neighbours. */
export function buildOverlay(nodes: number): Overlay {
  let luck = 2_463_534_242;
  const draw = (bound: number): number => {
    luck ^= luck << 13;
    luck ^= luck >>> 17;
    luck ^= luck << 5;
    return (luck >>> 0) % bound;
  };
  const peers = new Int32Array(nodes * NEIGHBOURS);
  const delays = new Int32Array(nodes * NEIGHBOURS);
  const circle = Int32Array.from({ length: nodes }, (_, node) => node);
  for (let pair = 0; pair < NEIGHBOURS; pair += 2) {
    for (let index = nodes - 1; index > 0; index--) {
      const other = draw(index + 1);
      const moved = circle[index] as number;
      circle[index] = circle[other] as number;
      circle[other] = moved;
    }
    for (let index = 0; index < nodes; index++) {
      const node = circle[index] as number;
      const next = circle[(index + 1) % nodes] as number;
      peers[node * NEIGHBOURS + pair] = next;
      peers[next * NEIGHBOURS + pair + 1] = node;
    }
  }
  for (let link = 0; link < delays.length; link++) delays[link] = DELAY_MIN + draw(DELAY_SPAN);
  const phases = new Int32Array(nodes);
  for (let node = 0; node < nodes; node++) phases[node] = draw(BEAT_EVERY);
  return { nodes, peers, delays, phases, newest: new Int32Array(nodes).fill(-1), seen: new Int32Array(nodes) };
}

/** Whether the node sees this chunk for the first time; it remembers it then. */
export function firstSight({ newest, seen }: Overlay, node: number, chunk: number): boolean {
  const ahead = chunk - (newest[node] as number);
  if (ahead > 0) {
    seen[node] = ahead > 31 ? 1 : ((seen[node] as number) << ahead) | 1;
    newest[node] = chunk;
    return true;
  }
  if (ahead < -31) return false;
  const bit = 1 << -ahead;
  if (((seen[node] as number) & bit) !== 0) return false;
  seen[node] = (seen[node] as number) | bit;
  return true;
}

/** The checksum with one more event in it; the order matters. */
export function fold(sum: number, at: number, kind: number, target: number, argument: number): number {
  const mixed = Math.imul(sum ^ at, 0x9e3779b1);
  return Math.imul(mixed ^ (mixed >>> 15) ^ ((target << 2) | kind), 0x85ebca6b) + argument;
}
