import type { TableRow } from './parquet.js';

/** One run of a comparison or a sweep. */
export interface Outcome {
  /** With its variant. */
  readonly scenario: string;
  readonly protocol: string;
  /** A position among the values of each parameter, in their order. */
  readonly at: readonly number[];
  readonly seed: number;
  /** By name with dots; infinite for never, absent for what the run does not have. */
  readonly metrics: ReadonlyMap<string, number>;
  readonly violations: number;
  /** Rows of its viewers, where they were kept. */
  readonly viewers: readonly TableRow[] | null;
}

/** What the runs of a sweep differ in on purpose. */
export interface Parameter {
  readonly path: string;
  readonly values: readonly { readonly value: string | number | boolean | null; readonly text: string }[];
}

/** Many runs that are held against each other. */
export interface StudyData {
  readonly kind: 'comparison' | 'sweep';
  readonly title: string;
  readonly lead: string;
  /** What is to be found out, and the scenarios in words. */
  readonly paragraphs: readonly string[];
  readonly scenarios: readonly string[];
  readonly protocols: readonly string[];
  /** Those with more than one value. */
  readonly parameters: readonly Parameter[];
  readonly outcomes: readonly Outcome[];
  readonly seeds: readonly number[];
  readonly nodes: readonly number[];
  readonly version: string;
  readonly command: string;
}

/** All runs of one point: they differ by nothing but their seed. */
export interface Group {
  readonly scenario: string;
  readonly protocol: string;
  readonly at: readonly number[];
  readonly outcomes: readonly Outcome[];
}

/** The points of a study in its order: scenario, parameters, protocol. */
export function groupsOf({ outcomes, scenarios, protocols }: StudyData): Group[] {
  const groups = new Map<string, Outcome[]>();
  for (const outcome of outcomes) {
    const name = `${outcome.scenario}\n${outcome.protocol}\n${outcome.at.join()}`;
    groups.set(name, [...(groups.get(name) ?? []), outcome]);
  }
  const order = ({ scenario, protocol, at }: Group): number[] => [
    scenarios.indexOf(scenario),
    ...at,
    protocols.indexOf(protocol),
  ];
  return [...groups.values()]
    .flatMap((own) => {
      const [first] = own;
      if (first === undefined) return [];
      return [{ ...first, outcomes: own.toSorted((a, b) => a.seed - b.seed) }];
    })
    .map(({ scenario, protocol, at, outcomes: own }): Group => ({ scenario, protocol, at, outcomes: own }))
    .sort((a, b) => compareLists(order(a), order(b)));
}

/** A figure of each run, NaN for those that lack it. */
export function valuesOf({ outcomes }: Group, metric: string): number[] {
  return outcomes.map(({ metrics }) => metrics.get(metric) ?? NaN);
}

/** How a point is called among its neighbours: what does not differ is left out. */
export function nameOf(study: StudyData, { scenario, protocol, at }: Omit<Group, 'outcomes'>): string {
  const parts = [
    ...(study.scenarios.length > 1 ? [scenario] : []),
    ...(study.protocols.length > 1 ? [protocol] : []),
    ...study.parameters.map(({ values }, index) => values[at[index] ?? 0]?.text ?? ''),
  ];
  return parts.length === 0 ? protocol : parts.join(' ');
}

/** The last part of a path, which mostly says enough. */
export function shortPath(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

function compareLists(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) if (value !== b[index]) return value - (b[index] ?? 0);
  return 0;
}
