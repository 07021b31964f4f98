import { colours } from '../../colours.js';
import { depthOf, type Standing } from './overview.js';
import type { LiveNetwork } from './network.js';
import type { Settled } from './settle.js';

/** Who feeds whom and who plays, a line a node, as it was when the deepest one had been looked at. */
export function networkTable({ publisher, viewers }: LiveNetwork, { standings, deepest }: Settled): string {
  const names = new Map([publisher, ...viewers].map(({ id, name }) => [id, name]));
  const order = (standing: Standing): number => (standing.publisher ? -1 : depthOf(standing));
  const rows = standings
    .filter(({ node }) => names.has(node))
    .toSorted((a, b) => order(a) - order(b) || (a.name < b.name ? -1 : 1))
    .map((standing) => {
      const { player } = standing;
      return [
        `${standing.node === deepest?.standing.node ? '>' : ' '} ${names.get(standing.node) ?? ''}`,
        standing.publisher ? '0' : hops(standing),
        standing.publisher ? 'publishes' : feeders(standing, names),
        player === null ? '' : player.state,
        player === null ? '' : String(player.played),
        player === null ? '' : String(player.missed),
      ];
    });
  const head = ['  node', 'hops', 'fed by', 'player', 'chunks', 'missed'];
  const width = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column > 3 ? cell.padStart(width[column] ?? 0) : cell.padEnd(width[column] ?? 0)))
      .join('  ')
      .trimEnd();
  const lines = rows.map((row) => (row[0]?.startsWith('>') === true ? colours.bold(line(row)) : line(row)));
  return [colours.dim(line(head)), ...lines].join('\n');
}

/** Names those that do not play, or lack a sub-stream, at this moment. */
function stragglers(standings: readonly Standing[]): string {
  const late = standings.filter(
    ({ publisher, player, depths }) => !publisher && (player?.state !== 'playing' || depths.includes(null)),
  );
  const names = late.map(({ name }) => name).join(', ');
  return colours.yellow(`Not served in full just now: ${names === '' ? 'some that do not report' : names}.`);
}

/** `publisher, 1, 5`: viewers by their number. */
function feeders({ providers }: Standing, names: ReadonlyMap<string, string>): string {
  const known = providers.map((id) => names.get(id)?.replace('viewer-', '') ?? 'a stranger');
  return (
    known.toSorted((a, b) => Number(isNumber(a)) - Number(isNumber(b)) || Number(a) - Number(b)).join(', ') || 'nobody'
  );
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text);
}

/** What was found at the deepest node, in words. */
export function deepestLine(found: Settled): string {
  const { deepest, standings, all } = found;
  if (deepest === null) return colours.red('no viewer plays');
  const { standing, member, probed } = deepest;
  const where = `${member.name}, ${depthOf(standing)} hops from the publisher`;
  if (!probed.ok) return colours.red(`${where}, does not play: ${probed.why}`);
  const { bytes, fragments, samples, codecs, seconds } = probed;
  const size = `${Math.round(bytes / 1000)} kB, ${seconds.toFixed(1)} s, ${fragments} fragments, ${samples} samples`;
  return `${colours.green(`${where}, plays.`)}
Its chunks bear the publisher's signature; what it plays, mp4box reads as
${codecs.join(' and ')}: ${size}.${all ? '' : `\n${stragglers(standings)}`}`;
}

/** Depths over the sub-streams: one number where they agree, else one for each. */
function hops(standing: Standing): string {
  const depths = standing.depths.map((depth) => (depth === null ? '-' : String(depth)));
  return new Set(depths).size === 1 ? (depths[0] ?? '-') : depths.join(' ');
}
