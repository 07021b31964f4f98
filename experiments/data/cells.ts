import { MS, SECOND, type Time } from '../../core/units.js';

/** Units by name, lower case; `M` in a rate is always a million. */
const RATES: ReadonlyMap<string, number> = new Map([
  ['bit', 1],
  ['bps', 1],
  ['kbit', 1e3],
  ['kbps', 1e3],
  ['mbit', 1e6],
  ['mbps', 1e6],
  ['gbit', 1e9],
  ['gbps', 1e9],
]);

const TIMES: ReadonlyMap<string, Time> = new Map([
  ['us', 1],
  ['ms', MS],
  ['s', SECOND],
  ['sec', SECOND],
  ['m', 60 * SECOND],
  ['min', 60 * SECOND],
  ['h', 3_600 * SECOND],
]);

const NUMBER = /^\d+(?:\.\d+)?(?:[eE][+-]?\d{1,2})?$/;
const WITH_UNIT = /^(\d+(?:\.\d+)?)\s*([a-zA-Z]+)(?:\/s)?$/;

/** A decimal number of 0 or more, else null. */
export function numberIn(cell: string): number | null {
  return NUMBER.test(cell) ? Number(cell) : null;
}

/** Factor of a unit of rates that the head of a column names; null when it names none. */
export function rateUnit(unit: string | null): number | null {
  return unit === null ? null : (RATES.get(unit.toLowerCase()) ?? null);
}

/** Factor of a unit of time, microseconds; null when there is none of this name. */
export function timeUnit(unit: string | null): number | null {
  return unit === null ? null : (TIMES.get(unit.toLowerCase()) ?? null);
}

/** Bits per second as a scenario writes them; `unit` is what a bare number means, null where it means nothing. */
export function rateIn(cell: string, unit: number | null): string | null {
  const bits = valueIn(cell, unit, RATES);
  if (bits === null) return null;
  const whole = Math.round(bits);
  if (whole % 1e6 === 0) return `${whole / 1e6}Mbit`;
  return whole % 1e3 === 0 ? `${whole / 1e3}kbit` : `${whole}bit`;
}

/** A time as a scenario writes it. */
export function timeIn(cell: string, unit: number): Time | null {
  const time = valueIn(cell, unit, TIMES);
  return time === null ? null : Math.round(time);
}

/** Microseconds with the largest unit that needs no fraction. */
export function timeText(time: Time): string {
  if (time % SECOND === 0) return `${time / SECOND}s`;
  return time % MS === 0 ? `${time / MS}ms` : `${time}us`;
}

function valueIn(cell: string, unit: number | null, units: ReadonlyMap<string, number>): number | null {
  const bare = numberIn(cell);
  if (bare !== null) return unit === null ? null : bare * unit;
  const [, digits, name] = WITH_UNIT.exec(cell) ?? [];
  const factor = name === undefined ? undefined : units.get(name.toLowerCase());
  return factor === undefined ? null : Number(digits) * factor;
}
