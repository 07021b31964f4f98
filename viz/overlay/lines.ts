import type { TraceEvent } from '../../core/trace.js';
import type { NodeId, Time } from '../../core/units.js';
import type { View } from '../../core/view.js';
import type { EventLine, FlowLine, HeaderLine, NodeLine, SummaryLine } from '../../sim/recording.js';

/** A view; `clock` is the node's own time where that is not the time of the picture. */
export interface PictureView {
  readonly type: 'view';
  readonly at: Time;
  readonly node: NodeId;
  readonly view: View;
  readonly clock?: Time;
  readonly name?: string | null;
}

/** What the picture is folded from: the lines of a recording, or what a live network tells. */
export type PictureLine = HeaderLine | NodeLine | EventLine | FlowLine | SummaryLine | PictureView;

type Json = Readonly<Record<string, unknown>>;

const EVENTS: Readonly<Record<TraceEvent['type'], readonly string[]>> = {
  joined: ['why'],
  leaving: ['consumer'],
  left: ['why'],
  role: ['role', 'why'],
  ticket: ['stream', 'provider', 'consumer', 'why'],
  chunk: ['change'],
  provider: ['change', 'provider', 'why'],
  refused: ['what', 'whom', 'why'],
  stall: ['change'],
  peer: ['peer', 'change', 'why'],
  listed: ['whom'],
  forgotten: ['whom'],
};
const TICKET_STATES = new Set<unknown>(['offered', 'standby', 'active', 'suspect', 'closing', null]);

/** Reads a line of a recording or of a trace; null for whatever else it is. Never throws. */
export function parseLine(text: string): PictureLine | null {
  try {
    return lineOf(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The same for a line that is already parsed; what the fold relies on is checked. */
export function lineOf(value: unknown): PictureLine | null {
  if (!isObject(value) || !isTime(value['at'])) return null;
  const { type } = value;
  if (type === 'recording') return isHeader(value) ? (value as unknown as HeaderLine) : null;
  if (type === 'summary') return value as unknown as SummaryLine;
  if (type === 'flow') return isFlow(value) ? (value as unknown as FlowLine) : null;
  if (typeof value['node'] !== 'string') return null;
  if (type === 'node') return isNode(value) ? (value as unknown as NodeLine) : null;
  if (type === 'view') return isView(value['view']) ? (value as unknown as PictureView) : null;
  return isEvent(value) ? (value as unknown as EventLine) : null;
}

/** Whether the value has the parts of a view that a picture reads. */
export function isView(value: unknown): value is View {
  return (
    isObject(value) &&
    typeof value['node'] === 'string' &&
    (value['role'] === 'ordinary' || value['role'] === 'supernode') &&
    isObject(value['uplink']) &&
    every(value['peers'], (peer) => typeof peer['peer'] === 'string') &&
    every(value['timers'], (timer) => typeof timer['why'] === 'string') &&
    every(value['streams'], isStream)
  );
}

function isStream(stream: Json): boolean {
  const { player, window } = stream;
  return (
    typeof stream['stream'] === 'string' &&
    (player === null || isObject(player)) &&
    isObject(window) &&
    every(
      stream['tickets'],
      ({ sub, peer, state }) => isSub(sub) && typeof peer === 'string' && TICKET_STATES.has(state),
    ) &&
    every(stream['paths'], ({ sub }) => isSub(sub))
  );
}

function isHeader(value: Json): boolean {
  return (
    value['version'] === 1 &&
    isTime(value['duration']) &&
    every(value['faults'], ({ at }) => isTime(at)) &&
    every(value['targets'], ({ metric }) => typeof metric === 'string')
  );
}

function isNode({ change, kind }: Json): boolean {
  return change === 'down' || (change === 'up' && (kind === 'viewer' || kind === 'publisher' || kind === 'helper'));
}

function isFlow({ nodes }: Json): boolean {
  return isObject(nodes) && Object.values(nodes).every((flow) => Array.isArray(flow) && flow.length === 4);
}

function isEvent(value: Json): boolean {
  const { type } = value;
  if (typeof type !== 'string' || !Object.hasOwn(EVENTS, type)) return false;
  if (!EVENTS[type as TraceEvent['type']].every((key) => typeof value[key] === 'string')) return false;
  if (type === 'forgotten' && value['on'] !== null && typeof value['on'] !== 'string') return false;
  return type !== 'ticket' || (isSub(value['sub']) && TICKET_STATES.has(value['to']));
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTime(value: unknown): value is Time {
  return typeof value === 'number' && value >= 0;
}

function isSub(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 32;
}

function every(value: unknown, holds: (each: Json) => boolean): boolean {
  return Array.isArray(value) && value.every((each) => isObject(each) && holds(each));
}
