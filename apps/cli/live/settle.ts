import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveMember, LiveNetwork } from './network.js';
import { allPlay, deepest, standings, type Standing } from './overview.js';
import { probePlayback, type Probed } from './probe.js';

const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 500;
/** Media that the probe watches. */
const PROBE_SECONDS = 3;

/** How a live network turned out. */
export interface Settled {
  readonly standings: readonly Standing[];
  /** Whether every viewer plays and is fed on every sub-stream. */
  readonly all: boolean;
  /** The viewer farthest from the publisher, and what was found in the media that it plays. */
  readonly deepest: { readonly standing: Standing; readonly member: LiveMember; readonly probed: Probed } | null;
}

/** Waits until every viewer plays, for a minute at most, and looks closely at the deepest one. */
export async function settle(
  network: LiveNetwork,
  signal: AbortSignal,
  onLook: (playing: number) => void = () => {},
): Promise<Settled> {
  const { viewers, webUrl } = network;
  const end = performance.now() + PATIENCE_MS;
  let seen: Standing[] = [];
  for (;;) {
    seen = await standings(webUrl, signal);
    onLook(seen.filter(({ player, publisher }) => !publisher && player?.state === 'playing').length);
    if (allPlay(seen, viewers.length) || performance.now() > end) break;
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
  const farthest = deepest(seen);
  const member = viewers.find(({ id }) => id === farthest?.node);
  if (farthest === null || member === undefined) return { standings: seen, all: false, deepest: null };
  const probed = await probePlayback(member, PROBE_SECONDS, signal);
  // The picture that is printed is the one after the probe.
  const after = await standings(webUrl, signal);
  const standing = after.find(({ node }) => node === member.id) ?? farthest;
  return { standings: after, all: allPlay(after, viewers.length), deepest: { standing, member, probed } };
}
