/** What a figure is measured in: a fraction of 1, milliseconds, a count, anything per anything, bits per second. */
export type Unit = 'share' | 'ms' | 'count' | 'rate' | 'bits';

/** How the numbers of an axis are written: each is multiplied, the suffix stands in the label. */
export interface Scale {
  readonly factor: number;
  readonly suffix: string;
}

/** Percent, seconds from two seconds on, megabits from a million on. */
export function scaleOf(unit: Unit, values: readonly (number | null)[]): Scale {
  const most = values.reduce<number>(
    (max, value) => (value !== null && Number.isFinite(value) ? Math.max(max, Math.abs(value)) : max),
    0,
  );
  if (unit === 'share') return { factor: 100, suffix: '%' };
  if (unit === 'ms') return most >= 2000 ? { factor: 0.001, suffix: 's' } : { factor: 1, suffix: 'ms' };
  if (unit === 'bits') {
    return most >= 1e6 ? { factor: 1e-6, suffix: 'Mbit/s' } : { factor: 1e-3, suffix: 'kbit/s' };
  }
  return { factor: 1, suffix: '' };
}

/** `label (unit)`, or the label alone where there is none. */
export function labelled(label: string, { suffix }: Scale): string {
  return suffix === '' ? label : `${label} (${suffix})`;
}

/** A figure as people read it; "never" for what is infinite, a dash for none. */
export function figure(value: number | null | undefined, unit: Unit): string {
  return typeof value === 'number' && value < 0 ? `−${unsigned(-value, unit)}` : unsigned(value, unit);
}

/** `85 % [83 – 98]`: what both ends are measured in stands once. */
export function interval(middle: string, low: string, high: string): string {
  const suffix = (text: string): string => / [^\d ]+$/.exec(text)?.[0] ?? '';
  const common = suffix(middle);
  const bare = [low, high].map((end) => (common !== '' && end.endsWith(common) ? end.slice(0, -common.length) : end));
  return `${middle} [${suffix(low) === common && suffix(high) === common ? bare.join(' – ') : `${low} – ${high}`}]`;
}

function unsigned(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return 'never';
  switch (unit) {
    case 'share':
      return `${percent(value)} %`;
    case 'ms':
      if (Math.abs(value) >= 2000) return `${(value / 1000).toFixed(Math.abs(value) < 20_000 ? 2 : 1)} s`;
      return `${Math.abs(value) < 10 && value !== 0 ? value.toFixed(1) : Math.round(value)} ms`;
    case 'bits':
      return Math.abs(value) >= 1e6 ? `${short(value / 1e6)} Mbit/s` : `${short(value / 1e3)} kbit/s`;
    case 'rate':
      return value.toFixed(Math.abs(value) < 100 ? 2 : 0);
    case 'count':
      return grouped(value);
  }
}

/** A difference with its sign; shares differ by percentage points. */
export function difference(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return figure(value, unit);
  const sign = value < 0 ? '−' : '+';
  if (unit === 'share') return `${sign}${short(Math.abs(value) * 100)} pp`;
  return `${sign}${figure(Math.abs(value), unit)}`;
}

/** A number with three or so significant digits and no exponent. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 1000) return grouped(value);
  return String(Number(value.toPrecision(size >= 100 ? 3 : 2)));
}

/** More digits near a hundred, where every one of them is hard won. */
function percent(value: number): string {
  const near = Math.abs(1 - value);
  if (near === 0 || value === 0) return String(value * 100);
  if (near < 1e-3) return (value * 100).toFixed(3);
  if (near < 0.1 || Math.abs(value) < 0.1) return (value * 100).toFixed(2);
  return (value * 100).toFixed(1);
}

function grouped(value: number): string {
  return Math.round(value)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];

/** Ticks of a time axis in seconds, at most about `wanted`, on round minutes where it is long. */
export function timeTicks(seconds: number, wanted: number): number[] {
  const step = STEPS.find((each) => seconds / each <= wanted) ?? STEPS.at(-1) ?? 1;
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step);
}

/** `2:05`, or `1:02:05` from an hour on. */
export function clock(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
