import { fc, test, testProp } from '@fast-check/ava';
import { createRng } from '../../core/rng.js';
import { HeapQueue } from '../../sim/heap.js';
import { BlockRing } from '../../sim/queue.js';
import type { EventQueue } from '../../sim/queue-types.js';

/** Ring and heap side by side: every push goes to both, every pop must give the same event. */
class Twins {
  readonly ring = new BlockRing();
  readonly heap = new HeapQueue();
  now = 0;
  pushed = 0;

  push(at: number): void {
    const id = this.pushed++;
    const payload = id % 3 === 0 ? null : { id };
    for (const queue of [this.ring, this.heap]) queue.push(at, id % 16, id & 0xfffffff, -id, payload);
  }

  /** False when neither has an event up to the limit; throws when they differ. */
  pop(limit: number): boolean {
    const here = this.ring.pop(limit);
    const there = this.heap.pop(limit);
    const ring = here ? picture(this.ring) : 'none';
    const heap = there ? picture(this.heap) : 'none';
    if (ring !== heap) throw new Error(`ring ${ring}, heap ${heap}`);
    if (this.ring.size !== this.heap.size) throw new Error(`ring holds ${this.ring.size}, heap ${this.heap.size}`);
    if (here && this.ring.payload !== this.heap.payload) throw new Error('another payload');
    if (here) this.now = this.ring.at;
    else this.now = Math.max(this.now, Number.isFinite(limit) ? limit : 0);
    return here;
  }
}

function picture(queue: EventQueue): string {
  return `${queue.at}/${queue.kind}/${queue.target}/${queue.argument}`;
}

const delays = fc.oneof(
  { weight: 3, arbitrary: fc.nat(300) },
  { weight: 3, arbitrary: fc.nat(300_000) },
  { weight: 1, arbitrary: fc.nat(3_000_000) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 255, 256, 65_535, 1_048_575, 1_048_576, 1_048_577, 2 ** 33, 2 ** 40) },
);

const steps = fc.oneof(
  fc.record({ do: fc.constant('push' as const), delay: delays }),
  fc.record({
    do: fc.constant('burst' as const),
    delay: delays,
    count: fc.nat(600),
    gap: fc.constantFrom(0, 1, 7, 5_000),
  }),
  fc.record({ do: fc.constant('pop' as const), count: fc.nat(700) }),
  fc.record({ do: fc.constant('run' as const), ahead: delays }),
);

testProp('the block ring gives events in the order of the heap', [fc.array(steps, { maxLength: 60 })], (t, plan) => {
  const twins = new Twins();
  for (const step of plan) {
    if (step.do === 'push') twins.push(twins.now + step.delay);
    else if (step.do === 'burst') {
      for (let index = 0; index < step.count; index++)
        twins.push(twins.now + step.delay + ((index * 37) % 101) * step.gap);
    } else if (step.do === 'pop') for (let left = step.count; left > 0 && twins.pop(Infinity); left--);
    else {
      const limit = twins.now + step.ahead;
      while (twins.pop(limit));
    }
  }
  while (twins.pop(Infinity));
  t.is(twins.ring.size, 0);
});

/** Holds `density` events, each of which pushes its successor when it comes up. */
function churn(twins: Twins, seed: string, density: number, pops: number): void {
  const rng = createRng(seed);
  const delay = () => (rng.below(20) === 0 ? rng.below(4_000_000) : 10_000 + rng.below(190_000));
  while (twins.ring.size < density) twins.push(twins.now + delay());
  for (let count = 0; count < pops; count++) {
    twins.pop(Infinity);
    if (twins.ring.size < density) twins.push(twins.now + (rng.below(50) === 0 ? 0 : delay()));
  }
}

test('the order holds while the width of the buckets follows the density', (t) => {
  const twins = new Twins();
  for (const [index, density] of [50, 40_000, 3, 5_000, 200_000, 10].entries()) {
    churn(twins, `queue/${index}`, density, 120_000);
    while (twins.ring.size > 1_000) twins.pop(Infinity);
  }
  while (twins.pop(Infinity));
  t.is(twins.heap.size, 0);
});

test('a crowded bucket keeps ties in the order of their pushes', (t) => {
  const twins = new Twins();
  for (let index = 0; index < 20_000; index++) twins.push(1_000 + ((index * 7_919) % 64));
  for (let index = 0; index < 3_000; index++) {
    twins.pop(Infinity);
    twins.push(twins.now);
    twins.push(twins.now + (index % 64));
  }
  while (twins.pop(Infinity));
  t.is(twins.ring.size, 0);
});
