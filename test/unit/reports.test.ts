import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { Reports } from '../../apps/web/reports.js';
import type { Report } from '../../apps/report.js';

const uplink = { capacity: 1, promised: 0 };

/** A report of some 6 kB. */
function report(node: string, seq: number): Report {
  const peers = Array.from({ length: 90 }, (_, index) => `${String(index).padStart(3, '0')}${'x'.repeat(50)}`);
  const view = { node, incarnation: 1, role: 'ordinary', uplink, peers, streams: [], timers: [] } as const;
  return { node, seq, at: seq, view } as unknown as Report;
}

test('a listener first gets what is known, however much that is', async (t) => {
  const reports = new Reports();
  for (let index = 0; index < 1_500; index++) t.is(reports.put(report(`n${index}`, 1), 0), 'taken');
  const listener = reports.listen(1) ?? t.fail();
  let text = '';
  listener.on('data', (piece: Buffer) => (text += piece.toString()));
  while (text.split('\ndata: ').length < 1_501 && !listener.destroyed) await turn();
  t.is(reports.put(report('n0', 2), 2), 'taken');
  while (!text.includes('"at":2,') && !listener.destroyed) await turn();
  t.is(text.split('\ndata: ').length, 1_502);
  reports.close();
});

test('a listener that reads nothing costs little memory, and then gets the newest of each node still there', async (t) => {
  const reports = new Reports();
  const listener = reports.listen(0) ?? t.fail();
  reports.put(report('gone', 1), 0);
  for (let index = 0; index < 100; index++) reports.put(report(`old${index}`, 1), 0);
  for (let seq = 1; seq <= 2_000; seq++) reports.put(report('n', seq), 5_000 + seq);
  for (let index = 0; index < 50; index++) reports.put(report(`new${index}`, 1), 12_000);
  await turn();
  t.true(listener.readableLength < 200_000, `${listener.readableLength} bytes`);
  let text = '';
  listener.on('data', (piece: Buffer) => (text += piece.toString()));
  while (!text.includes('"new49"') && !listener.destroyed) await turn();
  t.true(text.includes('"at":2000,'));
  t.false(text.includes('"at":1000,'), 'what was overtaken is left out');
  t.false(text.includes('"old99"'));
  reports.close();
});
