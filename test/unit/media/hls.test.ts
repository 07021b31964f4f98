import { readFileSync } from 'node:fs';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { FragmentReader } from '../../../apps/node/media/fragment-reader.js';
import { HlsFeed } from '../../../apps/node/media/hls-feed.js';
import { Segmenter, type Segment } from '../../../apps/node/media/hls-segments.js';
import { createSampleLoop } from '../../../apps/node/media/sample-loop.js';
import { SECOND } from '../../../core/units.js';

const loop = createSampleLoop(
  new Uint8Array(readFileSync(new URL('../../../../apps/assets/sample.mp4', import.meta.url))),
);
const { bytes: init } = loop.init;
/** The same tracks under other bytes. */
const otherInit = init.slice();
otherInit[Buffer.from(init).indexOf('mvhd') + 12] = 1;

function fill(feed: HlsFeed, from: number, to: number, epoch = 1): void {
  for (let n = from; n < to; n += 1) feed.push({ epoch, fragment: n, bytes: loop.fragment(n).bytes });
}

function read(bytes: Uint8Array, withInit: Uint8Array) {
  const parts = new FragmentReader().push(Buffer.concat([withInit, bytes]));
  if (!parts.ok) throw new Error(parts.error);
  return parts.value.flatMap((part) => (part.type === 'fragment' ? [part.fragment] : []));
}

test('two seconds a segment, each from a keyframe; the window slides, and what has left it is gone', async (t) => {
  const feed = new HlsFeed(100);
  feed.open({ epoch: 1, init });
  const waiting = feed.ready(10_000);
  fill(feed, 3, 50);
  t.is(feed.playlist(), null, 'one segment is too few');
  await feed.ready(10);
  fill(feed, 50, 51);
  await waiting;
  const head = '#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n';
  const tags = '#EXT-X-DISCONTINUITY-SEQUENCE:0\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI="init-100.mp4"\n';
  t.is(
    feed.playlist(),
    `${head}#EXT-X-MEDIA-SEQUENCE:100\n${tags}#EXTINF:2.00000,\n100.m4s\n#EXTINF:2.00000,\n101.m4s\n`,
  );
  fill(feed, 51, 400);
  t.regex(feed.playlist() ?? '', /SEQUENCE:113\n[^]*\n113\.m4s[^]*118\.m4s\n$/);
  t.deepEqual([feed.segment(99), feed.segment(106), feed.segment(119)], ['unknown', 'gone', 'unknown']);
  t.true(feed.segment(107) instanceof Uint8Array, 'kept for who is slow');
  t.is(feed.init(null), init);
  t.deepEqual(
    [99, 100, 101].map((number) => feed.init(number)),
    ['unknown', init, 'unknown'],
  );
});

test('a feed that begins anew reuses no name of the one before, since players keep what a name stood for', (t) => {
  const names = [100, 160].map((seq): string[] => {
    const feed = new HlsFeed(seq);
    feed.open({ epoch: 1, init });
    fill(feed, 0, 65);
    feed.open({ epoch: 2, init: otherInit });
    fill(feed, 0, 65, 2);
    return (feed.playlist() ?? '').match(/(?:init-)?\d+\.m(?:p4|4s)/g) ?? [];
  });
  t.is(names[0]?.filter((name) => name.startsWith('init')).length, 2);
  t.deepEqual(
    names[0]?.filter((name) => names[1]?.includes(name)),
    [],
  );
});

test('a restart and a hole are discontinuities on one timeline', (t) => {
  const feed = new HlsFeed(0);
  feed.open({ epoch: 1, init });
  fill(feed, 0, 65);
  feed.open({ epoch: 2, init: otherInit });
  fill(feed, 0, 10, 1);
  fill(feed, 0, 45, 2);
  fill(feed, 50, 95, 2);
  const lines = (feed.playlist() ?? '').split('\n').slice(4);
  const maps = ['#EXT-X-MAP:URI="init-0.mp4"', '#EXT-X-MAP:URI="init-1.mp4"'];
  const two = '#EXTINF:2.00000,';
  t.deepEqual(lines, [
    ...['#EXT-X-DISCONTINUITY-SEQUENCE:0', '#EXT-X-INDEPENDENT-SEGMENTS', maps[0], '#EXTINF:0.50000,', '3.m4s'],
    ...['#EXT-X-DISCONTINUITY', maps[1], two, '4.m4s', two, '5.m4s', '#EXTINF:0.50000,', '6.m4s'],
    ...['#EXT-X-DISCONTINUITY', two, '7.m4s', two, '8.m4s', ''],
  ]);
  fill(feed, 95, 135, 2);
  t.regex(feed.playlist() ?? '', /DISCONTINUITY-SEQUENCE:1/);
  fill(feed, 135, 300, 2);
  t.regex(feed.playlist() ?? '', /DISCONTINUITY-SEQUENCE:2/);
  t.is(feed.init(0), 'gone');
});

testProp(
  'whatever is lost and however often it begins anew: keyframe first, no time jumps back, numbers follow each other',
  [
    fc.array(
      fc.oneof(
        { weight: 40, arbitrary: fc.constant(1) },
        { weight: 1, arbitrary: fc.integer({ min: 0, max: 40 }) },
        { weight: 1, arbitrary: fc.constantFrom('init', 'same', 'bad', 'pause') },
      ),
      { minLength: 60, maxLength: 400 },
    ),
  ],
  (t, script) => {
    const segments: Segment[] = [];
    const inits = new Map<number, Uint8Array>();
    const segmenter = new Segmenter(7, (segment) => segments.push(segment));
    const open = (bytes: Uint8Array): void => {
      inits.set(segmenter.open(bytes) ?? -1, bytes);
    };
    open(init);
    let n = 0;
    let paused = 0;
    for (const step of script) {
      if (step === 'bad') segmenter.push(n, new Uint8Array(50));
      else if (step === 'pause') paused += 17;
      else if (typeof step === 'string') {
        open(step === 'init' ? otherInit : init);
        n = 0;
      } else segmenter.push(n, loop.fragment(n + paused).bytes);
      if (typeof step === 'number') n += step;
    }
    const ends = new Map<number, number>();
    for (const [i, segment] of segments.entries()) {
      t.is(segment.seq, 7 + i);
      t.true(segment.duration > 0 && segment.duration <= 2 * SECOND, `${segment.duration}`);
      t.false(i === 0 && segment.discontinuity);
      const fragments = read(segment.bytes, inits.get(segment.init) ?? init);
      t.true(fragments[0]?.keyframe);
      for (const { track, start, duration } of fragments.flatMap(({ runs }) => runs)) {
        t.true(start >= (ends.get(track.id) ?? 0), `track ${track.id}: ${start} after ${ends.get(track.id)}`);
        ends.set(track.id, start + duration);
      }
    }
    t.is(segments.at(-1)?.discontinuities ?? 0, segments.filter(({ discontinuity }) => discontinuity).length);
  },
);

test('a stream without keyframes, or one that makes no sense, costs no memory and gives no segments', (t) => {
  const segments: Segment[] = [];
  const segmenter = new Segmenter(0, (segment) => segments.push(segment));
  t.is(segmenter.open(new Uint8Array(100)), null);
  segmenter.push(0, loop.fragment(0).bytes);
  segmenter.open(init);
  for (let n = 0; n < 1_000; n += 1) segmenter.push(n, loop.fragment(n % 10 === 0 && n > 0 ? n + 1 : n).bytes);
  t.deepEqual(segments, []);
});
