import { AstralNode } from '../node.js';
import type { Crypto, Input } from '../machine.js';
import type { Command, Message } from '../message.js';
import { createRng } from '../rng.js';
import type { Time } from '../units.js';
import type { View } from '../view.js';
import type { Effect } from './effects.js';
import type { JournalEntry, JournalHeader } from './journal.js';
import { NOWHERE, Witness } from './witness.js';

type NodeInput = Input<Message, Command>;

/** The first input after which the machine has done something else than what the journal says. */
export interface ReplayDifference {
  /** Inputs before it. */
  readonly index: number;
  readonly at: Time;
  readonly input: NodeInput;
  /** What is different: the effects, the number of signatures made, or that it threw. */
  readonly why: 'effects' | 'signatures' | 'threw';
  readonly detail: string;
}

/** Is told of each input with the effects that it had. */
export type ReplayListener = (at: Time, input: NodeInput, effects: readonly Effect<Message>[]) => void;

const SIGNATURE_BYTES = 64;

/**
 * Feeds a journal to the class that wrote it. Signatures come from the journal, everything else is computed anew; the
 * hash of all effects is compared after every input. Entries after the first difference are ignored.
 */
export class Replay {
  /** Inputs handled. */
  inputs = 0;
  /** Inputs whose effects were compared: one less where the journal was cut off. */
  compared = 0;
  difference: ReplayDifference | null = null;
  /** Whether the journal was closed, and not cut off. */
  ended = false;
  readonly #witness: Witness<Message, Command, View>;
  readonly #listener: ReplayListener | null;
  #effects: Effect<Message>[] = [];
  #signatures: Uint8Array[] = [];
  #missing = 0;
  #waiting: { readonly at: Time; readonly input: NodeInput } | null = null;

  constructor(header: JournalHeader, crypto: Crypto, listener: ReplayListener | null = null) {
    const { node, publicKey, durable, config, seed } = header;
    const identity = { id: node, key: { publicKey, secret: null }, durable };
    const desk: Crypto = {
      sign: () => this.#signature(),
      verify: (key, bytes, signature) => crypto.verify(key, bytes, signature),
      hash: (bytes) => crypto.hash(bytes),
      idOf: (key) => crypto.idOf(key),
    };
    this.#listener = listener;
    this.#witness = new Witness(new AstralNode(identity, config, createRng(seed), desk), {
      input: () => undefined,
      effect: (_at, effect) => this.#effects.push(effect),
    });
  }

  /** Hash of the effects so far. */
  get effects(): string {
    return this.#witness.effects;
  }

  /** What the node knows now. */
  view(): View {
    return this.#witness.view();
  }

  /** The next entry. Signatures stand behind the input that made them, so each input waits for the one after it. */
  feed(entry: JournalEntry): void {
    if (this.difference !== null) return;
    if (entry.kind === 'signed') {
      this.#signatures.push(entry.signature);
      return;
    }
    this.#run(entry.effects);
    if (entry.kind === 'end') this.ended = true;
    else this.#waiting = { at: entry.at, input: entry.input };
  }

  /** No entry is left; the effects of the last input of a journal that was cut off cannot be compared. */
  finish(): void {
    if (this.difference === null) this.#run(null);
  }

  #run(expected: string | null): void {
    const waiting = this.#waiting;
    if (waiting === null) return;
    const { at, input } = waiting;
    this.#waiting = null;
    const index = this.inputs++;
    const differs = (why: ReplayDifference['why'], detail: string): void => {
      this.difference ??= { index, at, input, why, detail };
    };
    this.#effects = [];
    try {
      this.#witness.handle(at, input, NOWHERE);
    } catch (error) {
      differs('threw', error instanceof Error ? error.message : String(error));
    }
    this.#listener?.(at, input, this.#effects);
    if (expected === null) return;
    this.compared++;
    if (this.#missing > 0) differs('signatures', `${this.#missing} more are made than the journal has`);
    if (this.#signatures.length > 0) differs('signatures', `${this.#signatures.length} fewer are made than recorded`);
    if (this.effects !== expected) differs('effects', `their hash is ${this.effects}, recorded was ${expected}`);
  }

  #signature(): Uint8Array {
    const next = this.#signatures.shift();
    if (next === undefined) this.#missing++;
    return next ?? new Uint8Array(SIGNATURE_BYTES);
  }
}
