import { difference, figure, interval } from '../../viz/charts/units.js';
import type { Paper } from '../../viz/charts/paper.js';
import { pairedDifference, quantile } from '../compare/statistics.js';
import { METRICS, metricNamed, type Metric } from '../metrics.js';
import { seedsInWords } from './compare-data.js';
import type { Figure } from './figure.js';
import { heatFigures, parameterFigures } from './grid-figures.js';
import { tableHtml, type Page, type Section, type TableCell } from './page.js';
import { groupsOf, nameOf, shortPath, valuesOf, type Group, type StudyData } from './study-data.js';
import { differenceFigures, paretoFigures, patienceFigures, spreadFigures, viewerFigures } from './study-figures.js';

/** The columns of a grid. */
const GRID: readonly string[] = [
  'continuity.mean',
  'continuityAt.1000',
  'startupMs.p50',
  'arrivalLagMs.p95',
  'stall.per10min',
  'offload',
  'overhead.mean',
  'redundancy',
];

/** Points of a grid that are listed at most. */
const ROWS = 200;

/** The report of a comparison or of a sweep. */
export function studyReport(paper: Paper, study: StudyData): Page {
  const sections: Section[] = [
    { title: study.kind === 'sweep' ? 'Question' : 'Scenario', paragraphs: study.paragraphs },
    study.parameters.length > 0 ? gridTable(study) : figureTables(study),
    invariants(study),
    ...part('Side by side', [...spreadFigures(paper, study), ...differenceFigures(paper, study)]),
    ...part('What the parameters do', [...heatFigures(paper, study), ...parameterFigures(paper, study)]),
    ...part('What is bought with what', paretoFigures(paper, study)),
    ...part('Viewers', [...patienceFigures(paper, study), ...viewerFigures(paper, study)]),
  ];
  return {
    title: study.title,
    lead: study.lead,
    sections,
    source: { facts: factsOf(study), command: study.command },
    version: study.version,
  };
}

function part(title: string, figures: readonly Figure[]): Section[] {
  return figures.length === 0 ? [] : [{ title, figures }];
}

function factsOf({ scenarios, protocols, nodes, seeds, version, parameters }: StudyData): string {
  const some = nodes.length > 3 ? `${Math.min(...nodes)} to ${Math.max(...nodes)}` : nodes.join(', ');
  const varied = parameters.map(({ path, values }) => `${path} ${values.map(({ text }) => text).join('/')}`);
  return [
    `Scenario ${scenarios.join(', ')}`,
    protocols.join(', '),
    `${some} viewers`,
    ...varied,
    seedsInWords(seeds),
    `astral ${version}`,
  ].join('; ');
}

/** A table for each scenario: medians with their spread, the bound, the paired differences. */
function figureTables(study: StudyData): Section {
  const groups = groupsOf(study);
  const html = study.scenarios
    .map((scenario) => {
      const own = groups.filter((group) => group.scenario === scenario);
      const title = study.scenarios.length > 1 ? `<h3>${scenario}</h3>\n` : '';
      return `${title}${figureTable(study, own)}`;
    })
    .join('\n');
  const paragraphs = [
    'Median over the seeds, 5th to 95th percentile in brackets. Differences are means over the seeds with their 95 % confidence interval.',
  ];
  return { title: 'Key figures', paragraphs, html };
}

function figureTable({ protocols }: StudyData, groups: readonly Group[]): string {
  const [first, ...others] = groups;
  if (first === undefined) return '';
  const head = [
    '',
    ...groups.map(({ protocol }) => protocol),
    'bound',
    ...others.map(({ protocol }) => `${protocols[0]} − ${protocol}`),
  ];
  const rows = METRICS.map((metric): TableCell[] => [
    metric.label,
    ...groups.map((group) => spreadText(group, metric)),
    metric.bound === undefined ? '' : medianText(first, { ...metric, name: metric.bound }),
    ...others.map((other) => differenceCell(first, other, metric)),
  ]);
  return tableHtml(head, rows);
}

function spreadText(group: Group, { name, unit }: Metric): string {
  const values = valuesOf(group, name).filter((value) => !Number.isNaN(value));
  const at = (share: number): string => figure(quantile(values, share), unit);
  return values.length < 2 ? at(0.5) : interval(at(0.5), at(0.05), at(0.95));
}

function medianText(group: Group, { name, unit }: Metric): string {
  return figure(
    quantile(
      valuesOf(group, name).filter((value) => !Number.isNaN(value)),
      0.5,
    ),
    unit,
  );
}

function differenceCell(first: Group, other: Group, { name, unit, better }: Metric): TableCell {
  const shared = first.outcomes.filter(({ seed }) => other.outcomes.some((each) => each.seed === seed));
  const found = pairedDifference(
    shared.map(({ metrics }) => metrics.get(name) ?? NaN),
    shared.map(({ seed }) => other.outcomes.find((each) => each.seed === seed)?.metrics.get(name) ?? NaN),
  );
  if (found === null) return '–';
  const text = interval(difference(found.mean, unit), difference(found.low, unit), difference(found.high, unit));
  if (found.low <= 0 && found.high >= 0) return { text, kind: 'quiet' };
  return { text, kind: found.mean > 0 === (better === 'more') ? 'good' : 'bad' };
}

/** A row for each point of the grid. */
function gridTable(study: StudyData): Section {
  const groups = groupsOf(study);
  const shown = GRID.map(metricNamed).filter(({ name }) =>
    groups.some((group) => valuesOf(group, name).some((value) => !Number.isNaN(value))),
  );
  const heads = [
    ...(study.scenarios.length > 1 ? ['scenario'] : []),
    ...(study.protocols.length > 1 ? ['protocol'] : []),
    ...study.parameters.map(({ path }) => shortPath(path)),
  ];
  const rows = groups
    .slice(0, ROWS)
    .map((group): TableCell[] => [
      ...(study.scenarios.length > 1 ? [group.scenario] : []),
      ...(study.protocols.length > 1 ? [group.protocol] : []),
      ...study.parameters.map(({ values }, index) => values[group.at[index] ?? 0]?.text ?? ''),
      ...shown.map((metric) => medianText(group, metric)),
    ]);
  const more = groups.length > ROWS ? ` The first ${ROWS} of ${groups.length}; results.parquet has all.` : '';
  return {
    title: 'Key figures',
    paragraphs: [`Medians over the seeds, a row a point of the grid.${more}`],
    html: tableHtml([...heads, ...shown.map(({ label }) => label)], rows),
  };
}

function invariants(study: StudyData): Section {
  const broken = groupsOf(study).flatMap((group) => {
    const count = group.outcomes.reduce((sum, { violations }) => sum + violations, 0);
    const seeds = group.outcomes.filter(({ violations }) => violations > 0).map(({ seed }) => seed);
    return count === 0 ? [] : [`${nameOf(study, group)} broke some ${count} times, with ${seedsInWords(seeds)}.`];
  });
  return broken.length === 0
    ? { title: 'Invariants', paragraphs: ['All held in every run, where they apply.'] }
    : { title: 'Broken invariants', paragraphs: broken };
}
