import { fc, testProp } from '@fast-check/ava';
import { type Rival, rivalry } from '../../transports/rivalry.js';

testProp(
  'both ends keep the same one of two crossing connections, in whatever order they see them',
  [fc.boolean(), fc.boolean(), fc.integer({ min: 0, max: 4_000 }), fc.integer({ min: 0, max: 4_000 })],
  (t, lowSeesItsOwnFirst, highSeesItsOwnFirst, lowGap, highGap) => {
    const keptBy = (self: string, peer: string, ownFirst: boolean, gap: number): string => {
      const rival = (dialled: boolean, createdAt: number): Rival => ({ dialled, incarnation: 1, createdAt });
      const verdict = rivalry(self, peer, rival(ownFirst, 0), rival(!ownFirst, gap));
      t.regex(verdict, /^merge/);
      const keepsFirst = verdict === 'merge-first';
      return keepsFirst === ownFirst ? self : peer;
    };
    t.is(keptBy('low', 'high', lowSeesItsOwnFirst, lowGap), keptBy('high', 'low', highSeesItsOwnFirst, highGap));
  },
);

testProp(
  'a higher incarnation replaces, a lower one is refused, and a peer that dials again has lost the first',
  [fc.nat(9), fc.nat(9), fc.boolean(), fc.boolean(), fc.nat(20_000)],
  (t, firstIncarnation, secondIncarnation, firstDialled, secondDialled, gap) => {
    const first: Rival = { dialled: firstDialled, incarnation: firstIncarnation, createdAt: 0 };
    const second: Rival = { dialled: secondDialled, incarnation: secondIncarnation, createdAt: gap };
    const verdict = rivalry('a', 'b', first, second);
    if (secondIncarnation > firstIncarnation) t.is(verdict, 'replace');
    else if (secondIncarnation < firstIncarnation) t.is(verdict, 'refuse');
    else if (firstDialled === secondDialled || gap >= 5_000) t.is(verdict, secondDialled ? 'refuse' : 'replace');
    else t.regex(verdict, /^merge/);
  },
);
