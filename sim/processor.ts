import type { Chunk } from '../core/chunk.js';
import type {
  ByeCode,
  CommandResult,
  Contact,
  Deadline,
  DurableState,
  Effects,
  Input,
  Machine,
} from '../core/machine.js';
import type { TraceEvent } from '../core/trace.js';
import { NEVER, type CommandId, type NodeId, type Time } from '../core/units.js';
import type { CryptoCosts } from './crypto.js';

/** What handling costs a node, in microseconds and fractions of them. */
export interface ProcessorCosts {
  /** Each input: a message, a timer, a command, news of a connection. */
  readonly perStep: number;
  /** Each message that is received or sent. */
  readonly perMessage: number;
  /** Each byte that is received or sent. */
  readonly perByte: number;
  /** Each signature that is made. */
  readonly perSignature: number;
  /** Each signature that is checked. */
  readonly perVerification: number;
}

export const NO_COSTS: ProcessorCosts = {
  perStep: 0,
  perMessage: 0,
  perByte: 0,
  perSignature: 0,
  perVerification: 0,
};

export interface ProcessorPorts<M> {
  readonly costs: ProcessorCosts;
  readonly encodedBytes: (message: M) => number;
  /** Operations so far in the whole world; only what the node at work adds to them is charged. */
  readonly crypto: CryptoCosts;
  /** More, or less again, waits than the receive buffer holds: the node is to stop, or to go on, reading its sockets. */
  onFull(full: boolean): void;
}

/** Bytes that wait to be handled before the node stops reading; what its peers send then fills their own sockets. */
const RECEIVE_BUFFER = 1024 * 1024;

interface Waiting<M, C> {
  readonly at: Time;
  readonly input: Input<M, C>;
  readonly bytes: number;
}

/**
 * A machine that takes its time: a single server with a queue, first come, first served. An input is handled once its
 * bytes are taken in, what the machine sends leaves once the signatures and messages of this step are paid for, and
 * timers wait for the server, too. At no cost it is as if it were not there.
 */
export class Processor<M, C, V> implements Machine<M, C, V> {
  readonly #inner: Machine<M, C, V>;
  readonly #ports: ProcessorPorts<M>;
  readonly #slowed = new Map<string, number>();
  readonly #outbox: Outbox<M>;
  readonly #deadline = { at: NEVER, why: 'processor' };
  #perStep: number;
  #free: boolean;
  #waiting: Waiting<M, C>[] = [];
  #head = 0;
  #bytes = 0;
  #full = false;
  /** What is being taken in. */
  #current: Input<M, C> | null = null;
  /** Nothing is under way. */
  #idle = true;
  /** When the work under way is done; fractions add up and are not lost. */
  #until = 0;

  constructor(inner: Machine<M, C, V>, ports: ProcessorPorts<M>) {
    this.#inner = inner;
    this.#ports = ports;
    this.#outbox = new Outbox<M>(ports);
    this.#perStep = ports.costs.perStep;
    this.#free = isFree(ports.costs);
  }

  /** Adds to the cost of each step, under a name; null lifts it. Costs of several names add up. */
  slow(name: string, perStep: Time | null): void {
    if (perStep === null) this.#slowed.delete(name);
    else this.#slowed.set(name, perStep);
    const { costs } = this.#ports;
    this.#perStep = [...this.#slowed.values()].reduce((sum, each) => sum + each, costs.perStep);
    this.#free = isFree(costs) && this.#slowed.size === 0;
  }

  handle(now: Time, input: Input<M, C>, effects: Effects<M>): void {
    if (this.#free && this.#idle) {
      this.#inner.handle(now, input, effects);
      return;
    }
    if (input.type !== 'wake') {
      const bytes = input.type === 'message' ? this.#ports.encodedBytes(input.message) : 0;
      this.#waiting.push({ at: now, input, bytes });
      this.#bytes += bytes;
    }
    while (this.#until <= now) {
      if (this.#current !== null) this.#work(now, effects);
      else if (this.#outbox.flush(effects)) continue;
      else if (!this.#take(now)) break;
    }
    this.#tellWhetherFull();
  }

  nextDeadline(): Deadline | null {
    if (this.#idle) return this.#inner.nextDeadline();
    this.#deadline.at = Math.ceil(this.#until);
    return this.#deadline;
  }

  view(): V {
    return this.#inner.view();
  }

  restore(view: V): void {
    this.#inner.restore(view);
  }

  /** Begins with what came first: the input that waits longest, or a timer that was due before it. */
  #take(now: Time): boolean {
    const first = this.#waiting[this.#head];
    const due = this.#inner.nextDeadline()?.at ?? NEVER;
    const timer = due <= now && (first === undefined || due < first.at);
    if (!timer && first === undefined) {
      this.#idle = true;
      return false;
    }
    const begins = this.#idle ? now : this.#until;
    this.#idle = false;
    if (timer || first === undefined) {
      this.#current = WAKE;
      this.#until = begins + this.#perStep;
      return true;
    }
    this.#head++;
    if (this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    this.#bytes -= first.bytes;
    this.#current = first.input;
    const { perMessage, perByte } = this.#ports.costs;
    const taken = first.input.type === 'message' ? perMessage + perByte * first.bytes : 0;
    this.#until = begins + this.#perStep + taken;
    return true;
  }

  #work(now: Time, effects: Effects<M>): void {
    const input = this.#current;
    if (input === null) return;
    this.#current = null;
    const { costs, crypto } = this.#ports;
    const { sign, verify } = crypto;
    this.#outbox.begin(effects.trace);
    this.#inner.handle(now, input, this.#outbox);
    const signing = (crypto.sign - sign) * costs.perSignature;
    this.#until += signing + (crypto.verify - verify) * costs.perVerification + this.#outbox.cost;
  }

  #tellWhetherFull(): void {
    const full = this.#bytes > (this.#full ? RECEIVE_BUFFER / 2 : RECEIVE_BUFFER);
    if (full === this.#full) return;
    this.#full = full;
    this.#ports.onFull(full);
  }
}

/** Keeps what a step wants done until the step is over. What observers learn passes at once. */
class Outbox<M> implements Effects<M> {
  trace: ((event: TraceEvent) => void) | null = null;
  /** Of the messages that the step sends. */
  cost = 0;
  readonly #ports: ProcessorPorts<M>;
  readonly #deeds: ((effects: Effects<M>) => void)[] = [];

  constructor(ports: ProcessorPorts<M>) {
    this.#ports = ports;
  }

  begin(trace: ((event: TraceEvent) => void) | null): void {
    this.trace = trace;
    this.cost = 0;
  }

  /** Does what was kept; false when there was nothing. */
  flush(effects: Effects<M>): boolean {
    for (const deed of this.#deeds) deed(effects);
    return this.#deeds.splice(0).length > 0;
  }

  send(to: NodeId, message: M): void {
    const { costs } = this.#ports;
    this.cost += costs.perMessage + costs.perByte * this.#ports.encodedBytes(message);
    this.#deeds.push((effects) => effects.send(to, message));
  }

  connect(to: Contact): void {
    this.#deeds.push((effects) => effects.connect(to));
  }

  disconnect(peer: NodeId, code: ByeCode, detail: string): void {
    this.#deeds.push((effects) => effects.disconnect(peer, code, detail));
  }

  play(chunk: Chunk): void {
    this.#deeds.push((effects) => effects.play(chunk));
  }

  reply(id: CommandId, result: CommandResult): void {
    this.#deeds.push((effects) => effects.reply(id, result));
  }

  persist(state: DurableState): void {
    this.#deeds.push((effects) => effects.persist(state));
  }
}

function isFree(costs: ProcessorCosts): boolean {
  const { perStep, perMessage, perByte, perSignature, perVerification } = costs;
  return perStep + perMessage + perByte + perSignature + perVerification === 0;
}

const WAKE = { type: 'wake' } as const;
