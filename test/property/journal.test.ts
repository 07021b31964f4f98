import { fc, test, testProp } from '@fast-check/ava';
import { type Config, DEFAULTS } from '../../core/config.js';
import {
  type JournalEntry,
  type JournalHeader,
  parseEntry,
  parseHeader,
  printEntry,
  printHeader,
} from '../../core/journal/journal.js';
import type { Contact, PeerReason } from '../../core/machine.js';
import type { Command } from '../../core/message.js';
import { createRng } from '../../core/rng.js';
import { fromHex, toHex } from '../../core/wire/hex.js';
import { createSimCrypto } from '../../sim/crypto.js';
import { generateKeyPair } from '../../transports/crypto.js';
import { message } from './wire-messages.js';

const text = fc.string({ unit: 'binary', maxLength: 20 });
const whole = fc.maxSafeNat();
const bytes = fc.uint8Array({ maxLength: 40 });
const contact: fc.Arbitrary<Contact> = fc.record({ node: fc.option(text, { nil: null }), address: text });
const key = fc.constantFrom(createSimCrypto(createRng('journal')).keyPair('n1'), generateKeyPair());

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    type: fc.constant('publish' as const),
    key,
    name: text,
    description: text,
    mime: text,
    init: bytes,
    substreams: whole,
    chunkTime: whole,
    bitrate: whole,
    epochFloor: whole,
  }),
  fc.record({ type: fc.constant('media' as const), stream: text, keyframe: fc.boolean(), payload: bytes, size: whole }),
  fc.record({ type: fc.constantFrom('watch' as const, 'unwatch' as const), stream: text }),
  fc.record({
    type: fc.constant('revoke' as const),
    stream: text,
    consumer: text,
    ticket: fc.option(whole),
  }),
  fc.record({ type: fc.constant('seed' as const), stream: text, node: text }),
  fc.record({ type: fc.constant('meet' as const), address: text }),
  fc.record({ type: fc.constant('forget' as const), node: text }),
  fc.record({
    type: fc.constant('configure' as const),
    settings: fc.record({ renewEvery: whole, standby: fc.boolean(), admission: text }, { requiredKeys: [] }),
  }),
  fc.constant<Command>({ type: 'leave' }),
);

const why = fc.constantFrom<PeerReason>('dialled', 'reset', 'identity', 'flow', 'drained');
const failure = fc.constantFrom('refused', 'timeout', 'unreachable', 'identity', 'busy' as const);
type InputEntry = Extract<JournalEntry, { kind: 'input' }>;
const input: fc.Arbitrary<InputEntry['input']> = fc.oneof(
  fc.record({ type: fc.constant('message' as const), from: text, message }),
  fc.record(
    {
      type: fc.constant('peer' as const),
      peer: text,
      change: fc.constantFrom('up', 'down', 'congested', 'writable' as const),
      why,
      address: text,
    },
    { requiredKeys: ['type', 'peer', 'change', 'why'] },
  ),
  fc.record({
    type: fc.constant('dial' as const),
    contact,
    outcome: fc.oneof(
      fc.record({ ok: fc.constant(true as const), peer: text }),
      fc.record({ ok: fc.constant(false as const), why: failure }),
    ),
  }),
  fc.constant({ type: 'wake' as const }),
  fc.record({ type: fc.constant('command' as const), id: whole, command }),
);
const entry: fc.Arbitrary<JournalEntry> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('input' as const), at: whole, input, effects: text }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('signed' as const), signature: bytes }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const), inputs: whole, effects: text }) },
);

const config: fc.Arbitrary<Config> = fc
  .record({ uplink: whole, endpoints: fc.array(text), bootstrap: fc.array(contact), repairShare: fc.constant(0.125) })
  .map((part) => Object.assign({}, DEFAULTS, part));
const header: fc.Arbitrary<JournalHeader> = fc.record({
  node: text,
  publicKey: bytes,
  protocol: text,
  seed: text,
  config,
  durable: fc.option(
    fc.record({
      incarnation: whole,
      epochs: fc.dictionary(text, whole, { noNullPrototype: true }),
      contacts: fc.array(contact),
    }),
    { nil: null },
  ),
});

/** What is left of an entry in a journal: no secrets. */
function withoutSecret(told: JournalEntry): JournalEntry {
  if (told.kind !== 'input' || told.input.type !== 'command' || told.input.command.type !== 'publish') return told;
  const { publicKey } = told.input.command.key;
  return { ...told, input: { ...told.input, command: { ...told.input.command, key: { publicKey, secret: null } } } };
}

testProp('an entry survives as one line, without its secret', [entry], (t, told) => {
  const line = printEntry(told);
  t.false(line.includes('\n'));
  t.deepEqual(parseEntry(line), withoutSecret(told));
});

testProp('a header survives as one line', [header], (t, told) => {
  const line = printHeader(told);
  t.false(line.includes('\n'));
  t.deepEqual(parseHeader(line), told);
});

testProp('a line that was cut off is no entry and no header', [entry, header, fc.nat()], (t, told, start, cut) => {
  for (const line of [printEntry(told), printHeader(start)]) {
    const part = line.slice(0, cut % line.length);
    t.is(parseEntry(part), null);
    t.is(parseHeader(part), null);
  }
});

testProp(
  'a changed entry is refused or is an entry that prints alike',
  [entry, fc.nat(), fc.string({ maxLength: 3 })],
  (t, told, at, text) => {
    const line = printEntry(told);
    const place = at % line.length;
    const parsed = parseEntry(line.slice(0, place) + text + line.slice(place + 1));
    if (parsed !== null) t.deepEqual(parseEntry(printEntry(parsed)), parsed);
    t.pass();
  },
);

testProp('any JSON is parsed or refused, never thrown at', [fc.json(), fc.jsonValue()], (t, line, value) => {
  t.notThrows(() => {
    parseEntry(line);
    parseHeader(line);
    parseEntry(JSON.stringify({ at: 1, effects: '', input: value }));
    parseEntry(JSON.stringify({ at: 1, effects: '', input: { type: 'command', id: 1, command: value } }));
    parseHeader(
      JSON.stringify({ journal: 1, node: 'a', publicKey: '', protocol: 'p', seed: '', config: value, durable: value }),
    );
  });
});

test('what is not of this form is refused', (t) => {
  const good = '{"at":1,"input":{"type":"wake"},"effects":"f"}';
  t.deepEqual(parseEntry(good), { kind: 'input', at: 1, input: { type: 'wake' }, effects: 'f' });
  for (const bad of ['', 'null', '[]', good.replace('1', '-1'), good.replace('1', '0.5'), good.replace('"f"', '7')]) {
    t.is(parseEntry(bad), null, bad);
  }
  for (const bad of ['{"signed":"0"}', '{"signed":1}', '{"end":-1,"effects":""}', '{"end":1}']) {
    t.is(parseEntry(bad), null, bad);
  }
  for (const type of ['toString', '__proto__', 'constructor', 'sleep']) {
    t.is(parseEntry(`{"at":1,"effects":"","input":{"type":"${type}"}}`), null, type);
    t.is(
      parseEntry(`{"at":1,"effects":"","input":{"type":"command","id":1,"command":{"type":"${type}"}}}`),
      null,
      type,
    );
  }
  t.is(parseEntry('{"at":1,"effects":"","input":{"type":"message","from":"a","frame":"0105027331ff"}}'), null);
  const start = {
    node: 'a',
    publicKey: new Uint8Array(32),
    protocol: 'astral',
    seed: 's',
    config: DEFAULTS,
    durable: null,
  };
  t.deepEqual(parseHeader(printHeader(start)), start);
  t.is(parseHeader(printHeader(start).replace('"journal":2', '"journal":3')), null);
  t.is(parseHeader(printHeader(start).replace('"uplink":', '"downlink":')), null);
});

testProp('hexadecimal there and back', [bytes, fc.string()], (t, some, other) => {
  t.is(toHex(some), Buffer.from(some).toString('hex'));
  t.deepEqual(fromHex(toHex(some)), some);
  const read = fromHex(other);
  if (read !== null) t.is(toHex(read), other);
});
