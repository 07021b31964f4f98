import { fc, testProp } from '@fast-check/ava';
import { LIMITS } from '../../core/limits.js';
import { Grudges } from '../../core/trust/grudges.js';

const step = fc.record({
  node: fc.integer({ min: 0, max: LIMITS.contacts + 8 }),
  after: fc.integer({ min: 0, max: 5 }),
  lasts: fc.integer({ min: 0, max: 200 }),
  forgive: fc.constantFrom(false, false, false, false, true),
});

testProp(
  'a grudge is borne until its end, and of too many the one that ends first is forgotten',
  [fc.array(step)],
  (t, steps) => {
    const grudges = new Grudges();
    const model = new Map<string, number>();
    let now = 0;
    for (const { node, after, lasts, forgive } of steps) {
      now += after;
      const name = `n${node}`;
      if (forgive) {
        grudges.forgive(name);
        model.delete(name);
        continue;
      }
      if (!model.has(name) && model.size === LIMITS.contacts) {
        const first = [...model].reduce((least, each) => (each[1] < least[1] ? each : least));
        model.delete(first[0]);
      }
      model.set(name, Math.max(now + lasts, model.get(name) ?? 0));
      grudges.bear(name, now + lasts);
      // One is looked at each time: what has ended leaves the table when it is looked at.
      const borne = (model.get(name) ?? 0) > now;
      t.is(grudges.against(name, now), borne);
      if (!borne) model.delete(name);
    }
    t.false(grudges.against('nobody', now));
    for (const [name, until] of model) t.is(grudges.against(name, now), until > now);
  },
);
