import { looksOf, lookOf, type Look } from '../../viz/charts/colours.js';
import { curves, type CurveAxis, type CurvePanel } from '../../viz/charts/curves.js';
import { intervals, type SpreadPanel } from '../../viz/charts/intervals.js';
import type { Paper } from '../../viz/charts/paper.js';
import { front, pareto, type ParetoAxis, type ParetoPoint } from '../../viz/charts/pareto.js';
import { meanInterval, pairedDifference, quantile } from '../compare/statistics.js';
import { METRICS, metricNamed } from '../metrics.js';
import type { Figure } from './figure.js';
import { viewerDistributions } from './run-figures.js';
import { groupsOf, nameOf, valuesOf, type Group, type StudyData } from './study-data.js';

/** Lines of a dot plot at most. */
const LINES = 16;
/** From so many points on, only those of the front bear a name. */
const NAMED = 12;

/** Looks of the protocols, the same in every figure. */
export function protocolLooks({ protocols }: StudyData): ReadonlyMap<string, Look> {
  return looksOf(protocols);
}

/** Medians with their spread, a panel a metric; empty where there are too many points for one picture. */
export function spreadFigures(paper: Paper, study: StudyData): Figure[] {
  const groups = groupsOf(study);
  const looks = protocolLooks(study);
  if (groups.length > LINES) return [];
  const panels = METRICS.flatMap(({ name, label, unit, bound }): SpreadPanel[] => {
    const spreads = groups.map((group) => {
      const values = valuesOf(group, name).filter((value) => !Number.isNaN(value));
      const at = (share: number): number | null => quantile(values, share);
      const many = values.length > 1;
      return {
        name: nameOf(study, group),
        look: lookOf(looks, group.protocol),
        middle: at(0.5),
        low: many ? at(0.05) : null,
        high: many ? at(0.95) : null,
        bound: bound === undefined ? null : medianOf(group, bound),
        values: many ? values : [],
      };
    });
    if (spreads.every(({ middle }) => middle === null)) return [];
    return [{ label, unit, spreads }];
  });
  if (panels.length === 0) return [];
  return [
    {
      name: 'medians',
      title: 'Figures side by side',
      text: `Dots: medians over the seeds. Lines: from the 5th to the 95th percentile. Ticks: single runs. Dashed: the bound that no overlay can beat.`,
      drawing: intervals(paper, panels),
    },
  ];
}

/** The first protocol against each of the others, seed by seed. */
export function differenceFigures(paper: Paper, study: StudyData): Figure[] {
  const [first, ...others] = study.protocols;
  if (first === undefined || others.length === 0 || study.seeds.length < 2) return [];
  const groups = groupsOf(study);
  const pairs = groups
    .filter(({ protocol }) => protocol === first)
    .flatMap((own) =>
      others.flatMap((protocol) => {
        const other = groups.find(
          (each) => each.protocol === protocol && each.scenario === own.scenario && each.at.join() === own.at.join(),
        );
        return other === undefined ? [] : [{ own, other }];
      }),
    );
  if (pairs.length === 0 || pairs.length > LINES) return [];
  const panels = METRICS.flatMap(({ name, label, unit, better }): SpreadPanel[] => {
    const spreads = pairs.map(({ own, other }) => {
      const found = pairedDifference(...pairedValues(own, other, name));
      return {
        name: `− ${nameOf(study, other)}`,
        look: verdictLook(found, better),
        middle: found?.mean ?? null,
        low: found?.low ?? null,
        high: found?.high ?? null,
        values: [],
      };
    });
    if (spreads.every(({ middle }) => middle === null)) return [];
    return [{ label, unit, spreads, signed: true }];
  });
  if (panels.length === 0) return [];
  return [
    {
      name: 'differences',
      title: `${first} against the others`,
      text: `${first} minus the other, seed by seed: the mean and its 95 % confidence interval (Student). Green circles: ${first} is better; red triangles: it is worse; grey squares: the interval holds zero. Shares differ by percentage points (pp).`,
      drawing: intervals(paper, panels),
    },
  ];
}

/** Values of the seeds that both have, side by side. */
function pairedValues(own: Group, other: Group, metric: string): [number[], number[]] {
  const pairs = own.outcomes.flatMap(({ seed, metrics }) => {
    const match = other.outcomes.find((each) => each.seed === seed);
    return match === undefined ? [] : [[metrics.get(metric) ?? NaN, match.metrics.get(metric) ?? NaN] as const];
  });
  return [pairs.map(([value]) => value), pairs.map(([, value]) => value)];
}

function verdictLook(found: { mean: number; low: number; high: number } | null, better: 'more' | 'less'): Look {
  if (found === null || (found.low <= 0 && found.high >= 0))
    return { colour: 'var(--quiet)', symbol: 'square2', dash: null };
  const good = found.mean > 0 === (better === 'more');
  return good
    ? { colour: 'var(--good)', symbol: 'circle', dash: null }
    : { colour: 'var(--bad)', symbol: 'triangle', dash: null };
}

/** Distributions over the viewers of all seeds, one set of figures a scenario; empty where viewers were not kept. */
export function viewerFigures(paper: Paper, study: StudyData): Figure[] {
  const looks = protocolLooks(study);
  return study.scenarios.flatMap((scenario) => {
    const groups = study.protocols.flatMap((protocol) => {
      const runs = study.outcomes.filter((each) => each.scenario === scenario && each.protocol === protocol);
      const viewers = runs.flatMap((run) => run.viewers ?? []);
      return viewers.length === 0 ? [] : [{ name: protocol, look: lookOf(looks, protocol), viewers }];
    });
    if (groups.length === 0) return [];
    const several = study.scenarios.length > 1;
    return viewerDistributions(paper, groups).map((figure) => ({
      ...figure,
      ...(several ? { name: `${figure.name}-${fileName(scenario)}`, title: `${figure.title}, ${scenario}` } : {}),
      text: `${figure.text} Viewers of all seeds together.`,
    }));
  });
}

const DEADLINES = [1000, 2000, 3000, 5000, 10_000];

/** Continuity for those who wait a shorter or a longer time, a figure a scenario. */
export function patienceFigures(paper: Paper, study: StudyData): Figure[] {
  const looks = protocolLooks(study);
  if (study.parameters.length > 0) return [];
  const axis: CurveAxis = {
    label: 'a chunk counts when complete within (s)',
    ticks: DEADLINES.map((at) => ({ at, text: String(at / 1000) })),
    log: true,
  };
  return study.scenarios.flatMap((scenario) => {
    const groups = groupsOf(study).filter((group) => group.scenario === scenario);
    const panel: CurvePanel = {
      label: 'continuity',
      unit: 'nines',
      curves: groups.map((group) => ({
        name: group.protocol,
        look: lookOf(looks, group.protocol),
        points: DEADLINES.map((x) => ({ x, ...medianWithSpread(valuesOf(group, `continuityAt.${x}`)) })),
      })),
    };
    const several = study.scenarios.length > 1;
    return [
      {
        name: several ? `patience-${fileName(scenario)}` : 'patience',
        title: `Continuity and patience${several ? `, ${scenario}` : ''}`,
        text: `Mean continuity of the viewers when chunks count that are complete within 1, 2, 3, 5 or 10 s of their source time: median over the seeds, shaded from the 5th to the 95th percentile; each step of the axis is a tenth of the loss.`,
        drawing: curves(paper, panel, axis),
      },
    ];
  });
}

const PARETO: readonly (readonly [name: string, x: string, y: string, text: string])[] = [
  [
    'pareto-offload-lag',
    'offload',
    'arrivalLagMs.p95',
    'What viewers take off the publisher, against the time that chunks travel.',
  ],
  ['pareto-overhead-continuity', 'overhead.mean', 'continuity.mean', 'What control costs, against what viewers see.'],
  [
    'pareto-lag-continuity',
    'arrivalLagMs.p95',
    'continuity.mean',
    'The time that chunks travel, against what viewers see.',
  ],
];

/** Every protocol and every point of the grid in the plane of two figures. */
export function paretoFigures(paper: Paper, study: StudyData): Figure[] {
  const looks = protocolLooks(study);
  const groups = groupsOf(study);
  if (groups.length < 2) return [];
  // Points of different scenarios do not compete.
  const single = study.scenarios.length === 1;
  const paths = study.parameters.map(({ path }) => path).join(' / ');
  const named = paths === '' ? '' : ` Beside the points: ${paths}.`;
  return PARETO.flatMap(([name, xName, yName, text]): Figure[] => {
    const all = groups.flatMap((group): ParetoPoint[] => {
      const [xs, ys] = [valuesOf(group, xName), valuesOf(group, yName)];
      const [x, y] = [quantile(xs, 0.5), quantile(ys, 0.5)];
      if (x === null || y === null || !Number.isFinite(x + y)) return [];
      const runs = xs.flatMap((each, index): [number, number][] => [[each, ys[index] ?? NaN]]);
      return [
        {
          name: pointName(study, group),
          series: group.protocol,
          look: lookOf(looks, group.protocol),
          x,
          y,
          runs: runs.length > 1 ? runs.filter(([a, b]) => Number.isFinite(a + b)) : [],
        },
      ];
    });
    const best = front(all, paretoAxis(xName).better, paretoAxis(yName).better);
    const points = all.map((point, index) =>
      all.length <= NAMED || best.includes(index) ? point : { ...point, name: '' },
    );
    if (points.length < 2) return [];
    return [
      {
        name,
        title: `${capital(metricNamed(xName).label)} against ${metricNamed(yName).label}`,
        text: `${text} Symbols: medians over the seeds; small dots: single runs${single ? '; dotted: the front of those that no other beats in both' : ''}.${named}`,
        drawing: pareto(paper, points, paretoAxis(xName), paretoAxis(yName), single),
      },
    ];
  });
}

/** The protocol stands in the key where there are several, so the point says only the rest. */
function pointName(study: StudyData, group: Group): string {
  if (study.parameters.length === 0 && study.scenarios.length === 1) return '';
  return [
    ...(study.scenarios.length > 1 ? [group.scenario] : []),
    ...study.parameters.map(({ values }, index) => values[group.at[index] ?? 0]?.text ?? ''),
  ].join(' / ');
}

function paretoAxis(name: string): ParetoAxis {
  const { label, unit, better } = metricNamed(name);
  return { label, unit: name === 'continuity.mean' ? 'nines' : unit, better };
}

function medianWithSpread(values: readonly number[]): { y: number; low: number | null; high: number | null } {
  const known = values.filter((value) => !Number.isNaN(value));
  const spread = known.length > 1;
  return {
    y: quantile(known, 0.5) ?? NaN,
    low: spread ? quantile(known, 0.05) : null,
    high: spread ? quantile(known, 0.95) : null,
  };
}

/** The mean of the seeds and its interval. */
export function meanWithInterval(values: readonly number[]): { y: number; low: number | null; high: number | null } {
  const known = values.filter((value) => !Number.isNaN(value));
  const found = meanInterval(known);
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  return { y: known.length === 0 ? NaN : mean, low: found?.low ?? null, high: found?.high ?? null };
}

function medianOf(group: Group, metric: string): number | null {
  return finite(
    quantile(
      valuesOf(group, metric).filter((value) => !Number.isNaN(value)),
      0.5,
    ),
  );
}

function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}

export function fileName(text: string): string {
  return text.replaceAll(/[^\w-]+/g, '-').replaceAll(/^-+|-+$/g, '');
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
