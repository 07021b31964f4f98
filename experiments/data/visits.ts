import { SECOND, type Time } from '../../core/units.js';
import type { JsonObject } from '../../sim/scenario.js';
import { rateIn, rateUnit, timeIn, timeText, timeUnit } from './cells.js';
import { RATE_EXPECTED } from './capacities.js';
import { Cells, findColumns } from './columns.js';
import type { Complaints, Row } from './csv.js';

export const VISIT_COLUMNS = {
  join: ['join', 'joins', 'arrival', 'at', 'start'],
  leave: ['leave', 'leaves', 'departure', 'end'],
  duration: ['duration', 'stay', 'session'],
  how: ['how', 'ending'],
  uplink: ['uplink', 'upload', 'up'],
  downlink: ['downlink', 'download', 'down'],
  region: ['region', 'place'],
  class: ['class'],
  node: ['node', 'name', 'id'],
} as const;

type Name = keyof typeof VISIT_COLUMNS;

const ENDINGS: ReadonlyMap<string, 'leave' | 'crash'> = new Map([
  ['leave', 'leave'],
  ['graceful', 'leave'],
  ['crash', 'crash'],
]);

const TIME_EXPECTED = 'not a time; expected seconds, or a number with its unit, such as 1500ms or 2m';

/** What is known of a node that has been there before. */
interface Earlier {
  readonly line: number;
  readonly until: Time | null;
  readonly rest: JsonObject;
}

/** Who comes and goes when, one visit a row, in any order; times are seconds unless they say otherwise. */
export function visitsOf(rows: readonly Row[], complaints: Complaints): JsonObject[] {
  const [head, ...rest] = rows;
  if (head === undefined || rest.length === 0) {
    if (!complaints.any)
      complaints.add(1, 1, 'there are no rows; expected a head such as join,leave and a visit a line');
    return [];
  }
  const columns = findColumns(head, VISIT_COLUMNS, complaints);
  if (!columns.has('join')) complaints.add(head.line, 1, 'there is no column join');
  for (const name of ['join', 'leave', 'duration'] as const) {
    const column = columns.get(name);
    if (column === undefined || column.unit === null || timeUnit(column.unit) !== null) continue;
    complaints.add(head.line, column.index + 1, `'${column.unit}' is no unit of time; there are us, ms, s, min and h`);
  }
  const visits = rest.map((row) => visitOf(new Cells<Name>(row, columns, complaints), columns.has('join')));
  return inOrder(visits);
}

interface Visit {
  readonly cells: Cells<Name>;
  readonly at: Time;
  readonly leaves: Time | null;
  readonly rest: JsonObject;
}

function visitOf(cells: Cells<Name>, demandsJoin: boolean): Visit {
  const time = (cell: string, unit: string | null): Time | null => timeIn(cell, timeUnit(unit) ?? SECOND);
  const rate = (cell: string, unit: string | null): string | null => rateIn(cell, rateUnit(unit));
  if (demandsJoin) cells.demand('join', 'the time of the join');
  const at = cells.read('join', time, TIME_EXPECTED) ?? 0;
  const leave = cells.read('leave', time, TIME_EXPECTED);
  const stay = cells.read('duration', time, TIME_EXPECTED);
  if (leave !== null && stay !== null && leave !== at + stay) {
    cells.complain('duration', 'leave and duration do not agree; one of them is enough');
  } else if (leave !== null && leave <= at) cells.complain('leave', 'the leave must be later than the join');
  else if (stay === 0) cells.complain('duration', 'the duration must be above 0');
  const how = cells.read(
    'how',
    (cell) => ENDINGS.get(cell.toLowerCase()) ?? null,
    'no ending; expected leave or crash',
  );
  const uplink = cells.read('uplink', rate, RATE_EXPECTED);
  const downlink = cells.read('downlink', rate, RATE_EXPECTED);
  const rest = { how, uplink, downlink, region: cells.text('region'), class: cells.text('class') };
  return { cells, at, leaves: leave ?? (stay === null ? null : at + stay), rest };
}

/** Visits as the file has them; who comes again has what it had before, where the row says nothing else. */
function inOrder(visits: readonly Visit[]): JsonObject[] {
  const earlier = new Map<string, Earlier>();
  const result = new Map<Visit, JsonObject>();
  for (const visit of [...visits].sort((a, b) => a.at - b.at)) {
    const { cells, at, leaves } = visit;
    const node = cells.text('node');
    const before = node === null ? undefined : earlier.get(node);
    if (before !== undefined && (before.until === null || before.until > at)) {
      cells.complain('node', `'${node}' is still there since line ${before.line}`);
    }
    const { how, ...kept } = visit.rest;
    const rest = Object.fromEntries(
      Object.entries(kept).map(([key, value]) => [key, value ?? before?.rest[key] ?? null]),
    );
    if (node !== null) earlier.set(node, { line: cells.row.line, until: leaves, rest });
    result.set(visit, {
      at: timeText(at),
      leaves: leaves === null ? null : timeText(leaves),
      how: how ?? null,
      ...rest,
    });
  }
  return visits.map((visit) => result.get(visit) ?? {});
}
