import test from 'ava';
import type { Config, Identity } from '../../core/config.js';
import type { JournalEntry, JournalHeader } from '../../core/journal/journal.js';
import { Replay } from '../../core/journal/replay.js';
import { Witness, witnessedCrypto } from '../../core/journal/witness.js';
import type { Crypto } from '../../core/machine.js';
import type { Message } from '../../core/message.js';
import { ASTRAL } from '../../experiments/protocols.js';
import { loadScenario } from '../../sim/scenario.js';
import { simulate, type Contender } from '../../sim/simulate.js';

const loaded = loadScenario({
  name: 'journal',
  viewers: 10,
  duration: '20s',
  ramp: '4s',
  faults: [{ at: '12s', kind: 'restart', target: 'v3', for: '2s' }],
});
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
const { scenario } = loaded;

interface Journal {
  readonly header: JournalHeader;
  readonly crypto: Crypto;
  readonly entries: JournalEntry[];
}

/** Runs the scenario and keeps the journal of every life of one node, as a live node does. */
function journalsOf(node: string): Journal[] {
  const journals: Journal[] = [];
  const { protocol, createDirectory } = ASTRAL;
  const create: typeof protocol.create = (identity, config, rng, crypto) => {
    if (identity.id !== node) return protocol.create(identity, config, rng, crypto);
    const entries: JournalEntry[] = [];
    const own = witnessedCrypto(crypto, (signature) => entries.push({ kind: 'signed', signature }));
    journals.push({ header: headerOf(identity, config), crypto, entries });
    return new Witness(protocol.create(identity, config, rng, own), {
      input: (at, input, effects) => entries.push({ kind: 'input', at, input, effects }),
    });
  };
  const watched: Contender<Message> = { createDirectory, protocol: { ...protocol, create } };
  const { document } = simulate(scenario, { ...watched, seed: 1, check: 'off' });
  return document.digest === unwatched ? journals : [];
}

const unwatched = simulate(scenario, { ...ASTRAL, seed: 1, check: 'off' }).document.digest;

/** The simulator names each stream of luck after its purpose, so that a seed of text says which it was. */
function headerOf({ id, key, durable }: Identity, config: Config): JournalHeader {
  const seed = `journal/1/node/${id}/${durable?.incarnation ?? 0}`;
  return { node: id, publicKey: key.publicKey, protocol: 'astral', seed, config, durable };
}

function replay({ header, crypto }: Journal, entries: readonly JournalEntry[]): Replay {
  const told = new Replay(header, crypto);
  for (const entry of entries) told.feed(entry);
  told.finish();
  return told;
}

test('what a journal holds makes a fresh machine do the same, life after life, and its last view is that of the node', (t) => {
  for (const [node, lives] of [
    ['publisher', 1],
    ['v3', 2],
  ] as const) {
    const journals = journalsOf(node);
    t.is(journals.length, lives, 'a witness changes nothing of the run');
    for (const journal of journals) {
      const inputs = journal.entries.filter(({ kind }) => kind === 'input').length;
      t.true(inputs > 50);
      const cut = replay(journal, journal.entries);
      t.like(cut, { difference: null, ended: false, inputs, compared: inputs - 1 });
      const whole = replay(journal, [...journal.entries, { kind: 'end', inputs, effects: cut.effects }]);
      t.like(whole, { difference: null, ended: true, inputs, compared: inputs });
      t.is(whole.view().node, node);
    }
  }
});

test('an input, a signature or a hash that is another one is found at its input', (t) => {
  const [journal] = journalsOf('publisher');
  if (journal === undefined) throw new Error('no journal');
  const { entries } = journal;
  const place = (from: number, kind: JournalEntry['kind']): number =>
    entries.findIndex((entry, index) => index >= from && entry.kind === kind);
  const number = (index: number): number => entries.slice(0, index).filter(({ kind }) => kind === 'input').length;
  const signed = place(200, 'signed');
  const changed = (index: number, ...instead: JournalEntry[]): Replay['difference'] =>
    replay(journal, entries.toSpliced(index, 1, ...instead)).difference;
  t.like(changed(signed), { index: number(signed) - 1, why: 'signatures' });
  t.like(changed(signed, entries[signed]!, entries[signed]!), { index: number(signed) - 1, why: 'signatures' });
  const other: JournalEntry = { kind: 'signed', signature: new Uint8Array(64) };
  t.like(changed(signed, other), { index: number(signed) - 1, why: 'effects' });
  const input = place(200, 'input');
  const entry = entries[input]!;
  if (entry.kind !== 'input') throw new Error('no input');
  t.like(changed(input, { ...entry, effects: '0' }), { index: number(input) - 1, why: 'effects' });
  const nonsense = { type: 'message', from: 'v1', message: null } as unknown as typeof entry.input;
  const threw = changed(input, { ...entry, input: nonsense });
  t.true(threw !== null && threw.index === number(input) && ['threw', 'effects', 'signatures'].includes(threw.why));
});
