/** Whether more is better or less. */
export type Better = 'more' | 'less';

/** One line of the benchmark: a figure of astral beside its reference, both from this run on this machine. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  /** Median over the repetitions; null when it could not be measured. */
  readonly astral: number | null;
  readonly reference: number | null;
  readonly referenceName: string;
  /** Median over the repetitions; 1 or more is good for astral, whichever way the figure counts. null without a reference. */
  readonly ratio: number | null;
  /** Repetitions, astral and reference in turn. */
  readonly n: number;
  readonly better: Better;
  /** Nodes of the overlay, where there is one. */
  readonly nodes?: number;
  /** What else there is to say, such as why the reference is missing. */
  readonly note?: string;
}

/** The two figures of one repetition. */
export interface Pair {
  readonly astral: number;
  readonly reference: number | null;
}

/** What a row is called and how it counts. */
export type Heading = Pick<Row, 'name' | 'unit' | 'referenceName' | 'better' | 'nodes' | 'note'>;

/** The row of some repetitions; at least one. */
export function rowOf(heading: Heading, pairs: readonly Pair[]): Row {
  const both = pairs.filter((pair): pair is { astral: number; reference: number } => pair.reference !== null);
  const { name, unit, ...rest } = heading;
  return {
    name,
    unit,
    astral: rounded(median(pairs.map(({ astral }) => astral))),
    reference: rounded(median(both.map(({ reference }) => reference))),
    ratio: rounded(median(both.map((pair) => ratioOf(heading.better, pair.astral, pair.reference)))),
    n: pairs.length,
    ...rest,
  };
}

/** How much better the first figure is than the second: 1 where they are equal. */
export function ratioOf(better: Better, astral: number, reference: number): number {
  return better === 'more' ? astral / reference : reference / astral;
}

/** The middle one, or the mean of the two in the middle; null for none. */
export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

/** Four digits: no clock is better than that. */
function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(4));
}
