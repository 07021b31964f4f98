import { hue, lookOf, type Look, type Symbol } from '../../viz/charts/colours.js';
import { multiples, type Curve, type CurveAxis, type CurvePanel } from '../../viz/charts/curves.js';
import { heatMap, type HeatPanel } from '../../viz/charts/heat-map.js';
import type { Paper } from '../../viz/charts/paper.js';
import { METRICS, metricNamed } from '../metrics.js';
import type { Figure } from './figure.js';
import { groupsOf, shortPath, valuesOf, type Group, type Parameter, type StudyData } from './study-data.js';
import { fileName, meanWithInterval, protocolLooks } from './study-figures.js';

/** Lines of one panel at most; beyond it the means over the other parameters are drawn. */
const LINES = 8;
const HEAT = ['continuity.mean', 'arrivalLagMs.p95', 'offload', 'overhead.mean'] as const;
const SYMBOLS: readonly Symbol[] = ['circle', 'triangle', 'square2', 'diamond2', 'star', 'wye', 'cross', 'hexagon'];

const DASHES: readonly (string | null)[] = [null, '6 2', '2 2', '7 2 1.5 2'];

/** Each parameter across, every metric up: how it goes with what was varied. */
export function parameterFigures(paper: Paper, study: StudyData): Figure[] {
  const groups = groupsOf(study);
  return study.parameters.map((parameter, index) => {
    const axis = axisOf(parameter);
    const lines = linesOf(study, groups, index);
    const panels = METRICS.flatMap(({ name, label, unit }): CurvePanel[] => {
      const curves = lines.map(({ name: line, look, at }): Curve => {
        const points = parameter.values.map((_, value) => {
          const values = (at.get(value) ?? []).flatMap((group) => valuesOf(group, name));
          return { x: axis.ticks[value]?.at ?? 0, ...meanWithInterval(values) };
        });
        return { name: line, look, points };
      });
      const known = curves.some(({ points }) => points.some(({ y }) => Number.isFinite(y)));
      return known ? [{ label, unit, curves }] : [];
    });
    return {
      name: `by-${fileName(parameter.path)}`,
      title: `What ${parameter.path} does`,
      text: `Mean over the seeds${lines.some(({ pooled }) => pooled) ? ' and over the values of all other parameters' : ''}, with its 95 % confidence interval (Student), at each value of ${parameter.path}. Where some runs never came to a figure there is no mean, and no point.`,
      drawing: multiples(paper, panels, axis),
    };
  });
}

interface Line {
  readonly name: string;
  readonly look: Look;
  readonly pooled: boolean;
  /** Groups by the value of the parameter that is drawn across. */
  readonly at: ReadonlyMap<number, readonly Group[]>;
}

/** One line for each way the rest can be, or for each scenario and protocol where there are too many. */
function linesOf(study: StudyData, groups: readonly Group[], across: number): Line[] {
  const others = study.parameters.map((_, index) => index).filter((index) => index !== across);
  const nameFor = (group: Group, all: boolean): string =>
    [
      ...(study.scenarios.length > 1 ? [group.scenario] : []),
      ...(study.protocols.length > 1 ? [group.protocol] : []),
      ...(all ? others.map((index) => settingText(study, index, group.at[index] ?? 0)) : []),
    ].join(', ') || group.protocol;
  const fine = new Set(groups.map((group) => nameFor(group, true)));
  const all = fine.size <= LINES;
  const names = [...new Set(groups.map((group) => nameFor(group, all)))];
  const looks = protocolLooks(study);
  return names.map((name, index) => {
    const own = groups.filter((group) => nameFor(group, all) === name);
    const protocols = new Set(own.map(({ protocol }) => protocol));
    const [protocol = ''] = protocols;
    // With several protocols colours mean them, and symbols tell their lines apart.
    const mates = names.filter((each) =>
      groups.some((group) => group.protocol === protocol && nameFor(group, all) === each),
    );
    const base = lookOf(looks, protocol);
    const mate = mates.indexOf(name);
    const look =
      protocols.size > 1 || study.protocols.length === 1
        ? { colour: hue(index), symbol: SYMBOLS[index % SYMBOLS.length] ?? 'circle', dash: null }
        : mates.length === 1
          ? base
          : { ...base, symbol: SYMBOLS[mate % SYMBOLS.length] ?? 'circle', dash: DASHES[mate % DASHES.length] ?? null };
    const at = new Map<number, Group[]>();
    for (const group of own) {
      const value = group.at[across] ?? 0;
      at.set(value, [...(at.get(value) ?? []), group]);
    }
    return { name, look, pooled: !all && others.length > 0, at };
  });
}

function settingText({ parameters }: StudyData, index: number, value: number): string {
  const parameter = parameters[index];
  return parameter === undefined ? '' : `${shortPath(parameter.path)} ${parameter.values[value]?.text ?? ''}`;
}

/** Numbers stand where they are, on a logarithmic axis where they span much; anything else in even steps. */
function axisOf({ path, values }: Parameter): CurveAxis {
  const numbers = values.map(({ value }) => (typeof value === 'number' ? value : NaN));
  const numeric = numbers.every((value) => Number.isFinite(value));
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  return {
    label: path,
    log: numeric && low > 0 && high / low >= 4,
    ticks: values.map(({ text }, index) => ({ at: numeric ? (numbers[index] ?? 0) : index, text })),
  };
}

/** Two parameters against each other, one figure for each pair of scenario and protocol. */
export function heatFigures(paper: Paper, study: StudyData): Figure[] {
  const [first, second] = study.parameters;
  if (first === undefined || second === undefined) return [];
  const groups = groupsOf(study);
  const subjects = study.scenarios.flatMap((scenario) => study.protocols.map((protocol) => ({ scenario, protocol })));
  return subjects.map(({ scenario, protocol }) => {
    const own = groups.filter((group) => group.scenario === scenario && group.protocol === protocol);
    const panels = HEAT.map((name): HeatPanel => {
      const { label, unit, better } = metricNamed(name);
      const cells = first.values.flatMap(({ text: x }, column) =>
        second.values.map(({ text: y }, row) => {
          const here = own.filter(({ at }) => at[0] === column && at[1] === row);
          const mean = meanWithInterval(here.flatMap((group) => valuesOf(group, name))).y;
          return { x, y, value: Number.isNaN(mean) ? null : mean };
        }),
      );
      return { label, unit, better, cells };
    });
    const several = subjects.length > 1;
    const rest = study.parameters.length > 2 ? ' and over the values of all other parameters' : '';
    return {
      name: several ? `heat-${fileName(`${scenario}-${protocol}`)}` : 'heat',
      title: `${first.path} against ${second.path}${several ? `, ${protocol} under ${scenario}` : ''}`,
      text: `Mean over the seeds${rest}; the darker, the better, each panel on a scale of its own.`,
      drawing: heatMap(
        paper,
        panels,
        { label: first.path, values: first.values.map(({ text }) => text) },
        { label: second.path, values: second.values.map(({ text }) => text) },
      ),
    };
  });
}
