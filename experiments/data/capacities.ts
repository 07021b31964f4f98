import type { JsonObject } from '../../sim/scenario.js';
import { numberIn, rateIn, rateUnit } from './cells.js';
import { Cells, findColumns } from './columns.js';
import type { Complaints, Row } from './csv.js';

export const CAPACITY_COLUMNS = {
  uplink: ['uplink', 'upload', 'up'],
  downlink: ['downlink', 'download', 'down'],
  share: ['share', 'weight', 'count'],
  region: ['region', 'place'],
  class: ['class'],
} as const;

export const RATE_EXPECTED =
  'not a rate; expected one with its unit, such as 8Mbit or 500kbit, or a number below a head such as uplink_Mbit';

/** Lines of viewers, one a row. */
export function capacitiesOf(rows: readonly Row[], complaints: Complaints): JsonObject[] {
  const [head, ...rest] = rows;
  if (head === undefined || rest.length === 0) {
    if (!complaints.any)
      complaints.add(1, 1, 'there are no rows; expected a head such as uplink,downlink and a row a line');
    return [];
  }
  const columns = findColumns(head, CAPACITY_COLUMNS, complaints);
  if (!columns.has('uplink')) complaints.add(head.line, 1, 'there is no column uplink');
  return rest.map((row) => {
    const cells = new Cells(row, columns, complaints);
    if (columns.has('uplink')) cells.demand('uplink', 'the uplink');
    const rate = (cell: string, unit: string | null): string | null => rateIn(cell, rateUnit(unit));
    const weight = (cell: string): number | null => {
      const value = numberIn(cell);
      return value !== null && value > 0 ? value : null;
    };
    return {
      uplink: cells.read('uplink', rate, RATE_EXPECTED),
      downlink: cells.read('downlink', rate, RATE_EXPECTED),
      share: cells.read('share', weight, 'not a weight; expected a number above 0') ?? 1,
      region: cells.text('region'),
      class: cells.text('class'),
    };
  });
}
