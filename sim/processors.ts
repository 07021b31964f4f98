import type { Machine } from '../core/machine.js';
import type { NodeId, Time } from '../core/units.js';
import type { CryptoCosts } from './crypto.js';
import type { Fault } from './faults.js';
import type { Impairments } from './network-impairments.js';
import { NO_COSTS, Processor, type ProcessorCosts } from './processor.js';

/** What the processors of a run need of it. */
export interface ProcessorHost<M, C> {
  readonly encodedBytes: (message: M) => number;
  readonly crypto: CryptoCosts;
  readonly impairments: Impairments<M, C>;
  /** Runs an action as soon as the input at hand is done with. */
  readonly soon: (action: () => void) => void;
}

/** The processors of the nodes of one run. Where work costs nothing and nothing will slow it, there is none. */
export class Processors<M, C> {
  readonly #host: ProcessorHost<M, C>;
  /** Some fault may slow a node whose work costs nothing. */
  readonly #slowable: boolean;
  readonly #byNode = new Map<NodeId, Processor<M, C, unknown>>();

  constructor(host: ProcessorHost<M, C>, slowable: boolean) {
    this.#host = host;
    this.#slowable = slowable;
  }

  /** Processors for a run with this plan. */
  static of<M, C>(plan: readonly Fault[], host: ProcessorHost<M, C>): Processors<M, C> {
    return new Processors<M, C>(
      host,
      plan.some(({ kind }) => kind === 'slow-node'),
    );
  }

  /** Puts a machine on a processor of its own for one life of its node. */
  wrap(id: NodeId, machine: Machine<M, C, unknown>, costs: ProcessorCosts | null): Machine<M, C, unknown> {
    if (costs === null && !this.#slowable) return machine;
    const { encodedBytes, crypto, impairments, soon } = this.#host;
    let full = false;
    const onFull = (now: boolean): void => {
      full = now;
      if (full) impairments.deafen(id);
      else soon(() => (full || this.#byNode.get(id) !== processor ? undefined : impairments.hear(id)));
    };
    const processor = new Processor<M, C, unknown>(machine, { costs: costs ?? NO_COSTS, encodedBytes, crypto, onFull });
    this.#byNode.set(id, processor);
    return processor;
  }

  /** Adds to what each step costs a node, under a name; null lifts it. */
  slow(id: NodeId, name: string, perStep: Time | null): void {
    this.#byNode.get(id)?.slow(name, perStep);
  }
}
