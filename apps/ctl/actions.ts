import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EnvironmentFault, UsageError } from '../exit-codes.js';
import { profileFolder } from '../node/options.js';
import { ControlClient } from './client.js';
import { table } from './table.js';

export type Json = Readonly<Record<string, unknown>>;

/** What a command was given. */
interface Given {
  readonly client: ControlClient;
  /** Arguments in order. */
  readonly words: readonly string[];
  readonly options: Json;
}

/** One command: the requests it makes and how the answer is shown. */
export interface Action {
  readonly usage: string;
  readonly description: string;
  readonly options?: readonly (readonly [flags: string, description: string])[];
  readonly run: (given: Given) => Promise<Json>;
  readonly show: (answer: Json, words: readonly string[], client: ControlClient) => string;
}

const list = (key: string, columns: readonly string[]) => (answer: Json) => table(answer[key], columns);
const line = (answer: Json): string => table([answer['stream']], ['slug', 'name', 'id']);
const stateLine = (answer: Json): string => table([answer['stream']], ['slug', 'name', 'streaming', 'paused']);
const streamPath = (slug: string | undefined): string => `/stream/${encodeURIComponent(slug ?? '')}`;

/** A command that is one request; `path` and `body` are made of its first argument. */
function request(
  usage: string,
  description: string,
  method: string,
  path: (word: string) => string,
  show: Action['show'],
  body?: unknown,
): Action {
  const run: Action['run'] = async ({ client, words }) => await client.call(method, path(words[0] ?? ''), body);
  return { usage, description, run, show };
}

const pageOf: Action['show'] = (answer, [slug = ''], { url }) =>
  `${url}/${slug === '' ? '' : `?stream=${encodeURIComponent(slug)}`}#code=${String(answer['code'])}`;

export const ACTIONS: readonly Action[] = [
  request(
    'nodes',
    'nodes that this one knows',
    'GET',
    () => '/nodes',
    list('nodes', ['uuid', 'ip_address', 'port', 'supernode', 'primary_supernode_uuid']),
  ),
  request(
    'streams',
    'streams that this node knows',
    'GET',
    () => '/streams',
    list('streams', ['slug', 'name', 'own', 'watching', 'streaming', 'paused', 'id']),
  ),
  request(
    'tickets',
    'promises to forward, given and taken',
    'GET',
    () => '/tickets',
    list('tickets', ['ticket', 'stream', 'substream', 'source', 'destination', 'hops', 'state']),
  ),
  {
    usage: 'create <name>',
    description: 'publish a stream under a name: the bundled sample, or what will be pushed',
    options: [
      ['--push', 'media are pushed by an encoder or the publish page'],
      ['--description <text>', 'what the directory shows beside the name'],
    ],
    run: async ({ client, words, options }) => {
      const { push, description } = options;
      const told = description === undefined ? {} : { description };
      return await client.call('POST', '/streams', {
        name: words[0],
        media: push === true ? 'push' : 'sample',
        ...told,
      });
    },
    show: line,
  },
  request(
    'watch <stream>',
    'receive a stream, by slug or id',
    'POST',
    (slug) => `${streamPath(slug)}/tickets`,
    line,
    {},
  ),
  request(
    'pause <stream>',
    'let nothing of an own stream out for now; its viewers wait',
    'PUT',
    streamPath,
    stateLine,
    {
      streaming: false,
    },
  ),
  request('resume <stream>', 'go on with a paused stream', 'PUT', streamPath, stateLine, { streaming: true }),
  request(
    'rm <stream>',
    'end an own stream for good, key included; stop watching any other',
    'DELETE',
    streamPath,
    line,
  ),
  {
    usage: 'seed <stream> <node>',
    description:
      'ask a node to receive a stream and pass it on: a peer by its id, or a node of this machine by its profile',
    run: async ({ client, words: [slug, node = ''] }) => {
      const own = localNode(node);
      if (own !== null) {
        const { stream } = (await client.call('GET', streamPath(slug))) as { stream: Json };
        const path = `${streamPath(String(stream['id']))}/tickets`;
        return { ...(await own.call('POST', path, {})), asked: node };
      }
      const { node: peer } = (await client.call('GET', `/node/${encodeURIComponent(node)}`)) as { node: Json };
      return await client.call('POST', `${streamPath(slug)}/tickets`, { destination_uuid: peer['uuid'] });
    },
    show: (answer) =>
      `asked ${String(answer['asked'])}; a node of somebody else takes it if it runs with --accept-seeds`,
  },
  {
    usage: 'revoke <id>',
    description: 'end a ticket given to another node: its number, or the id of the node for all of its tickets',
    run: async ({ client, words }) => await revoke(client, words[0] ?? ''),
    show: list('tickets', ['ticket', 'stream', 'substream', 'destination']),
  },
  request(
    'forget <node>',
    'disconnect from a node and forget it, by its id or the first characters of it',
    'DELETE',
    (uuid) => `/node/${encodeURIComponent(uuid)}`,
    (answer) => table([answer['node']], ['uuid', 'ip_address', 'port']),
  ),
  request('url [stream]', "address of the node's page, with a fresh one-time code", 'POST', () => '/codes', pageOf),
  request(
    'stop',
    'hand consumers over, leave, end the process',
    'DELETE',
    () => '/node',
    () => 'the node leaves',
  ),
];

/** A node of this machine that runs under this profile, whose token shows that its owner agrees; null if there is none. */
function localNode(name: string): ControlClient | null {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) return null;
  const folder = profileFolder(name);
  return existsSync(join(folder, 'url')) ? ControlClient.of(folder) : null;
}

/** Revokes by ticket number or by destination, on whatever streams they are. */
async function revoke(client: ControlClient, wanted: string): Promise<Json> {
  const { uuid } = (await client.call('GET', '/settings'))['settings'] as { uuid: string };
  const { tickets } = (await client.call('GET', '/tickets')) as unknown as { tickets: readonly Ticket[] };
  const byNumber = /^\d+$/.test(wanted);
  if (!byNumber && wanted.length < 8)
    throw new UsageError('revoke: give the number of a ticket, or 8 characters of a node');
  const given = tickets.filter(
    ({ source, destination, ticket }) =>
      source === uuid && (byNumber ? ticket === Number(wanted) : destination.startsWith(wanted)),
  );
  if (given.length === 0)
    throw new EnvironmentFault(`this node gave no ticket ${wanted}; astralctl tickets lists them`);
  const ended: unknown[] = [];
  for (const path of new Set(
    given.map(({ stream_id, destination }) => `${streamPath(stream_id)}/ticket/${destination}`),
  )) {
    const answer = await client.call('DELETE', byNumber ? `${path}?ticket=${wanted}` : path);
    ended.push(...(answer['tickets'] as unknown[]));
  }
  return { tickets: ended };
}

interface Ticket {
  readonly ticket: number;
  readonly stream_id: string;
  readonly source: string;
  readonly destination: string;
}
