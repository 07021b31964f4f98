import '../tools/fast-check.js';
import { fc, test, testProp } from '@fast-check/ava';
import { Substreams } from '../../core/delivery/substreams.js';
import type { Beat } from '../../core/message.js';
import { feasibilityPolicies, type Feasibility } from '../../core/policies/feasibility.js';

const NODES = 6;

type Step =
  /** The publisher, node 0, emits a chunk, or begins a new epoch. */
  | { readonly do: 'publish' }
  | { readonly do: 'epoch' }
  /** `from` tells its beat to its consumers, or offers it to `to`; both are on their way for any time. */
  | { readonly do: 'tell'; readonly from: number }
  | { readonly do: 'offer'; readonly from: number; readonly to: number }
  | { readonly do: 'restart'; readonly from: number }
  /** The `pick`-th of what is on its way arrives; what went the same way before it has arrived, too. */
  | { readonly do: 'arrive'; readonly pick: number };

interface InFlight {
  readonly kind: 'tell' | 'offer';
  readonly from: number;
  readonly to: number;
  readonly beat: Beat;
}

/** One tree of a sub-stream in the abstract: who has whom as provider, and the beats that each has advertised. */
class Forest {
  readonly #feasible: Feasibility;
  readonly #beats = Array.from({ length: NODES }, () => new Substreams(1));
  readonly #providers: (number | null)[] = Array.from({ length: NODES }, () => null);
  #onTheWay: InFlight[] = [];
  adoptions = 0;

  constructor(feasible: Feasibility) {
    this.#feasible = feasible;
    this.#at(0).raise(0, 1, -1, 0);
  }

  take(step: Step): void {
    const source = this.#at(0);
    if (step.do === 'publish') source.raise(0, source.epoch(0), source.seq(0) + 1, 0);
    else if (step.do === 'epoch') source.raise(0, source.epoch(0) + 1, -1, 0);
    else if (step.do === 'arrive') this.#arrive(step.pick);
    else if (step.do === 'restart') this.#restart(step.from);
    else if (step.do === 'offer') this.#send('offer', step.from, step.to);
    else this.#tell(step.from);
  }

  hasCycle(): boolean {
    return this.#providers.some((_, start) => {
      let at: number | null = start;
      for (let hops = 0; at !== null && hops <= NODES; hops++) at = this.#providers[at] ?? null;
      return at !== null;
    });
  }

  #at(node: number): Substreams {
    return this.#beats[node] as Substreams;
  }

  #tell(from: number): void {
    for (let to = 0; to < NODES; to++) if (this.#providers[to] === from) this.#send('tell', from, to);
  }

  #send(kind: InFlight['kind'], from: number, to: number): void {
    if (from !== to && to !== 0) this.#onTheWay.push({ kind, from, to, beat: this.#at(from).beat(0) });
  }

  #arrive(pick: number): void {
    const last = this.#onTheWay[pick % Math.max(1, this.#onTheWay.length)];
    if (last === undefined) return;
    const same = ({ from, to }: InFlight): boolean => from === last.from && to === last.to;
    const until = this.#onTheWay.indexOf(last);
    const arriving = this.#onTheWay.filter((message, index) => same(message) && index <= until);
    this.#onTheWay = this.#onTheWay.filter((message) => !arriving.includes(message));
    for (const { kind, from, to, beat } of arriving) {
      if (kind === 'tell' && this.#providers[to] === from) this.#at(to).raise(0, beat.epoch, beat.seq, beat.depth + 1);
      if (kind !== 'offer' || !this.#feasible(this.#at(to).beat(0), beat)) continue;
      this.#providers[to] = from;
      this.adoptions++;
    }
  }

  /** A node that forgets its beats loses its connections, and with them its consumers and all that is on their way. */
  #restart(node: number): void {
    if (node === 0) return;
    this.#at(node).reset(0);
    this.#providers[node] = null;
    for (let other = 0; other < NODES; other++) if (this.#providers[other] === node) this.#providers[other] = null;
    this.#onTheWay = this.#onTheWay.filter(({ from, to }) => from !== node && to !== node);
  }
}

const node = fc.nat(NODES - 1);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.constant({ do: 'publish' as const }) },
    { weight: 1, arbitrary: fc.constant({ do: 'epoch' as const }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('tell' as const), from: node }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('offer' as const), from: node, to: node }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), from: node }) },
    { weight: 10, arbitrary: fc.record({ do: fc.constant('arrive' as const), pick: fc.nat() }) },
  ),
  { minLength: 1, maxLength: 300, size: 'max' },
);

testProp(
  'under the feasibility rule no order of offers, beats, restarts and epochs ever closes a cycle',
  [steps],
  (t, plan) => {
    const forest = new Forest(feasibilityPolicies.get('rfc8966'));
    for (const step of plan) {
      forest.take(step);
      t.false(forest.hasCycle(), JSON.stringify(step));
    }
  },
);

test('the plans are no idle ones: many adopt often, and without the rule a cycle is soon found', (t) => {
  const adoptions = fc.sample(steps, { numRuns: 100, seed: 1 }).map((plan) => {
    const forest = new Forest(feasibilityPolicies.get('rfc8966'));
    for (const step of plan) forest.take(step);
    return forest.adoptions;
  });
  t.true(adoptions.filter((count) => count >= 5).length >= 25, adoptions.join(' '));
  const { failed, counterexample } = fc.check(
    fc.property(steps, (plan) => {
      const forest = new Forest(() => true);
      return plan.every((step) => {
        forest.take(step);
        return !forest.hasCycle();
      });
    }),
    { seed: 1, numRuns: 100 },
  );
  t.true(failed);
  t.true((counterexample?.[0].length ?? Infinity) <= 8, JSON.stringify(counterexample));
});
