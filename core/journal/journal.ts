import { type Config, DEFAULTS } from '../config.js';
import type { DurableState, Input } from '../machine.js';
import type { Command, Message } from '../message.js';
import type { NodeId, Time } from '../units.js';
import { toHex } from '../wire/hex.js';
import { Fields } from './fields.js';
import { plainInput, readContact, readInput } from './inputs.js';

/** Form of the file; a reader refuses any other. */
export const JOURNAL_VERSION = 2;

/** What a node was when it started: with it and the inputs that follow it can be replayed alone. No secret is in it. */
export interface JournalHeader {
  readonly node: NodeId;
  readonly publicKey: Uint8Array;
  readonly protocol: string;
  /** Seed of the machine's `Rng`. */
  readonly seed: string;
  readonly config: Config;
  readonly durable: DurableState | null;
}

export type JournalEntry =
  | {
      readonly kind: 'input';
      readonly at: Time;
      readonly input: Input<Message, Command>;
      /** Hash of all effects before it. */
      readonly effects: string;
    }
  /** A signature that the machine made while it handled the input before; the secret is not in the journal. */
  | { readonly kind: 'signed'; readonly signature: Uint8Array }
  /** The node ended as it should, after so many inputs. */
  | { readonly kind: 'end'; readonly inputs: number; readonly effects: string };

/** The first line of a journal, without its line feed. */
export function printHeader(header: JournalHeader): string {
  return JSON.stringify({ journal: JOURNAL_VERSION, ...header, publicKey: toHex(header.publicKey) });
}

/** One line for one entry, without its line feed. */
export function printEntry(entry: JournalEntry): string {
  switch (entry.kind) {
    case 'input':
      return JSON.stringify({ at: entry.at, input: plainInput(entry.input), effects: entry.effects });
    case 'signed':
      return JSON.stringify({ signed: toHex(entry.signature) });
    case 'end':
      return JSON.stringify({ end: entry.inputs, effects: entry.effects });
  }
}

/** null when the line is not a header of this version. */
export function parseHeader(line: string): JournalHeader | null {
  const fields = new Fields(parse(line));
  const version = fields.whole('journal');
  const config = readConfig(fields.any('config'));
  const durable = fields.any('durable') === null ? null : readDurable(fields.any('durable'));
  const header = {
    node: fields.text('node'),
    publicKey: fields.bytes('publicKey'),
    protocol: fields.text('protocol'),
    seed: fields.text('seed'),
  };
  if (!fields.ok || version !== JOURNAL_VERSION || config === null || durable === undefined) return null;
  return { ...header, config, durable };
}

/** null when the line is not an entry; the last line of a node that was killed may be such a half. */
export function parseEntry(line: string): JournalEntry | null {
  const fields = new Fields(parse(line));
  if (fields.has('signed')) {
    const signature = fields.bytes('signed');
    return fields.ok ? { kind: 'signed', signature } : null;
  }
  const effects = fields.text('effects');
  if (fields.has('end')) {
    const inputs = fields.whole('end');
    return fields.ok ? { kind: 'end', inputs, effects } : null;
  }
  const at = fields.whole('at');
  const input = readInput(fields.any('input'));
  return fields.ok && input !== null ? { kind: 'input', at, input, effects } : null;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Every member of the type that the default has; a later `validate` judges the values. */
function readConfig(value: unknown): Config | null {
  const fields = new Fields(value);
  if (!fields.ok) return null;
  const config: Record<string, unknown> = {};
  for (const [name, standard] of Object.entries(DEFAULTS)) {
    const told = fields.any(name);
    if (typeof told !== typeof standard || Array.isArray(told) !== Array.isArray(standard)) return null;
    config[name] = told;
  }
  return config as unknown as Config;
}

/** undefined when it is none. */
function readDurable(value: unknown): DurableState | undefined {
  const fields = new Fields(value);
  const epochs = fields.object('epochs');
  const entries = Object.keys(fields.any('epochs') ?? {}).map((name) => [name, epochs.whole(name)]);
  fields.include(epochs);
  const contacts = fields.list('contacts', readContact);
  const incarnation = fields.whole('incarnation');
  return fields.ok
    ? { incarnation, epochs: Object.fromEntries(entries) as Record<string, number>, contacts }
    : undefined;
}
