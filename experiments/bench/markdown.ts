import type { BenchDocument } from './bench.js';
import type { Row } from './row.js';

/** The rows as a table of a Markdown page, under a line that names the machine. */
export function benchMarkdown({ rows, profile, machine, version }: BenchDocument): string {
  const head = '| what | astral | reference | ratio | runs |\n|--|--:|--:|--:|--:|';
  const lines = rows.map((row) => {
    const reference = row.reference === null ? '' : `${figure(row.reference)} `;
    const note = row.reference === null && row.note !== undefined ? `, ${row.note}` : '';
    return `| ${row.name} | ${figure(row.astral)} ${row.unit} | ${reference}(${row.referenceName}${note}) | ${figure(row.ratio)} | ${row.n} |`;
  });
  return `astral ${version} on ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}\n\n${head}\n${lines.join('\n')}\n${profile === null ? '' : shareTable(profile)}`;
}

/** Classes that are listed. */
const OWNERS = 14;

function shareTable({ nodes, window, shares, owners, holders }: NonNullable<BenchDocument['profile']>): string {
  const lines = shares.map(([part, share]) => `| ${part} | ${(share * 100).toFixed(1)} % |`);
  const { from, to } = window;
  const sum = owners.reduce((all, [, bytes]) => all + bytes, 0);
  const most = owners.slice(0, OWNERS).map(([owner, bytes]) => `| ${owner} | ${figure(bytes)} |`);
  return `\nWhere the time of w01 with ${nodes} viewers goes, from ${from} s to ${to} s:\n\n| part | share |\n|--|--:|\n${lines.join('\n')}\n\nWhat holds the memory of a viewer at ${to} s, with ${holders} viewers:\n\n| class | bytes |\n|--|--:|\n${most.join('\n')}\n| all, without code | ${figure(sum)} |\n`;
}

const BEGIN = '<!-- astral bench -->';
const END = '<!-- end of astral bench -->';

/** A page with the block between its two marks replaced; null when it has no such marks. */
export function withBench(page: string, block: string): string | null {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) return null;
  return `${page.slice(0, begin + BEGIN.length)}\n\n${block.trim()}\n\n${page.slice(end)}`;
}

/** A figure with three digits, or all that stand before the point; a dash for none. */
export function figure(value: Row['astral']): string {
  if (value === null) return '-';
  if (value < 100) return value.toPrecision(3);
  return Math.round(value)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
