import { colours } from '../colours.js';
import type { Json } from './actions.js';
import type { ControlClient } from './client.js';
import { table } from './table.js';

const EVERY_MS = 1_000;
/** Cursor to the corner, then what is left of the former picture is wiped behind each line and below. */
const HOME = '\u001B[H';
const WIPE_LINE = '\u001B[K';
const WIPE_BELOW = '\u001B[J';
const SHORT_ID = 8;

/** Shows a node second by second until the process is told to end. */
export async function top(client: ControlClient, { json, count }: { json: boolean; count: number }): Promise<void> {
  const paths = ['/node', '/streams', '/tickets'] as const;
  const onTerminal = process.stdout.isTTY && !json;
  if (onTerminal) process.stdout.write('\u001B[2J');
  for (let shown = 1; ; shown += 1) {
    const [node, streams, tickets] = await Promise.all(paths.map((path) => client.call('GET', path)));
    const told = { ...node, ...streams, ...tickets };
    if (json) process.stdout.write(`${JSON.stringify(told)}\n`);
    else process.stdout.write(onTerminal ? frame(picture(told, client.url)) : `${picture(told, client.url)}\n\n`);
    if (shown >= count) return;
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}

function frame(text: string): string {
  const lines = text.split('\n').slice(0, Math.max(1, process.stdout.rows - 1));
  return `${HOME}${lines.map((line) => `${line.slice(0, process.stdout.columns + 20)}${WIPE_LINE}`).join('\n')}\n${WIPE_BELOW}`;
}

interface Told {
  readonly node: {
    readonly uuid: string;
    readonly role: string;
    readonly peers: readonly unknown[];
    readonly uplink: { readonly capacity: number; readonly promised: number };
    readonly traffic: { readonly upstream: number; readonly upstreamPeak: number; readonly downstream: number };
    readonly streams: readonly {
      readonly stream: string;
      readonly player: { readonly state: string; readonly played: number; readonly missed: number } | null;
    }[];
  };
  readonly streams: readonly (Json & { readonly id: string; readonly own: boolean; readonly watching: boolean })[];
  readonly tickets: readonly (Json & { readonly source: string; readonly destination: string })[];
}

function picture(answer: Json, url: string): string {
  const { node, streams, tickets } = answer as unknown as Told;
  const { uplink, traffic } = node;
  const share = uplink.capacity === 0 ? 0 : Math.round((100 * uplink.promised) / uplink.capacity);
  const players = new Map(node.streams.map(({ stream, player }) => [stream, player]));
  const active = streams.filter(({ own, watching }) => own || watching);
  const rows = active.map((stream) => {
    const player = players.get(stream.id);
    return { ...stream, player: player?.state ?? '-', played: player?.played ?? '-', missed: player?.missed ?? '-' };
  });
  const given = tickets.map((ticket) => ({
    ...ticket,
    from: ticket.source === node.uuid ? 'this node' : ticket.source.slice(0, SHORT_ID),
    to: ticket.destination === node.uuid ? 'this node' : ticket.destination.slice(0, SHORT_ID),
  }));
  return [
    `${colours.bold(node.uuid.slice(0, SHORT_ID))}  ${node.role}  ${node.peers.length} peers  ${url}`,
    `up ${rate(traffic.upstream)} (peak ${rate(traffic.upstreamPeak)})  down ${rate(traffic.downstream)}  promised ${share} % of ${rate(uplink.capacity)}`,
    '',
    colours.bold('Streams'),
    table(rows, ['slug', 'own', 'streaming', 'paused', 'player', 'played', 'missed']),
    '',
    colours.bold(`Tickets: ${tickets.length}`),
    table(given, ['stream', 'substream', 'from', 'to', 'hops', 'state']),
  ].join('\n');
}

function rate(bits: number): string {
  return bits >= 1e6 ? `${(bits / 1e6).toFixed(1)} Mbit/s` : `${Math.round(bits / 1e3)} kbit/s`;
}
