import { startChild, type Child } from '../cli/live/child.js';
import { UsageError } from '../exit-codes.js';
import type { ControlClient } from './client.js';

/** Nodes that one machine is asked to run at most. */
const MAX_FAKES = 64;
/** Programs that start at the same time. */
const AT_ONCE = 3;

interface Answer {
  readonly node: { readonly ip_address: string | null; readonly port: number | null };
  readonly settings: { readonly directories: readonly string[] };
}

/**
 * Runs so many nodes beside the one that is controlled, in the same network, for tests: new identities, nothing kept. They
 * leave when this program is told to end, and end with it however it ends.
 */
export async function fake(client: ControlClient, wanted: string, watch: string | undefined): Promise<void> {
  const count = Number(wanted);
  if (!/^\d{1,3}$/.test(wanted) || count < 1 || count > MAX_FAKES)
    throw new UsageError(`fake: give a number of nodes from 1 to ${MAX_FAKES}`);
  const { node } = (await client.call('GET', '/node')) as unknown as Answer;
  const { settings } = (await client.call('GET', '/settings')) as unknown as Answer;
  const entrance = node.ip_address === null ? [] : ['--bootstrap', `${node.ip_address}:${node.port ?? 0}`];
  const ways = [...entrance, ...settings.directories.flatMap((url) => ['--directory', url])];
  const common = ['--ephemeral', '--accept-seeds', '--port', '0', '--peer-port', '0', '--log-level', 'error', ...ways];
  const args = watch === undefined ? common : [...common, '--watch', watch];
  let ending = false;
  const asked = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => {
        ending = true;
        resolve();
      });
  });
  const children: Child[] = [];
  try {
    while (children.length < count && !ending) {
      const more = Math.min(AT_ONCE, count - children.length);
      const started = await Promise.all(Array.from({ length: more }, () => startChild('astralnode', args, 'page')));
      children.push(...started);
      for (const { printed } of started)
        process.stdout.write(`fake  ${printed.get('node') ?? ''}  ${printed.get('page') ?? ''}\n`);
    }
    process.stderr.write(`${children.length} nodes run; Ctrl-C ends them\n`);
    await asked;
  } finally {
    await Promise.all(children.map((child) => child.stop()));
  }
}
