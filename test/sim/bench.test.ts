import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { fc, test, testProp } from '@fast-check/ava';
import { benchMarkdown, withBench } from '../../experiments/bench/markdown.js';
import { runOnClosures } from '../../experiments/bench/overlay-of-closures.js';
import { runOnQueue } from '../../experiments/bench/overlay-on-queue.js';
import type { BenchDocument } from '../../experiments/bench/bench.js';
import { output } from '../../experiments/bench/child-process.js';
import type { ToyResult } from '../../experiments/bench/overlay.js';
import { median, ratioOf, rowOf } from '../../experiments/bench/row.js';
import { compileTwin } from '../../experiments/bench/twin.js';
import { heapWanted } from '../../experiments/heap-wanted.js';
import { HeapQueue } from '../../sim/heap.js';
import { BlockRing } from '../../sim/queue.js';

const ASTRAL = resolve('apps/bin/astral.js');

function astral(...parameters: string[]) {
  return spawnSync(process.execPath, [ASTRAL, 'bench', ...parameters], { encoding: 'utf8' });
}

const positive = fc.double({ min: 1e-6, max: 1e9, noNaN: true });

testProp(
  'a ratio of 1 or more is good, whichever way a figure counts',
  [positive, positive],
  (t, astral, reference) => {
    t.is(ratioOf('more', astral, reference) >= 1, astral >= reference);
    t.is(ratioOf('less', astral, reference) >= 1, astral <= reference);
  },
);

test('a row is the median of its repetitions, and says nothing of a reference that is missing', (t) => {
  t.is(median([]), null);
  t.is(median([5, 1, 3]), 3);
  t.is(median([4, 1, 3, 2]), 2.5);
  const heading = { name: 'a', unit: 'b', better: 'more', referenceName: 'c' } as const;
  const pairs = [1, 2, 30].map((astral) => ({ astral, reference: 4 }));
  t.like(rowOf(heading, pairs), { astral: 2, reference: 4, ratio: 0.5, n: 3 });
  t.like(rowOf(heading, [{ astral: 7, reference: null }]), { astral: 7, reference: null, ratio: null, n: 1 });
});

test('every engine carries out the same events of the toy overlay, the C++ twin included', async (t) => {
  const job = { nodes: 700, warm: 40_000, events: 30_000 };
  const ring = runOnQueue(new BlockRing(), job);
  t.true(ring.pending > job.nodes);
  const events = ({ checksum, pending }: ToyResult) => ({ checksum, pending });
  t.deepEqual(events(runOnQueue(new HeapQueue(), job)), events(ring));
  t.deepEqual(events(runOnClosures(job)), events(ring));
  t.not(runOnQueue(new BlockRing(), { ...job, events: job.events + 1 }).checksum, ring.checksum);
  const twin = await compileTwin();
  if (twin.program === null) return t.log(`without the C++ twin: ${twin.why}`);
  try {
    const size = [job.nodes, job.warm, job.events].map(String);
    t.deepEqual(events((await output(twin.program, size)) as ToyResult), events(ring));
  } finally {
    twin.remove();
  }
});

test('--quick measures everything, each figure beside a reference', (t) => {
  const { stdout, stderr, status } = astral('--quick', '--json');
  t.is(status, 0, stderr);
  t.is(stderr, '');
  const document = JSON.parse(stdout) as BenchDocument;
  t.is(document.schema, 'astral.bench/1');
  const names = document.rows.map(({ name }) => name);
  t.is(new Set(names).size, names.length);
  for (const wanted of [
    'queue/1000/closures',
    'queue/1000/c++',
    'codec/chunks/decode',
    'w01/30/speed',
    'w02/30/memory',
  ])
    t.true(names.includes(wanted), wanted);
  for (const { name, astral: own, reference, ratio, better, n, note } of document.rows) {
    t.true(own !== null && own > 0 && n === 1, name);
    if (reference === null || own === null) t.regex(note ?? '', /^skipped: /, name);
    else t.true(Math.abs((ratio ?? 0) / ratioOf(better, own, reference) - 1) < 0.01, name);
  }
  const page = benchMarkdown(document).trimEnd().split('\n');
  t.true(page.length > document.rows.length + 20);
  const sum = document.profile?.shares.reduce((all, [, share]) => all + share, 0) ?? 0;
  t.true(Math.abs(sum - 1) < 1e-9);
  const owners = new Map(document.profile?.owners);
  for (const wanted of ['Candidates', 'Session', 'Links']) t.true((owners.get(wanted) ?? 0) > 100, wanted);
  const before = 'a\n<!-- astral bench -->\nold\n<!-- end of astral bench -->\nz';
  t.regex(withBench(before, 'new') ?? '', /^a\n<!--.*-->\n\nnew\n\n<!--.*-->\nz$/);
  t.is(withBench('no marks', 'new'), null);
});

test('what cannot be measured is exit 2', (t) => {
  for (const wrong of [
    ['--only', 'everything'],
    ['--nodes', '1'],
    ['--nodes', 'many'],
    ['--quick', '--full'],
  ])
    t.is(astral(...wrong).status, 2, wrong.join(' '));
  t.regex(astral('--help').stdout, /Examples:\n {2}astral bench/);
});

test('a crowd gets a heap of its own size, a few viewers do with what there is', (t) => {
  const wanted = heapWanted(100_000) / 1024;
  t.true(wanted > 6 && wanted < 12, `${wanted} GiB`);
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    [ASTRAL, 'sim', 'w01', '--nodes', '4', '--duration', '6s', '--set', 'ramp=1s', '--json'],
    { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '--max-old-space-size=120' } },
  );
  t.is(status, 0, stderr);
  t.is((JSON.parse(stdout) as { nodes: number }).nodes, 4);
});
