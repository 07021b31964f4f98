import { SECOND, type NodeId, type Time } from '../../core/units.js';
import type { View } from '../../core/view.js';
import type { Flow } from '../../sim/recording.js';
import { isView, lineOf, type PictureLine } from './lines.js';

/** A node that says nothing for so long is taken to be gone. */
const SILENCE: Time = 10 * SECOND;
const MAX_NODES = 2000;

interface Known {
  heard: Time;
  view: View;
  /** What happened since the last flow was told. */
  flow: [received: number, played: number, missed: number, substreams: number];
}

/** Turns what a live network tells into lines of a picture. `now` is the time of the picture, not of any node. */
export class LiveFeed {
  readonly #tell: (line: PictureLine) => void;
  readonly #nodes = new Map<NodeId, Known>();

  constructor(tell: (line: PictureLine) => void) {
    this.#tell = tell;
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** Takes one element of `GET /views`, or a `view` message of a node's `/events`; false for anything else. */
  report(now: Time, report: unknown): boolean {
    if (typeof report !== 'object' || report === null || !('view' in report) || !isView(report.view)) return false;
    const { view } = report;
    const known = this.#nodes.get(view.node);
    if (known === undefined && this.#nodes.size >= MAX_NODES) return false;
    const clock = 'at' in report && typeof report.at === 'number' ? report.at : now;
    const name = 'name' in report && typeof report.name === 'string' ? report.name : null;
    const flow = known?.flow ?? [0, 0, 0, 0];
    if (known !== undefined) addFlow(flow, known.view, view);
    this.#nodes.set(view.node, { heard: now, view, flow });
    this.#tell({ type: 'view', at: now, node: view.node, view, clock, name });
    return true;
  }

  /** Takes a `trace` message of a node's `/events`; false for anything else. */
  event(now: Time, message: unknown): boolean {
    if (typeof message !== 'object' || message === null || !('event' in message) || !('node' in message)) return false;
    const { event, node } = message;
    if (typeof event !== 'object' || event === null) return false;
    const line = lineOf({ ...event, at: now, node });
    if (line === null || line.type === 'chunk') return false;
    this.#tell(line);
    return true;
  }

  /** To be called every second: tells what flowed, and who has fallen silent. */
  second(now: Time): void {
    const nodes: Record<NodeId, Flow> = {};
    for (const [node, known] of this.#nodes) {
      if (now - known.heard > SILENCE) {
        this.#nodes.delete(node);
        this.#tell({ type: 'node', at: now, node, change: 'down', why: 'left' });
      } else if (known.flow.some((count) => count > 0)) {
        nodes[node] = known.flow;
        known.flow = [0, 0, 0, 0];
      }
    }
    this.#tell({ type: 'flow', at: now, nodes });
  }
}

/** Two views tell how far window, player and paths have come between them. */
function addFlow(flow: Known['flow'], before: View, after: View): void {
  for (const stream of after.streams) {
    const earlier = before.streams.find((each) => each.stream === stream.stream && each.epoch === stream.epoch);
    if (earlier === undefined) continue;
    flow[0] += Math.max(0, stream.window.next - earlier.window.next);
    if (stream.player !== null && earlier.player !== null) {
      flow[1] += Math.max(0, stream.player.played - earlier.player.played);
      flow[2] += Math.max(0, stream.player.missed - earlier.player.missed);
    }
    for (const { sub, seq } of stream.paths) {
      const old = earlier.paths.find((path) => path.sub === sub);
      if (old !== undefined && seq > old.seq) flow[3] = (flow[3] | (1 << sub)) >>> 0;
    }
  }
}
