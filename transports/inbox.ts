/**
 * Hands inputs over one at a time, whatever calls what: an input that comes up while another is being handled, or
 * while the machine is inside one of its own effects, waits its turn.
 */
export class Inbox<I> {
  readonly #receive: (input: I) => void;
  readonly #waiting: I[] = [];
  #busy = false;
  #effects = 0;
  #scheduled = false;

  constructor(receive: (input: I) => void) {
    this.#receive = receive;
  }

  put(input: I): void {
    this.#waiting.push(input);
    if (this.#effects === 0) this.#drain();
    else this.#schedule();
  }

  /** Runs what the machine asked for; inputs that it causes are handed over after the machine has returned. */
  during(effect: () => void): void {
    this.#effects++;
    try {
      effect();
    } finally {
      this.#effects--;
    }
  }

  clear(): void {
    this.#waiting.length = 0;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#drain();
    });
  }

  #drain(): void {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let input = this.#waiting.shift(); input !== undefined; input = this.#waiting.shift()) this.#receive(input);
    } finally {
      this.#busy = false;
    }
  }
}
