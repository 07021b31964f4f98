import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Problem } from '../../core/config.js';
import { loadScenario, type JsonObject, type Scenario } from '../../sim/scenario.js';
import { isObject, type Json } from '../../sim/scenario/schema.js';
import { tablesIn } from '../data/tables.js';
import { namedScenario, type NamedScenario } from '../named-scenario.js';
import { PROTOCOLS } from '../protocols.js';
import { orderOf, pointName, settingsOf, type Parameters, type Point } from './point.js';
import { STUDY, type StudyShape } from './study-shape.js';

/** Most runs of one study. */
const MOST_RUNS = 100_000;

/** Keys of a scenario that a study names in another way: the name of a scenario is what its luck is drawn from. */
const OWN_KEY = { protocol: 'protocols', name: 'scenarios', variants: 'scenarios' } as const;
const RESERVED = Object.keys(OWN_KEY) as (keyof typeof OWN_KEY)[];

/** One point of the grid with the scenario that every seed of it runs. */
export interface Cell extends Point {
  readonly scenario: Scenario;
  /** Complete, defaults written out. */
  readonly document: JsonObject;
}

/** A study whose every run is known to be possible. */
export interface Study {
  readonly name: string;
  readonly title: string;
  readonly question: string;
  /** The file, defaults written out. */
  readonly document: JsonObject;
  /** Sorted as the results are. */
  readonly cells: readonly Cell[];
  readonly seeds: readonly number[];
}

export type LoadedStudy =
  | { readonly ok: true; readonly study: Study }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads a study file; what is wrong with it is reported all at once. Throws when the file cannot be read. */
export function readStudy(path: string): LoadedStudy {
  const text = readFileSync(path, 'utf8');
  let file: Json;
  try {
    file = JSON.parse(text) as Json;
  } catch (error) {
    return { ok: false, problems: [{ path: '', message: `is not JSON: ${(error as Error).message}` }] };
  }
  return loadStudy(file, dirname(path));
}

/** Turns the content of a study file into its grid; scenario files are looked for in `folder`. */
export function loadStudy(file: Json, folder: string): LoadedStudy {
  if (!isObject(file)) return { ok: false, problems: [{ path: '', message: 'a study must be a JSON object' }] };
  const { $schema: _schema, ...raw } = file;
  const document = STUDY.complete(raw) as JsonObject;
  const problems: Problem[] = [];
  const shape = STUDY.read(document, '', problems);
  const misshapen = problems.length > 0;
  const named = list(shape.scenarios).map((name) => namedScenario(name, folder));
  named.forEach((found, at) => {
    if (!found.ok) problems.push({ path: `scenarios.${at}`, message: `names ${found.problem}` });
  });
  list(shape.protocols).forEach((name, at) => {
    if (PROTOCOLS.has(name)) return;
    const known = [...PROTOCOLS.keys()].join(', ');
    problems.push({ path: `protocols.${at}`, message: `no protocol "${name}"; there are ${known}` });
  });
  if (misshapen) return { ok: false, problems };
  if ('nodes' in shape.parameters && 'viewers' in shape.parameters)
    problems.push({ path: 'parameters', message: 'nodes and viewers are the same key; name one of them' });
  for (const [part, keys] of Object.entries({ set: shape.set, parameters: shape.parameters })) {
    for (const name of RESERVED.filter((each) => Object.hasOwn(keys, each)))
      problems.push({ path: `${part}.${name}`, message: `cannot be set here; use ${OWN_KEY[name]}` });
  }
  problems.push(...repeated(shape.scenarios, 'scenarios'), ...repeated(shape.protocols, 'protocols'));
  const points = Object.values(shape.parameters).reduce((count, values) => count * values.length, 1);
  const runs = points * shape.scenarios.length * shape.protocols.length * shape.seeds.length;
  if (runs > MOST_RUNS) problems.push({ path: '', message: `it has ${runs} runs; at most ${MOST_RUNS} are possible` });
  const cells = runs > MOST_RUNS ? [] : cellsOf(shape, document, named, problems, folder);
  if (problems.length > 0) return { ok: false, problems };
  const { name, title, question, seeds } = shape;
  return { ok: true, study: { name, title, question, document, cells, seeds } };
}

function cellsOf(
  shape: StudyShape,
  document: JsonObject,
  named: readonly NamedScenario[],
  problems: Problem[],
  folder: string,
): Cell[] {
  const told = new Set<string>();
  const cells = named.flatMap((found, at) =>
    combinations(Object.entries(shape.parameters)).flatMap((parameters) => {
      if (!found.ok) return [];
      const loaded = loadScenario(found.file, {
        tables: { file: tablesIn(found.folder), set: tablesIn(folder) },
        ...(found.variant === undefined ? {} : { variant: found.variant }),
        ...(shape.nodes === null ? {} : { viewers: shape.nodes }),
        ...(typeof document['duration'] === 'string' ? { duration: document['duration'] } : {}),
        set: [
          ...(shape.check === null ? [] : [['check', shape.check] as const]),
          ...[...Object.entries(shape.set), ...Object.entries(parameters)].map(
            ([path, value]) => [path === 'nodes' ? 'viewers' : path, value] as const,
          ),
        ],
      });
      if (loaded.ok) return shape.protocols.map((protocol) => cellOf(loaded, protocol, parameters));
      for (const { path, message } of loaded.problems) {
        const problem = { path: `scenarios.${at}: ${path}`, message: `${message} (${nameOf(parameters)})` };
        if (!told.has(`${path} ${message}`)) problems.push(problem);
        told.add(`${path} ${message}`);
      }
      return [];
    }),
  );
  const order = orderOf(cells);
  cells.sort(order);
  const double = cells.find((cell, index) => index > 0 && order(cell, cells[index - 1] as Cell) === 0);
  if (double !== undefined && problems.length === 0)
    problems.push({ path: '', message: `names this twice: ${pointName(double)}` });
  return cells;
}

function cellOf(loaded: { scenario: Scenario; document: JsonObject }, protocol: string, parameters: Parameters): Cell {
  return {
    scenarioName: loaded.scenario.name,
    protocol,
    parameters,
    scenario: { ...loaded.scenario, protocol },
    document: { ...loaded.document, protocol },
  };
}

/** All ways to take one value of each parameter. */
function combinations(parameters: readonly (readonly [string, readonly Json[]])[]): Parameters[] {
  return parameters.reduce<Parameters[]>(
    (made, [name, values]) => made.flatMap((each) => values.map((value) => ({ ...each, [name]: value }))),
    [{}],
  );
}

function repeated(names: readonly string[], path: string): Problem[] {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? [] : [{ path, message: `names ${twice} twice` }];
}

/** What could not be read is missing or of another kind. */
function list(value: readonly string[] | undefined): readonly string[] {
  return (value ?? []).filter((each) => typeof each === 'string');
}

function nameOf(parameters: Parameters): string {
  const pairs = settingsOf(parameters).map(([path, value]) => `${path}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? 'everywhere' : `first with ${pairs.join(', ')}`;
}
