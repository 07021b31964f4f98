import { SECOND } from '../../../core/units.js';
import { contactOf, type NodeRow } from './database.js';
import type { Response } from './messages.js';
import { askNode, askWeb, follow, promote, updateRoundTrip, type Process } from './process.js';
import { ask, type Thread } from './threads.js';

/** What the check of the upstream sends to the web app. */
const CHECK_BYTES = 256 * 1024;

/** PB30: runs once when the node starts, and when its supernode leaves; nothing it learns is looked at again. */
export function* bootstrap(process: Process): Thread {
  yield* checkUpstream(process);
  const { db } = process;
  yield* loadNodes(process, null);
  yield* registerWithSupernode(process);
  const listed = yield* askWeb(process, { call: 'list-streams' });
  for (const stream of listed?.streams ?? []) db.storeStream(stream);
}

function* checkUpstream(process: Process): Thread {
  const began = process.now;
  const answer = yield* askWeb(process, { call: 'ping', bytes: CHECK_BYTES });
  if (answer === null) return;
  process.upstream = (CHECK_BYTES * 8 * SECOND) / Math.max(1, process.now - began);
}

/** Who is known to the web app, or to a supernode. */
function* loadNodes(process: Process, from: NodeRow | null): Thread {
  const request = { call: 'list-nodes' } as const;
  const answer: Response | null =
    from === null ? yield* askWeb(process, request) : yield* askNode(process, from.uuid, request);
  for (const node of answer?.nodes ?? []) process.db.store(node);
}

function* registerWithSupernode(process: Process): Thread {
  const { db } = process;
  for (const supernode of db.supernodes()) yield* updateRoundTrip(process, supernode);
  const supernodes = db.supernodes();
  // PB26: an empty list is one that says nothing, too: without the web app everybody becomes a supernode.
  if (supernodes.length === 0) return yield* becomeSupernode(process, 'no-supernode');
  // PB25: goes on after it was accepted, so it registers with all of them and ends with the farthest.
  for (const supernode of supernodes) yield* registerWith(process, supernode);
  // PB25: if the last one fails, all that accepted are forgotten.
  if (db.me.primary === null) yield* becomeSupernode(process, 'capacity');
}

function* registerWith(process: Process, supernode: NodeRow): Thread {
  const { me } = process.db;
  follow(process, supernode.uuid);
  const answer = yield* ask(contactOf(supernode), { call: 'register', node: { ...me } });
  if (answer === null) {
    // PB28: one connection that failed, and nobody hears of the supernode any more.
    yield* askWeb(process, { call: 'unregister', uuid: supernode.uuid });
    follow(process, null);
  } else if (answer.status !== 200) follow(process, null);
  else yield* loadNodes(process, supernode);
}

/** PB27: the web app is told; the other supernodes are not. */
function* becomeSupernode(process: Process, why: 'no-supernode' | 'capacity'): Thread {
  promote(process, why);
  const { me } = process.db;
  yield* askWeb(process, { call: 'register', node: { ...me } });
}
