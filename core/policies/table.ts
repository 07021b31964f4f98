/** Decisions that can be swapped by name: pure functions of what they are given. */
export class PolicyTable<F> {
  readonly #kind: string;
  readonly #policies: Map<string, F>;

  constructor(kind: string, policies: Readonly<Record<string, F>>) {
    this.#kind = kind;
    this.#policies = new Map(Object.entries(policies));
  }

  /** Adds a policy of the user's own. */
  register(name: string, policy: F): void {
    if (this.#policies.has(name)) throw new RangeError(`${this.#kind} policy "${name}" exists already`);
    this.#policies.set(name, policy);
  }

  get(name: string): F {
    const policy = this.#policies.get(name);
    if (policy === undefined) {
      throw new RangeError(`no ${this.#kind} policy "${name}"; there are ${this.names().join(', ')}`);
    }
    return policy;
  }

  names(): string[] {
    return [...this.#policies.keys()];
  }
}
