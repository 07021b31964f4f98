import type { TicketReason } from '../../core/trace.js';
import type { Time } from '../../core/units.js';
import type { EventLine } from '../../sim/recording.js';
import { shortId } from './names.js';
import type { NodeState } from './state.js';

const WHY: Readonly<Record<TicketReason, string>> = {
  join: 'to join',
  renewed: 'renewed',
  confirmed: 'confirmed',
  silent: 'silence',
  heard: 'heard again',
  replaced: 'replaced',
  expired: 'lease over',
  starving: 'provider starves',
  leaving: 'leaving',
  displaced: 'displaced by a relay',
  improved: 'nearer place found',
  shed: 'shed',
  unknown: 'not known',
  infeasible: 'would risk a loop',
  surplus: 'not needed',
  lost: 'connection lost',
  epoch: 'new epoch',
  unwatch: 'no longer watched',
  cancelled: 'cancelled',
};

/** A ticket's reason for people; a newer word as it is. */
export function reasonOf(why: string): string {
  return Object.hasOwn(WHY, why) ? WHY[why as TicketReason] : why;
}

/** One event in a line, as its node tells it. */
export function wordsOf(line: EventLine): string {
  switch (line.type) {
    case 'joined':
      return line.why === 'publish' ? 'publishes' : 'has its first ticket';
    case 'leaving':
      return `tells ${shortId(line.consumer)} that it leaves`;
    case 'left':
      return 'leaves';
    case 'role':
      return `becomes ${line.role === 'supernode' ? 'a supernode' : 'ordinary'}: ${line.why}`;
    case 'ticket': {
      const other = line.node === line.provider ? `to ${shortId(line.consumer)}` : `from ${shortId(line.provider)}`;
      return `${line.sub + 1} ${other}: ${line.to ?? 'ended'}, ${reasonOf(line.why)}`;
    }
    case 'chunk':
      return `chunk ${line.seq} ${line.change}`;
    case 'provider':
      return `${line.sub + 1}: provider ${shortId(line.provider)} ${line.change}, ${line.why}`;
    case 'refused':
      return `refused ${line.what} of ${shortId(line.whom)}: ${line.why}`;
    case 'stall':
      return line.change === 'begin' ? 'picture stalls' : `plays on, ${line.missed} chunks missed`;
    case 'peer':
      return `${shortId(line.peer)} ${line.change === 'up' ? 'connected' : 'disconnected'}: ${line.why}`;
    case 'listed':
      return `names ${shortId(line.whom)} to others`;
    case 'forgotten':
      return `names ${shortId(line.whom)} no longer: ${causeOf(line)}`;
  }
}

function causeOf({ node, whom, on }: EventLine & { readonly type: 'forgotten' }): string {
  if (on === null) return 'its time was over';
  if (on === whom) return 'by its own wish';
  return on === node ? 'it did not answer' : `on the word of ${shortId(on)}`;
}

/** What a node is at the moment, in a few words. */
export function statusWords(node: NodeState, depth: number | null): string {
  if (!node.up) return node.ending === 'crashed' ? 'crashed' : 'gone';
  const role = node.role === 'supernode' ? 'supernode, ' : '';
  if (node.kind === 'publisher') return `${role}the publisher`;
  const place = depth === null ? 'not attached' : `${depth} ${depth === 1 ? 'hop' : 'hops'} from the publisher`;
  return `${role}${node.player}, ${place}`;
}

/** Minutes and seconds. */
export function clockOf(time: Time): string {
  const seconds = Math.floor(time / 1e6);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** A time from now, with a tenth of a second. */
export function inSeconds(span: Time): string {
  return `${(span / 1e6).toFixed(1)} s`;
}

export function rateOf(bitsPerSecond: number): string {
  return bitsPerSecond >= 1e6
    ? `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`
    : `${Math.round(bitsPerSecond / 1e3)} kbit/s`;
}
