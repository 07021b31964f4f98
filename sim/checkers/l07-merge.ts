import { NEVER, SECOND, type NodeId, type Time } from '../../core/units.js';
import type { StreamView } from '../../core/view.js';
import type { Checker, Report, Snapshot } from './checker.js';

/** After a partition heals everybody is fed within this time. */
const WITHIN: Time = 10 * SECOND;

interface Healing {
  readonly at: Time;
  /** The newest chunk at that time. */
  readonly epoch: number;
  readonly seq: number;
  readonly unfed: Set<NodeId>;
}

/**
 * L7: within 10 s of the end of the last partition everybody who was there and still is gets chunks that were published
 * since; and once all is quiet, there is one overlay: everybody who is attached hangs on a publisher.
 */
export function merged(report: Report): Checker {
  const viewers = new Set<NodeId>();
  const publishers = new Set<NodeId>();
  /** When the connections of a node were last forgotten on the way, which it takes seconds to notice. */
  const forgotten = new Map<NodeId, Time>();
  /** Nodes that stand still: nothing is demanded until they go on. */
  const paused = new Set<NodeId>();
  let divided = 0;
  let newest = { epoch: -1, seq: -1 };
  let healing: Healing | null = null;

  const excuse = (node: NodeId): void => {
    viewers.delete(node);
    healing?.unfed.delete(node);
  };
  const judge = (now: Time): void => {
    if (healing === null || paused.size > 0 || now <= healing.at + WITHIN) return;
    for (const node of healing.unfed) {
      if ((forgotten.get(node) ?? -NEVER) > healing.at - WITHIN) continue;
      report(healing.at + WITHIN, [node], 'no new chunk within 10 s of the end of the partition');
    }
    healing = null;
  };
  return {
    invariant: 'L7',
    needs: ['chunk', 'view'],
    nodeUp(_at, { id, kind }) {
      if (kind === 'viewer') viewers.add(id);
      if (kind === 'publisher') publishers.add(id);
    },
    nodeDown(_at, node) {
      excuse(node);
      paused.delete(node);
      // Without its source a stream feeds nobody.
      if (publishers.delete(node)) healing = null;
    },
    leaving: (_at, node) => excuse(node),
    resumed(at, node) {
      paused.delete(node);
      if (healing !== null) healing = { ...healing, at };
    },
    fault(at, { kind, phase, nodes }) {
      if (kind === 'pause' && phase === 'begin') for (const node of nodes) paused.add(node);
      if (kind === 'half-open') for (const node of nodes) forgotten.set(node, at);
      if (kind !== 'partition' && kind !== 'one-way') {
        // What befalls the network meanwhile puts the demand off: recovery is due once there is peace.
        if (healing !== null && phase === 'begin') healing = { ...healing, at };
        return;
      }
      divided += phase === 'begin' ? 1 : -1;
      healing = divided > 0 || publishers.size === 0 ? null : { at, ...newest, unfed: new Set(viewers) };
    },
    observe(at, node, event) {
      if (event.type !== 'chunk') return;
      if (event.change === 'published') {
        newest = { epoch: event.epoch, seq: event.seq };
        judge(at);
      } else if (healing !== null && (event.change === 'received' || event.change === 'repaired')) {
        if (isNewer(event, healing)) healing.unfed.delete(node);
      }
    },
    quiet(at, snapshot) {
      judge(at);
      for (const node of islanders(snapshot)) {
        report(at, [node], 'attached, and yet on no sub-stream below a publisher');
      }
    },
  };
}

function isNewer(chunk: { readonly epoch: number; readonly seq: number }, { epoch, seq }: Healing): boolean {
  return chunk.epoch === epoch ? chunk.seq > seq : chunk.epoch > epoch;
}

/** Who is attached on some sub-stream, but on none to what hangs on a publisher, where there is one. */
function islanders(snapshot: Snapshot): NodeId[] {
  if (![...snapshot.views.values()].some((view) => view.streams.some((each) => each.publisher))) return [];
  return snapshot.viewers.filter((node) => {
    const tops = topsOf(snapshot, node);
    return tops.length > 0 && !tops.includes(true);
  });
}

/** For each sub-stream on which the node is attached: whether the way up ends at a publisher. */
function topsOf(snapshot: Snapshot, node: NodeId): boolean[] {
  return (snapshot.views.get(node)?.streams ?? []).flatMap(({ stream, substreams }) => {
    const tops: boolean[] = [];
    for (let sub = 0; sub < substreams; sub++) {
      let each: NodeId | null = node;
      let top = false;
      for (let hops = 0; each !== null && hops <= snapshot.views.size; hops++) {
        const here: StreamView | undefined = snapshot.views.get(each)?.streams.find((it) => it.stream === stream);
        top = here?.publisher === true;
        const next: NodeId | null = here === undefined || top ? null : holderOf(here, sub);
        if (next === null && each === node && !top) break;
        each = next;
        if (each === null) tops.push(top);
      }
    }
    return tops;
  });
}

/** The provider of the sub-stream, one that is suspect at this moment too: the ticket of one that is gone ends. */
function holderOf(stream: StreamView, sub: number): NodeId | null {
  const held = stream.tickets.find((each) => each.side === 'consumer' && each.sub === sub && each.state !== 'standby');
  return held?.peer ?? null;
}
