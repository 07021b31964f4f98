import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fc, test, testProp } from '@fast-check/ava';
import { allPlay, deepest, depthOf, standings, type Standing } from '../../apps/cli/live/overview.js';

const standing: fc.Arbitrary<Standing> = fc.record({
  node: fc.string({ minLength: 4, maxLength: 8 }),
  name: fc.string({ minLength: 1, maxLength: 4 }),
  supernode: fc.boolean(),
  publisher: fc.boolean(),
  depths: fc.array(fc.option(fc.integer({ min: 0, max: 16 })), { maxLength: 4 }),
  providers: fc.constant([]),
  player: fc.option(
    fc.record({ state: fc.constantFrom('playing', 'stalled', 'starting'), played: fc.nat(), missed: fc.nat() }),
  ),
});

testProp(
  'the deepest node is a viewer, no other viewer is deeper, and the order does not matter',
  [fc.array(standing)],
  (t, all) => {
    const found = deepest(all);
    const viewers = all.filter(({ publisher, player }) => !publisher && player !== null);
    if (found === null) return t.is(viewers.length, 0);
    t.true(viewers.includes(found));
    for (const viewer of viewers) t.true(depthOf(viewer) <= depthOf(found));
    const again = deepest(all.toReversed());
    t.is(again === null ? -2 : depthOf(again), depthOf(found));
  },
);

testProp(
  'all play only if each viewer plays and is fed on every sub-stream',
  [fc.array(standing, { minLength: 1 })],
  (t, all) => {
    const viewers = all.filter(({ publisher }) => !publisher);
    const served = viewers.every(
      ({ depths, player }) => player?.state === 'playing' && depths.length > 0 && !depths.includes(null),
    );
    t.is(allPlay(all, viewers.length), served);
    t.false(allPlay(all, viewers.length + 1), 'one that does not report is not served');
  },
);

test('reports of a directory become standings; what is no report is refused', async (t) => {
  const path = { sub: 0, seq: 9, depth: 2, via: 'b', starving: false };
  const stream = { stream: 's', publisher: false, watching: true, paths: [path, { ...path, sub: 1, via: null }] };
  const player = { state: 'playing', nextSeq: 7, played: 6, missed: 1 };
  const view = { role: 'supernode', streams: [{ ...stream, player }] };
  let answer: unknown = [
    { node: 'a', name: 'viewer-1', at: 1, view },
    { node: 'c', at: 1, view: { role: 'ordinary', streams: [] } },
  ];
  const server = createServer((_request, response) => response.end(JSON.stringify(answer))).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [first, second] = await standings(url);
  t.like(first, { node: 'a', name: 'viewer-1', supernode: true, depths: [2, null], providers: ['b'] });
  t.like(first?.player, { state: 'playing', played: 6, missed: 1 });
  t.like(second, { node: 'c', supernode: false, depths: [], player: null });
  answer = [{ node: 'a' }];
  await t.throwsAsync(standings(url));
});
