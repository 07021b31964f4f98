import { readFileSync } from 'node:fs';
import { fc, testProp } from '@fast-check/ava';
import { FragmentReader } from '../../../apps/node/media/fragment-reader.js';
import type { Fragment } from '../../../apps/node/media/fragment.js';
import type { InitSegment } from '../../../apps/node/media/init-segment.js';
import { parseFragment } from '../../../apps/node/media/fragment.js';
import { restamp } from '../../../apps/node/media/restamp.js';

const sample = readFileSync(new URL('../../../../apps/assets/sample.mp4', import.meta.url));

function read(): { init: InitSegment; fragments: readonly Fragment[] } {
  const parts = new FragmentReader().push(sample);
  if (!parts.ok) throw new Error(parts.error);
  const fragments = parts.value.flatMap((part) => (part.type === 'fragment' ? [part.fragment] : []));
  const [first] = parts.value;
  if (first?.type !== 'init') throw new Error('the sample has no beginning');
  return { init: first.init, fragments };
}

const { init, fragments } = read();

testProp(
  'a fragment with other times is a copy: what came as a Buffer from a socket stays as it was signed',
  [fc.constantFrom(...fragments), fc.nat(), fc.nat({ max: 2 ** 40 })],
  (t, fragment, sequence, time) => {
    const parsed = parseFragment(init, Buffer.from(fragment.bytes));
    if (!parsed.ok) return t.fail(parsed.error);
    const copy = restamp(parsed.value, sequence, () => time);
    t.deepEqual(new Uint8Array(parsed.value.bytes), new Uint8Array(fragment.bytes));
    const again = parseFragment(init, copy);
    if (!again.ok) return t.fail(again.error);
    t.deepEqual(
      again.value.runs.map(({ start }) => start),
      parsed.value.runs.map(() => time),
    );
  },
);
