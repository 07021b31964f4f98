import type { JournalHeader } from '../core/journal/journal.js';
import { Witness } from '../core/journal/witness.js';
import type { Machine } from '../core/machine.js';
import type { Command, Message } from '../core/message.js';
import { JournalFile } from './journal.js';

/** All that a replay of one live node needs: its inputs, the signatures it made, and a hash of its effects. */
export class NodeJournal {
  readonly #file: JournalFile;
  #inputs = 0;
  #effects = (): string => '';

  constructor(path: string, header: JournalHeader) {
    this.#file = new JournalFile(path, header);
  }

  /** Why the journal ended before it was closed; null while it is whole. */
  get failure(): string | null {
    return this.#file.failure;
  }

  /** The machine, to be hosted in place of itself. */
  watch<V>(machine: Machine<Message, Command, V>): Machine<Message, Command, V> {
    const witness = new Witness<Message, Command, V>(machine, {
      input: (at, input, effects) => {
        this.#inputs++;
        this.#file.record({ kind: 'input', at, input, effects });
      },
    });
    this.#effects = () => witness.effects;
    return witness;
  }

  signed(signature: Uint8Array): void {
    this.#file.record({ kind: 'signed', signature });
  }

  /** To be called once the machine handles nothing any more; never rejects, see `failure`. */
  async close(): Promise<void> {
    this.#file.record({ kind: 'end', inputs: this.#inputs, effects: this.#effects() });
    await this.#file.close();
  }
}
