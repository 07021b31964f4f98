import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { ask, eventually, scratch, startProgram, type Program } from './programs.js';

/** A node that publishes the sample, under attack. */
export interface Target {
  readonly program: Program;
  readonly url: string;
  readonly port: string;
  readonly token: string;
  readonly folder: string;
  /** Everything an attack could have changed. */
  state(): Promise<string>;
}

/** Starts one and waits until its stream is on the air. */
export async function startTarget(t: ExecutionContext): Promise<Target> {
  const folder = join(scratch(t), 'node');
  const args = [
    '--data',
    folder,
    '--port',
    '0',
    '--peer-port',
    '0',
    '--sample',
    'Test picture',
    '--log-level',
    'error',
  ];
  const program = await startProgram(t, 'astralnode', args, 'page');
  const url = program.printed.get('control') ?? '';
  const token = readFileSync(join(folder, 'token'), 'utf8').trim();
  const read = async (path: string): Promise<unknown> =>
    JSON.parse((await ask(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } })).body);
  const state = async (): Promise<string> => {
    const { node } = (await read('/node')) as {
      node: { uuid: string; streams: { stream: string; watching: boolean }[] };
    };
    const streams = node.streams.map(({ stream, watching }) => ({ stream, watching }));
    // A node may become a supernode of its own accord at any time.
    const { nodes } = (await read('/nodes')) as { nodes: { uuid: string; port: number | null }[] };
    const others = nodes.map(({ uuid, port }) => ({ uuid, port }));
    return JSON.stringify([node.uuid, streams, await read('/streams'), others]);
  };
  await eventually('the sample streams', 60, async () => ((await state()).includes('"streaming":true') ? true : null));
  return { program, url, port: new URL(url).port, token, folder, state };
}

/** The header that shows the token. */
export const bearer = (target: Target): Record<string, string> => ({ authorization: `Bearer ${target.token}` });
export const SLUG = '/stream/test-picture';
export const JSON_TYPE = { 'content-type': 'application/json' };
/** Every path that can be read, and every method that changes something. */
export const GETS = [
  '/node',
  '/nodes',
  '/streams',
  SLUG,
  `${SLUG}/ticket`,
  '/tickets',
  '/settings',
  '/ping',
  '/healthz',
  '/session',
  '/openapi.json',
];
export const MUTATIONS: readonly (readonly [method: string, path: string, body?: string])[] = [
  ['POST', '/streams', '{"name":"x","media":"sample"}'],
  ['PUT', SLUG, '{"streaming":false}'],
  ['DELETE', SLUG],
  ['POST', `${SLUG}/tickets`, '{}'],
  ['POST', `${SLUG}/watch`, '{}'],
  ['DELETE', `${SLUG}/ticket`],
  ['POST', '/nodes', '{"ip_address":"127.0.0.1","port":1}'],
  ['DELETE', '/node/nobody'],
  ['PUT', `${SLUG}/ticket/nobody`, '{"confirmed":true}'],
  ['DELETE', `${SLUG}/ticket/nobody`],
  ['DELETE', '/node'],
  ['POST', '/codes'],
];
