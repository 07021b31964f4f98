import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import test from 'ava';
import { DEFAULTS } from '../../core/config.js';
import { parseEntry, parseHeader, type JournalEntry } from '../../core/journal/journal.js';
import { Inbox } from '../../transports/inbox.js';
import { JournalFile, SystemClock } from '../../transports/index.js';
import { identityOf } from '../conformance/identities.js';
import { control } from '../conformance/network-world.js';

test('the clock counts whole microseconds from its making, and wakes once, never early, the last wish only', async (t) => {
  const clock = new SystemClock();
  const began = performance.now();
  const woken: [string, number][] = [];
  const note = (name: string) => (): void => void woken.push([name, clock.now()]);
  t.true(clock.now() < 50_000);
  const due = clock.now() + 30_300;
  clock.wakeAt('a', clock.now() + 5_000, note('replaced'));
  clock.wakeAt('a', due, note('a'));
  clock.wakeAt('b', clock.now() + 5_000, note('cancelled'));
  clock.wakeAt('b', null, note('cancelled'));
  clock.wakeAt('c', -1, note('past'));
  clock.wakeAt('d', clock.now() + 2 ** 31 * 1_000, note('in 25 days'));
  clock.wakeAt('e', Infinity, note('never'));
  while (woken.length < 2) await wait(5);
  await wait(30);
  t.deepEqual(
    woken.map(([name]) => name),
    ['past', 'a'],
  );
  t.true((woken[1]?.[1] ?? 0) >= due);
  clock.wakeAt('d', null, note(''));
  const elapsed = (performance.now() - began) * 1_000;
  t.true(Number.isInteger(clock.now()) && Math.abs(clock.now() - elapsed) < 20_000);
});

test('an inbox hands over one input at a time, in order, and none inside of an effect', async (t) => {
  const handled: number[] = [];
  let depth = 0;
  const inbox = new Inbox<number>((input) => {
    t.is(depth++, 0);
    handled.push(input);
    if (input < 3) inbox.put(input + 10);
    if (input === 1) inbox.during(() => inbox.put(2));
    depth--;
  });
  inbox.put(1);
  t.deepEqual(handled, [1, 11, 2, 12]);
  inbox.during(() => {
    inbox.put(5);
    inbox.put(6);
    t.is(handled.length, 4);
  });
  t.is(handled.length, 4);
  await Promise.resolve();
  t.deepEqual(handled.slice(4), [5, 6]);
});

test('a journal is a header and a line an input, for its owner only; a bad disk ends it and nothing else', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'astral-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const { id, key } = identityOf(1);
  const header = { node: id, publicKey: key.publicKey, protocol: 'astral', seed: 's', config: DEFAULTS, durable: null };
  const entries: JournalEntry[] = [
    {
      kind: 'input',
      at: 1,
      effects: 'a',
      input: { type: 'peer', peer: id, change: 'up', why: 'dialled', address: 'ws://127.0.0.1:1' },
    },
    { kind: 'input', at: 2, effects: 'b', input: { type: 'message', from: id, message: control(7) } },
    { kind: 'signed', signature: new Uint8Array(64) },
    { kind: 'end', inputs: 2, effects: 'c' },
  ];
  const path = join(folder, 'journal');
  const journal = new JournalFile(path, header);
  for (const entry of entries) journal.record(entry);
  await journal.close();
  journal.record({ kind: 'end', inputs: 3, effects: 'd' });
  t.is(journal.failure, null);
  t.is(statSync(path).mode & 0o777, 0o600);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  t.deepEqual({ ...parseHeader(lines[0] ?? '') }, { ...header });
  t.deepEqual(
    lines.slice(1).map((line) => parseEntry(line)),
    entries,
  );
  t.throws(() => new JournalFile(join(folder, 'no', 'such', 'folder'), header), { code: 'ENOENT' });
  const full = new JournalFile('/dev/full', header);
  while (full.failure === null) await wait(5);
  for (const entry of entries) full.record(entry);
  await full.close();
  t.regex(full.failure, /ENOSPC/);
});
