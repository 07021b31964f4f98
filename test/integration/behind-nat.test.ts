import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { settled, startPeer, type Peer } from './peers.js';
import { ask, scratch, startProgram } from './programs.js';

const SLUG = 'test-picture';
/** Room for one consumer on all four sub-streams of the sample, and not for a fifth. */
const ONE_CONSUMER = '480kbit';
/** Room for nobody. */
const NOBODY = '100kbit';
/** Where nobody listens. */
const NOWHERE = '127.0.0.1:1';

interface Peers {
  readonly node: { readonly peers: readonly { readonly peer: string; readonly address: string | null }[] };
}

/** Where a node says that another one can be dialled; undefined when the two are not connected. */
async function addressOf(peer: Peer, at: Peer): Promise<string | null | undefined> {
  const { node } = (await at.get('/node')) as Peers;
  return node.peers.find((each) => each.peer === peer.id)?.address;
}

for (const [how, flags] of [
  ['at an address where nobody answers', ['--advertise', NOWHERE]],
  ['anywhere, by its own word', ['--advertise', 'none']],
] as const) {
  test(`a node that cannot be dialled ${how} serves one that can`, async (t: ExecutionContext) => {
    const base = scratch(t);
    const directory = await startProgram(t, 'astral-web', ['--port', '0', '--log-level', 'warn'], 'directory');
    const web = directory.printed.get('directory') ?? t.fail(directory.errors());
    const start = (name: string, args: readonly string[]): Promise<Peer> =>
      startPeer(t, join(base, name), ['--directory', web, ...args]);
    const publisher = await start('publisher', ['--uplink', ONE_CONSUMER, '--sample', 'Test picture']);
    const hidden = await start('hidden', ['--uplink', ONE_CONSUMER, '--watch', SLUG, ...flags]);
    await settled(hidden, 1, publisher);
    const viewer = await start('viewer', ['--uplink', NOBODY, '--watch', SLUG]);
    await settled(viewer, 2, hidden);
    t.is(await addressOf(hidden, viewer), null);
    t.is(await addressOf(hidden, publisher), null);
    t.regex((await addressOf(viewer, hidden)) ?? '', /^ws:/, 'the hidden one has dialled');
    const { nodes } = JSON.parse((await ask(`${web}/nodes`)).body) as {
      nodes: { uuid: string; ip_address: string | null }[];
    };
    t.is(nodes.find(({ uuid }) => uuid === hidden.id)?.ip_address, null);
  });
}
