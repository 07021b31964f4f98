import type { Problem } from '../core/config.js';
import { mostAtOnce } from './churn.js';
import { validateFaults } from './faults.js';
import { placeNames } from './places.js';
import { isObject, type Json, type JsonObject } from './scenario/schema.js';
import { checkNames, VISITS } from './scenario/data.js';
import { SCENARIO, type Scenario } from './scenario/shape.js';
import { Tables, type TableReader } from './scenario/tables.js';
import { parseDuration } from './scenario/units.js';

export type { Json, JsonObject } from './scenario/schema.js';
export type { Scenario, Target } from './scenario/shape.js';

/** What the command line may change about a scenario file. */
export interface ScenarioOptions {
  readonly variant?: string;
  readonly viewers?: number;
  /** With its unit, as in a file. A ramp of more than a third of it is cut to that. */
  readonly duration?: string;
  /** Pairs of a dotted path and a JSON value, applied in order after the variant. */
  readonly set?: readonly (readonly [string, Json])[];
  /** Reads the tables that the file names, and those that `set` names; without it such names are problems. */
  readonly tables?: { readonly file: TableReader; readonly set: TableReader };
}

export type Loaded =
  | {
      readonly ok: true;
      readonly scenario: Scenario;
      /** Complete, defaults written out. */ readonly document: JsonObject;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Turns the content of a scenario file into a scenario, or reports all that is wrong with it at once. */
export function loadScenario(file: Json, options: ScenarioOptions = {}): Loaded {
  if (!isObject(file)) return { ok: false, problems: [{ path: '', message: 'a scenario must be a JSON object' }] };
  const problems: Problem[] = [];
  const { variants, $schema: _schema, ...base } = file;
  let raw: JsonObject = base;
  if (options.variant !== undefined) {
    const patch =
      isObject(variants) && Object.hasOwn(variants, options.variant) ? variants[options.variant] : undefined;
    if (isObject(patch)) raw = merge(raw, { name: `${textOf(base['name'])}@${options.variant}`, ...patch });
    else
      problems.push({
        path: `variants.${options.variant}`,
        message: `no such variant; known: ${variantsOf(file).join(', ') || 'none'}`,
      });
  }
  if (options.viewers !== undefined) raw = { ...raw, viewers: options.viewers };
  if (options.duration !== undefined) raw = shortened(raw, options.duration);
  const tables = new Tables();
  const traced = isObject(raw['arrivals']) && raw['arrivals']['model'] === 'trace';
  if (options.viewers !== undefined && traced) {
    problems.push({ path: 'viewers', message: 'follows from the trace; leave the number of viewers (--nodes) out' });
  }
  let document = SCENARIO.complete(tables.inline(raw, options.tables?.file)) as JsonObject;
  for (const [path, value] of options.set ?? []) {
    const assigned = assign(document, path.split('.'), value) as JsonObject;
    document = SCENARIO.complete(tables.inline(assigned, options.tables?.set)) as JsonObject;
  }
  const saysIndex =
    raw['resourceIndex'] !== undefined || (options.set ?? []).some(([path]) => path === 'resourceIndex');
  document = fitToData(document, saysIndex);
  const scenario = SCENARIO.read(document, '', problems);
  if (problems.length === 0) cross(scenario, problems);
  const found = [
    ...tables.problems,
    ...problems.filter((each) => !tables.told(each)).map((each) => tables.locate(each)),
  ];
  return found.length === 0 ? { ok: true, scenario, document } : { ok: false, problems: found };
}

/** Measured uplinks are not scaled unless that is asked for, and N follows from a trace. */
function fitToData(document: JsonObject, saysIndex: boolean): JsonObject {
  const { arrivals, capacities = null } = document;
  const problems: Problem[] = [];
  const visits =
    isObject(arrivals) && arrivals['model'] === 'trace' ? VISITS.read(arrivals['visits'] ?? null, '', problems) : null;
  if (problems.length > 0) return document;
  const measured = capacities !== null || (visits?.some(({ uplink }) => uplink !== null) ?? false);
  return {
    ...document,
    ...(measured && !saysIndex ? { resourceIndex: null } : {}),
    ...(visits === null ? {} : { viewers: mostAtOnce(visits) }),
  };
}

/** Names of the variants that a scenario file offers beside its default. */
export function variantsOf(file: Json): string[] {
  return isObject(file) && isObject(file['variants']) ? Object.keys(file['variants']) : [];
}

/** JSON Schema (draft 2020-12) of a scenario file. */
export function scenarioJsonSchema(): JsonObject {
  const schema = SCENARIO.json() as { properties: JsonObject };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'astral scenario',
    ...schema,
    properties: {
      $schema: { type: 'string' },
      ...schema.properties,
      variants: {
        description: 'named changes of the scenario; objects are merged, all else is replaced',
        type: 'object',
        additionalProperties: { type: 'object' },
      },
    },
  };
}

function cross(scenario: Scenario, problems: Problem[]): void {
  const demand = (holds: boolean, path: string, message: string): void => {
    if (!holds) problems.push({ path, message });
  };
  const { stream } = scenario;
  demand(scenario.duration > 0, 'duration', 'must be above zero');
  demand(scenario.ramp <= scenario.duration, 'ramp', 'must end before the run does');
  demand(stream.bitrate >= 1000, 'stream.bitrate', 'must be at least 1kbit');
  demand(stream.chunkTime >= 10_000, 'stream.chunkTime', 'must be at least 10ms');
  demand(
    stream.keyframeEvery >= stream.chunkTime && stream.keyframeEvery % stream.chunkTime === 0,
    'stream.keyframeEvery',
    'must be a multiple of stream.chunkTime',
  );
  const perGroup = stream.keyframeEvery / stream.chunkTime;
  demand(
    stream.keyframeFactor < perGroup || perGroup === 1,
    'stream.keyframeFactor',
    `must be below ${perGroup}, the chunks between keyframes, so that the others have a size`,
  );
  problems.push(...validateFaults(scenario.faults));
  const { arrivals, helpers } = scenario;
  demand(
    helpers === null || (helpers.count === null) !== (helpers.resourceIndex === null),
    'helpers',
    'must have either a count or a resourceIndex',
  );
  demand(
    arrivals.model !== 'crowd' || arrivals.at >= scenario.ramp,
    'arrivals.at',
    'must not come before the ramp ends',
  );
  checkData(scenario, problems);
  const share = scenario.classes.reduce((sum, each) => sum + each.share, 0);
  demand(Math.abs(share - 1) < 1e-6, 'classes', `the shares must sum to 1, not ${share}`);
  demand(
    new Set(scenario.classes.map((each) => each.name)).size === scenario.classes.length,
    'classes',
    'names must differ',
  );
}

/** Data and classes name places and classes that exist. */
function checkData(scenario: Scenario, problems: Problem[]): void {
  const { arrivals, capacities, classes, network } = scenario;
  const named = { places: placeNames(network), classes: classes.map(({ name }) => name) };
  const { latency } = network;
  if (latency !== null && latency.ms.length !== latency.places.length) {
    const message = `must have a row for each of the ${latency.places.length} places, not ${latency.ms.length}`;
    problems.push({ path: 'network.latency.ms', message });
  }
  if (latency !== null && new Set(latency.places).size !== latency.places.length) {
    problems.push({ path: 'network.latency.places', message: 'names must differ' });
  }
  checkNames(
    classes.map(({ region }) => ({ region, class: null })),
    'classes',
    named,
    problems,
  );
  for (const path of ['publisher', 'helpers'] as const) {
    const single: Problem[] = [];
    checkNames([{ region: scenario[path]?.region ?? null, class: null }], path, named, single);
    problems.push(...single.map(({ message }) => ({ path: `${path}.region`, message })));
  }
  checkNames(capacities ?? [], 'capacities', named, problems);
  checkNames(
    scenario.faults.map(({ region }) => ({ region, class: null })),
    'faults',
    named,
    problems,
  );
  if (arrivals.model !== 'trace') return;
  checkNames(arrivals.visits, 'arrivals.visits', named, problems);
  arrivals.visits.forEach(({ at, leaves }, index) => {
    if (leaves !== null && leaves <= at) {
      problems.push({ path: `arrivals.visits.${index}.leaves`, message: 'must be later than at' });
    }
  });
  if (!arrivals.visits.some(({ at }) => at < scenario.duration)) {
    problems.push({ path: 'arrivals.visits', message: 'nobody comes before the run ends; see duration' });
  }
}

/** A run of another length; when it is short its ramp is, too, so that there is something to see after it. */
function shortened(raw: JsonObject, length: string): JsonObject {
  const { duration, ramp } = SCENARIO.complete({ ...raw, duration: length }) as JsonObject;
  const [whole, part] = [duration, ramp].map((each) => (typeof each === 'string' ? parseDuration(each) : null));
  const long = whole !== null && part !== null && whole !== undefined && part !== undefined && part * 3 > whole;
  return { ...raw, duration: length, ...(long ? { ramp: `${Math.floor(whole / 3 / 1000)}ms` } : {}) };
}

/** Deep merge of objects; a patch with another `model` replaces the object, since its keys belong to the model. */
function merge(base: JsonObject, patch: JsonObject): JsonObject {
  const merged: Record<string, Json> = { ...base };
  for (const [name, value] of Object.entries(patch)) {
    const old = merged[name];
    const sameKind =
      isObject(old) && isObject(value) && (value['model'] === undefined || value['model'] === old['model']);
    merged[name] = sameKind ? merge(old, value) : value;
  }
  return merged;
}

function assign(target: Json | undefined, path: readonly string[], value: Json): Json {
  const [head, ...rest] = path;
  if (head === undefined) return isObject(target) && isObject(value) ? merge(target, value) : value;
  if (Array.isArray(target)) {
    const copy = [...(target as Json[])];
    copy[Number(head)] = assign(copy[Number(head)], rest, value);
    return copy;
  }
  const holder = isObject(target) && (head !== 'model' || target[head] === value) ? target : {};
  return { ...holder, [head]: assign(holder[head], rest, value) };
}

/** Text as it is; anything else as JSON, for a message about it. */
export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}
