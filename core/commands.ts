import { validate } from './config.js';
import { LIMITS } from './limits.js';
import type { CommandResult } from './machine.js';
import { drop } from './membership/connections.js';
import type { Command } from './message.js';
import type { Parts } from './parts.js';
import { SECOND, type StreamId } from './units.js';

type Of<T extends Command['type']> = Extract<Command, { type: T }>;
type Reply = (result: CommandResult) => void;
type Commands = { readonly [T in Command['type']]: (parts: Parts, command: Of<T>, reply: Reply) => void };

/** Between two looks for a better place there is this time to twice this time. */
const IMPROVE = 10 * SECOND;

/** What the operator, the page or the scenario asks of the node. */
const COMMANDS: Commands = {
  publish(parts, command, reply) {
    const { ctx, publisher, pulse } = parts;
    // An encoder may come back meanwhile: announced anew, the node would be a ghost in the directory.
    if (ctx.leaving) return reply({ ok: false, why: 'left' });
    const result = publisher.publish(command);
    if (result.ok) persist(parts);
    reply(result);
    pulse.start();
    ctx.deadlines.setEarlier('announce', ctx.now);
  },
  media: ({ publisher }, command, reply) => reply(publisher.media(command)),
  watch: (parts, { stream }, reply) => reply(receive(parts, stream)),
  unwatch({ ctx, leave }, command, reply) {
    const stream = ctx.streams.get(command.stream);
    if (stream === undefined || !(stream.watching || stream.publishing !== null))
      return reply({ ok: false, why: 'unknown-stream' });
    leave.stream(stream, 'unwatch');
    ctx.streams.delete(command.stream);
    ctx.fx.trace?.({ type: 'left', why: 'unwatch' });
    reply({ ok: true });
  },
  revoke({ ctx, leave }, { stream: id, consumer, ticket }, reply) {
    const stream = ctx.streams.get(id);
    if (stream === undefined) return reply({ ok: false, why: 'unknown-stream' });
    const ended = leave.revoke(stream, (held) => held.peer.id === consumer && (ticket === null || held.id === ticket));
    reply(ended > 0 ? { ok: true, data: { ended } } : { ok: false, why: 'unknown-ticket' });
  },
  seed({ ctx }, { stream, node }, reply) {
    const peer = ctx.peers.get(node);
    if (!ctx.streams.has(stream)) return reply({ ok: false, why: 'unknown-stream' });
    if (peer?.kind !== 'node') return reply({ ok: false, why: 'unknown-node' });
    ctx.send(peer, { type: 'seed', stream });
    reply({ ok: true });
  },
  meet({ ctx }, { address }, reply) {
    if (ctx.leaving) return reply({ ok: false, why: 'left' });
    ctx.dial({ node: null, address });
    reply({ ok: true });
  },
  forget(parts, { node }, reply) {
    const { ctx } = parts;
    const peer = ctx.peers.get(node);
    const streams = [...ctx.streams.values()].filter((stream) => stream.candidates.find(node) >= 0);
    if (peer === undefined && streams.length === 0) return reply({ ok: false, why: 'unknown-node' });
    if (peer !== undefined) drop(parts, peer, 'idle', 'forgotten');
    for (const stream of streams) stream.candidates.forget(node);
    persist(parts);
    reply({ ok: true });
  },
  configure({ ctx }, { settings }, reply) {
    const config = { ...ctx.config, ...settings };
    if (validate(config).length > 0) return reply({ ok: false, why: 'invalid' });
    ctx.configure(config);
    reply({ ok: true });
  },
  leave: ({ leave }, _command, reply) => leave.begin(reply),
};

/** Receives a stream from now on, and passes it on as far as the uplink goes. */
export function receive({ ctx, seek, pulse }: Parts, id: StreamId): CommandResult {
  if (ctx.leaving) return { ok: false, why: 'left' };
  if (!ctx.streams.has(id) && ctx.streams.size >= LIMITS.streams) return { ok: false, why: 'limit' };
  const stream = ctx.stream(id);
  stream.watching = true;
  for (const { kind, id: node, address } of ctx.peers.all()) {
    if (kind === 'node')
      stream.candidates.learn({ contact: { node, address: address ?? '' }, load: null }, ctx.now, null);
  }
  seek.find(stream);
  ctx.deadlines.setEarlier('seek', ctx.now);
  ctx.deadlines.setEarlier('bootstrap', ctx.now);
  ctx.deadlines.setEarlier('improve', ctx.now + Math.ceil(improveAfter(ctx.rng.next()) / 3));
  pulse.start();
  return { ok: true };
}

export function handleCommand(parts: Parts, command: Command, reply: Reply): void {
  const handler = COMMANDS[command.type] as (parts: Parts, command: Command, reply: Reply) => void;
  handler(parts, command, reply);
}

/** Pause until the next look for a better place. */
export function improveAfter(luck: number): number {
  return Math.ceil(IMPROVE * (1 + luck));
}

/** Hands the host what must survive a sudden end. */
export function persist({ ctx, publisher }: Parts): void {
  const contacts = [...ctx.streams.values()].flatMap((stream) => stream.candidates.contacts(LIMITS.referral, 0));
  ctx.fx.persist({ incarnation: ctx.incarnation, epochs: publisher.epochs, contacts });
}
