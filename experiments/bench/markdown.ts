import type { BenchDocument } from './bench.js';
import type { Row } from './row.js';

/** The rows as a table of a Markdown page, under a line that names the machine. */
export function benchMarkdown({ rows, machine, version }: BenchDocument): string {
  const head = '| what | astral | reference | ratio | runs |\n|--|--:|--:|--:|--:|';
  const lines = rows.map((row) => {
    const reference = row.reference === null ? '' : `${figure(row.reference)} `;
    const note = row.reference === null && row.note !== undefined ? `, ${row.note}` : '';
    return `| ${row.name} | ${figure(row.astral)} ${row.unit} | ${reference}(${row.referenceName}${note}) | ${figure(row.ratio)} | ${row.n} |`;
  });
  return `astral ${version} on ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}\n\n${head}\n${lines.join('\n')}\n`;
}

/** A figure with three digits, or all that stand before the point; a dash for none. */
export function figure(value: Row['astral']): string {
  if (value === null) return '-';
  if (value < 100) return value.toPrecision(3);
  return Math.round(value)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
