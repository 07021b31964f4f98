import { unreachable } from '../assert.js';
import { DEFAULTS, SETTINGS, type Settings } from '../config.js';
import type { Contact, DialOutcome, Input, PeerReason } from '../machine.js';
import type { Command, Message } from '../message.js';
import { decode, encode } from '../wire/codec.js';
import { fromHex, toHex } from '../wire/hex.js';
import { Fields } from './fields.js';

type NodeInput = Input<Message, Command>;
type Plain = Readonly<Record<string, unknown>>;
type Failure = Extract<DialOutcome, { ok: false }>['why'];

const PEER_CHANGES = { up: true, down: true, congested: true, writable: true } as const;
const FAILURES: Readonly<Record<Failure, true>> = {
  refused: true,
  timeout: true,
  unreachable: true,
  identity: true,
  busy: true,
};
const PEER_REASONS: Readonly<Record<PeerReason, true>> = {
  dialled: true,
  accepted: true,
  closed: true,
  reset: true,
  timeout: true,
  replaced: true,
  slow: true,
  full: true,
  drained: true,
  leaving: true,
  idle: true,
  protocol: true,
  identity: true,
  version: true,
  busy: true,
  duplicate: true,
  flow: true,
};

function plainCommand(command: Command): Plain {
  switch (command.type) {
    case 'publish': {
      const { key, init, ...rest } = command;
      return { ...rest, publicKey: toHex(key.publicKey), init: toHex(init) };
    }
    case 'media':
      return { ...command, payload: toHex(command.payload) };
    case 'watch':
    case 'unwatch':
    case 'revoke':
    case 'seed':
    case 'meet':
    case 'forget':
    case 'configure':
    case 'leave':
      return command;
    default:
      return unreachable(command);
  }
}

function readPublish(fields: Fields): Extract<Command, { type: 'publish' }> {
  return {
    type: 'publish',
    key: { publicKey: fields.bytes('publicKey'), secret: null },
    name: fields.text('name'),
    description: fields.text('description'),
    mime: fields.text('mime'),
    init: fields.bytes('init'),
    substreams: fields.whole('substreams'),
    chunkTime: fields.whole('chunkTime'),
    bitrate: fields.whole('bitrate'),
    epochFloor: fields.whole('epochFloor'),
  };
}

/** Those that are there, each of the type that its default has. */
function readSettings(told: Fields, whole: Fields): Partial<Settings> {
  const settings: Record<string, unknown> = {};
  for (const name of SETTINGS) {
    if (!told.has(name)) continue;
    settings[name] = told.any(name);
    whole.ok &&= typeof settings[name] === typeof DEFAULTS[name];
  }
  whole.include(told);
  return settings;
}

const COMMANDS: { readonly [T in Command['type']]: (fields: Fields) => Extract<Command, { type: T }> } = {
  publish: readPublish,
  media: (fields) => ({
    type: 'media',
    stream: fields.text('stream'),
    keyframe: fields.flag('keyframe'),
    payload: fields.bytes('payload'),
    size: fields.whole('size'),
  }),
  watch: (fields) => ({ type: 'watch', stream: fields.text('stream') }),
  unwatch: (fields) => ({ type: 'unwatch', stream: fields.text('stream') }),
  revoke: (fields) => ({
    type: 'revoke',
    stream: fields.text('stream'),
    consumer: fields.text('consumer'),
    ticket: fields.any('ticket') === null ? null : fields.whole('ticket'),
  }),
  seed: (fields) => ({ type: 'seed', stream: fields.text('stream'), node: fields.text('node') }),
  meet: (fields) => ({ type: 'meet', address: fields.text('address') }),
  forget: (fields) => ({ type: 'forget', node: fields.text('node') }),
  configure: (fields) => ({ type: 'configure', settings: readSettings(fields.object('settings'), fields) }),
  leave: () => ({ type: 'leave' }),
};

/** The input as JSON: messages as their frames, bytes in hexadecimal, of key pairs the public half only. */
export function plainInput(input: NodeInput): Plain {
  if (input.type === 'message') return { type: 'message', from: input.from, frame: toHex(encode(input.message)) };
  if (input.type === 'command') return { ...input, command: plainCommand(input.command) };
  return input;
}

export function readContact(value: unknown): Contact | null {
  const fields = new Fields(value);
  const contact = { node: fields.textOrNull('node'), address: fields.text('address') };
  return fields.ok ? contact : null;
}

function readMessage(fields: Fields): NodeInput | null {
  const frame = fromHex(fields.text('frame'));
  const result = frame === null ? null : decode(frame);
  return result?.ok ? { type: 'message', from: fields.text('from'), message: result.message } : null;
}

function readPeer(fields: Fields): NodeInput {
  const peer = fields.text('peer');
  const change = fields.choice('change', PEER_CHANGES);
  const why = fields.choice('why', PEER_REASONS);
  const address = fields.has('address') ? { address: fields.text('address') } : {};
  return { type: 'peer', peer, change, why, ...address };
}

function readDial(fields: Fields): NodeInput | null {
  const contact = readContact(fields.any('contact'));
  const told = fields.object('outcome');
  const outcome: DialOutcome = told.flag('ok')
    ? { ok: true, peer: told.text('peer') }
    : { ok: false, why: told.choice('why', FAILURES) };
  fields.include(told);
  return contact === null ? null : { type: 'dial', contact, outcome };
}

function readCommand(fields: Fields): NodeInput | null {
  const told = fields.object('command');
  const type = told.text('type');
  if (!Object.hasOwn(COMMANDS, type)) return null;
  const command = COMMANDS[type as Command['type']](told);
  fields.include(told);
  return { type: 'command', id: fields.whole('id'), command };
}

const INPUTS: { readonly [T in NodeInput['type']]: (fields: Fields) => NodeInput | null } = {
  message: readMessage,
  peer: readPeer,
  dial: readDial,
  wake: () => ({ type: 'wake' }),
  command: readCommand,
};

/** null when the value is no input that `plainInput` gives. */
export function readInput(value: unknown): NodeInput | null {
  const fields = new Fields(value);
  const type = fields.text('type');
  if (!Object.hasOwn(INPUTS, type)) return null;
  const input = INPUTS[type as NodeInput['type']](fields);
  return fields.ok ? input : null;
}
