import type { TicketReason, TicketState } from '../../core/trace.js';
import type { NodeId, StreamId, Time } from '../../core/units.js';
import type { StreamView, View } from '../../core/view.js';
import type { EventLine, Flow, HeaderLine } from '../../sim/recording.js';

/** A node as the picture knows it. Never changed, only replaced, so that a snapshot is a copy of the map. */
export interface NodeState {
  readonly id: NodeId;
  readonly name: string | null;
  readonly kind: 'viewer' | 'publisher' | 'helper';
  readonly role: View['role'];
  readonly region: string | null;
  /** Bits per second lent to the overlay; null while unknown. */
  readonly uplink: number | null;
  /** Whether it lives; a node of which others speak is taken to. */
  readonly up: boolean;
  /** When it came or, for one that is gone, when it went. */
  readonly since: Time;
  readonly ending: 'left' | 'crashed' | null;
  readonly player: NonNullable<StreamView['player']>['state'];
  /** Its chunks in the last second; null when nothing moved or nobody counted. */
  readonly flow: Flow | null;
  /** The newest view; `offset` turns its own times into those of the picture. */
  readonly seen: { readonly at: Time; readonly offset: Time; readonly view: View } | null;
  /** The newest last. */
  readonly events: readonly EventLine[];
}

/** A ticket between two nodes, with what each end believes; null for an end that knows nothing of it. */
export interface EdgeState {
  readonly key: string;
  readonly stream: StreamId;
  readonly sub: number;
  readonly provider: NodeId;
  readonly consumer: NodeId;
  readonly atProvider: TicketState | null;
  readonly atConsumer: TicketState | null;
  /** Reason of the last change; null when only views told of it. */
  readonly why: TicketReason | null;
  readonly since: Time;
}

/** The overlay at one moment. */
export interface OverlayState {
  at: Time;
  /** Set while a recording is folded: its events tell of every ticket, so that views need not. */
  header: HeaderLine | null;
  readonly nodes: Map<NodeId, NodeState>;
  readonly edges: Map<string, EdgeState>;
}

export function emptyState(): OverlayState {
  return { at: 0, header: null, nodes: new Map(), edges: new Map() };
}

/** A snapshot; what is in the maps is shared. */
export function copyState({ at, header, nodes, edges }: OverlayState): OverlayState {
  return { at, header, nodes: new Map(nodes), edges: new Map(edges) };
}

/** A node of which nothing is known but its id. */
export function newNode(id: NodeId, at: Time): NodeState {
  return {
    id,
    name: null,
    kind: 'viewer',
    role: 'ordinary',
    region: null,
    uplink: null,
    up: true,
    since: at,
    ending: null,
    player: 'idle',
    flow: null,
    seen: null,
    events: [],
  };
}

export function edgeKey(stream: StreamId, sub: number, provider: NodeId, consumer: NodeId): string {
  return `${stream}/${sub}/${provider}/${consumer}`;
}
