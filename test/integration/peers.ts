import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { StreamView } from '../../core/view.js';
import { ask, eventually, startProgram, type Program } from './programs.js';

/** A node that runs as a process of its own. */
export interface Peer {
  readonly program: Program;
  readonly id: string;
  get(path: string): Promise<unknown>;
}

/** Starts one with these flags; `folder` keeps its identity. */
export async function startPeer(t: ExecutionContext, folder: string, args: readonly string[]): Promise<Peer> {
  const common = ['--data', folder, '--port', '0', '--peer-port', '0', '--log-level', 'warn'];
  const program = await startProgram(t, 'astralnode', [...common, ...args], 'page');
  const url = program.printed.get('control') ?? t.fail(program.errors());
  const authorization = `Bearer ${readFileSync(join(folder, 'token'), 'utf8').trim()}`;
  const get = async (path: string): Promise<unknown> =>
    JSON.parse((await ask(`${url}${path}`, { headers: { authorization } })).body);
  return { program, id: program.printed.get('node') ?? '', get };
}

/** Its first stream, null while it has none. */
export async function streamOf(peer: Peer): Promise<StreamView | null> {
  const { node } = (await peer.get('/node')) as { node: { streams: StreamView[] } };
  return node.streams[0] ?? null;
}

/** Waits until every sub-stream comes to the node by `via` at this depth, and plays. */
export async function settled(peer: Peer, depth: number, via: Peer): Promise<StreamView> {
  let seen: StreamView | null = null;
  try {
    return await eventually(`depth ${depth} on all sub-streams`, 60, async () => {
      seen = await streamOf(peer);
      const { paths = [], player = null } = seen ?? {};
      const placed = paths.every((path) => path.depth === depth && path.via === via.id && !path.starving);
      return placed && player !== null && player.played > 20 ? seen : null;
    });
  } catch (error) {
    throw new Error(`${String(error)}: ${JSON.stringify(seen)}; the node said: ${peer.program.errors()}`, {
      cause: error,
    });
  }
}
