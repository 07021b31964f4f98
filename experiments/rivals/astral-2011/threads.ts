import type { Contact, Effects } from '../../../core/machine.js';
import { NEVER, SECOND, type NodeId, type Time } from '../../../core/units.js';
import type { Message, Request, Response } from './messages.js';

/** A request waits for its answer this long, and is tried once; what still uploads is not silent. */
const TIMEOUT: Time = 3 * SECOND;

/** What a thread waits for. */
export type Step =
  | { readonly wait: 'answer'; readonly to: Contact; readonly request: Request }
  | { readonly wait: 'time'; readonly span: Time };

/** Blocking code: each `yield` blocks until its answer is there; null stands for none, and for time that has passed. */
export type Thread<Result = void> = Generator<Step, Result, Response | null>;

/** What `http` refuses or dies of with a status; whoever waits for the answer is told no more. */
export class HttpError extends Error {
  readonly status: Response['status'];

  constructor(status: Response['status']) {
    super(`HTTP ${status}`);
    this.status = status;
  }
}

/** Asks another node or the web app; null when it cannot be reached or does not answer in time. */
export function* ask(to: Contact, request: Request): Thread<Response | null> {
  return yield { wait: 'answer', to, request };
}

export function* sleep(span: Time): Thread {
  yield { wait: 'time', span };
}

interface Waiting {
  readonly thread: Thread;
  readonly at: Time;
  /** Who is asked, null for a sleep. */
  readonly to: NodeId | null;
  readonly request: Request | null;
  sent: boolean;
}

/** The threads of one process: each runs until it waits, and goes on with the answer, the failure or the time. */
export class Threads {
  readonly #self: NodeId;
  readonly #connected = new Set<NodeId>();
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;

  constructor(self: NodeId) {
    this.#self = self;
  }

  get connected(): ReadonlySet<NodeId> {
    return this.#connected;
  }

  /** When the next one has waited long enough. */
  get due(): Time {
    let due: Time = NEVER;
    for (const { at } of this.#waiting.values()) due = Math.min(due, at);
    return due;
  }

  start(now: Time, thread: Thread, fx: Effects<Message>): void {
    this.#run(now, thread, null, fx);
  }

  answered(now: Time, from: NodeId, id: number, response: Response, fx: Effects<Message>): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined || waiting.to !== from) return;
    this.#waiting.delete(id);
    this.#run(now, waiting.thread, response, fx);
  }

  up(peer: NodeId, fx: Effects<Message>): void {
    this.#connected.add(peer);
    for (const [id, waiting] of this.#waiting) if (waiting.to === peer) this.#send(id, waiting, fx);
  }

  /** The connection is gone, or cannot be had: nobody will answer. */
  down(now: Time, peer: NodeId, fx: Effects<Message>): void {
    this.#connected.delete(peer);
    this.#end(now, (waiting) => waiting.to === peer, fx);
  }

  /** Wakes all that have waited long enough. */
  wake(now: Time, fx: Effects<Message>): void {
    this.#end(now, (waiting) => waiting.at <= now, fx);
  }

  #end(now: Time, over: (waiting: Waiting) => boolean, fx: Effects<Message>): void {
    for (const [id, waiting] of [...this.#waiting]) {
      if (!over(waiting) || !this.#waiting.delete(id)) continue;
      this.#run(now, waiting.thread, null, fx);
    }
  }

  #run(now: Time, thread: Thread, answer: Response | null, fx: Effects<Message>): void {
    const step = thread.next(answer);
    if (step.done === true) return;
    const id = this.#next++;
    const { value } = step;
    if (value.wait === 'time') {
      this.#waiting.set(id, { thread, at: now + value.span, to: null, request: null, sent: false });
      return;
    }
    const { to, request } = value;
    const uploads = request.call === 'ping' && request.bytes > 0;
    const waiting = { thread, at: uploads ? NEVER : now + TIMEOUT, to: to.node, request, sent: false };
    this.#waiting.set(id, waiting);
    // Who asks itself waits for its own server, which is busy.
    if (to.node === null || to.node === this.#self) return;
    if (this.#connected.has(to.node)) this.#send(id, waiting, fx);
    else fx.connect(to);
  }

  #send(id: number, waiting: Waiting, fx: Effects<Message>): void {
    const { to, request } = waiting;
    if (to === null || request === null || waiting.sent) return;
    waiting.sent = true;
    fx.send(to, { type: 'request', id, request });
  }
}
