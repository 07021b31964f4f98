import type { NodeId, Time } from '../../core/units.js';
import type { View } from '../../core/view.js';
import type { Running } from '../protocols.js';

/** One peer at a moment, on one line. */
export interface NodeLine {
  readonly node: NodeId;
  readonly role: View['role'];
  /** Deepest place over the sub-streams that it receives; null while it has none. */
  readonly depth: number | null;
  /** Providers it takes from and consumers it serves, counted by tickets that are active. */
  readonly takes: number;
  readonly serves: number;
  /** Sub-streams on which it has no hopeful provider. */
  readonly starving: number;
  readonly player: string | null;
  readonly missed: number;
  /** Share of the uplink lent that is promised. */
  readonly promised: number | null;
  readonly peers: number;
}

/** All peers of a run at the moment where it stands. */
export interface WorldAt {
  readonly at: Time;
  readonly events: number;
  readonly digest: string;
  readonly nodes: readonly NodeLine[];
}

export function worldAt(run: Running): WorldAt {
  const views = run.ids().flatMap((id) => run.view(id) ?? []);
  return { at: run.now, events: run.events, digest: run.digest, nodes: views.map(lineOf) };
}

function lineOf(view: View): NodeLine {
  const { node, role, uplink, streams, peers } = view;
  const tickets = streams.flatMap((stream) => stream.tickets).filter(({ state }) => state === 'active');
  const paths = streams.flatMap((stream) => stream.paths);
  const depths = paths.filter(({ seq }) => seq >= 0).map(({ depth }) => depth);
  const player = streams.find((stream) => stream.player !== null)?.player ?? null;
  return {
    node,
    role,
    depth: depths.length === 0 ? null : Math.max(...depths),
    takes: tickets.filter(({ side }) => side === 'consumer').length,
    serves: tickets.filter(({ side }) => side === 'provider').length,
    starving: paths.filter(({ starving }) => starving).length,
    player: player?.state ?? null,
    missed: player?.missed ?? 0,
    promised: uplink.capacity === 0 ? null : uplink.promised / uplink.capacity,
    peers: peers.length,
  };
}
