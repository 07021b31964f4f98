import { contactOf } from './database.js';
import type { Response } from './messages.js';
import { askNode, askWeb, type Process } from './process.js';
import { ask, type Thread } from './threads.js';

/**
 * The proper shutdown. PB34: the web app comes first and the consumers nearly last, each dead peer costs 3 s, and the
 * first refusal ends it. PB35: only Ctrl-C leads here, which is what the simulator's leave stands for.
 */
export function* shutdown(process: Process): Thread {
  const { db } = process;
  const unregister = { call: 'unregister', uuid: db.me.uuid } as const;
  if (db.me.supernode && refused(yield* askWeb(process, unregister))) return;
  const { primary } = db.me;
  if (primary !== null && refused(yield* askNode(process, primary, unregister))) return;
  if (!(yield* cancelTickets(process))) return;
  for (const node of [...db.nodes.values()]) {
    if (node.uuid !== primary && refused(yield* ask(contactOf(node), unregister))) return;
  }
}

/** Tells the other end of each ticket that it is over; false when one of them made trouble. */
function* cancelTickets(process: Process): Thread<boolean> {
  const { db } = process;
  const me = db.me.uuid;
  const given = db.outgoing().filter(({ destination }) => destination !== me);
  const taken = db.tickets.filter(({ source, destination }) => destination === me && source !== me);
  for (const { stream, source, destination } of [...given, ...taken]) {
    const other = source === me ? destination : source;
    if (!db.nodes.has(other)) continue;
    if (source === me) process.fx.trace?.({ type: 'leaving', stream, consumer: destination, alternatives: 0 });
    const answer = yield* askNode(process, other, { call: 'cancel-ticket', stream, destination });
    if (answer !== null && answer.status !== 404 && refused(answer)) return false;
  }
  for (const row of [...db.tickets]) db.remove(row, 'leaving', process.fx);
  return true;
}

/** Whether the answer is one that ends a shutdown; none at all is overlooked. */
function refused(answer: Response | null): boolean {
  return answer !== null && answer.status >= 400;
}
