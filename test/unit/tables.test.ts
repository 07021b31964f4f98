import { fc, test, testProp } from '@fast-check/ava';
import { createRng } from '../../core/rng.js';
import { readTable } from '../../experiments/data/tables.js';
import { ASTRAL } from '../../experiments/protocols.js';
import { mostAtOnce } from '../../sim/churn.js';
import { Kits } from '../../sim/kits.js';
import { createPlaces } from '../../sim/places.js';
import { loadScenario, type Json, type JsonObject, type Scenario } from '../../sim/scenario.js';
import type { TableKind } from '../../sim/scenario/data.js';
import { simulate } from '../../sim/simulate.js';

const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;

/** What is wrong with a table, each problem as one line. */
function wrong(kind: TableKind, text: string): string[] {
  const table = readTable(kind, 'x.csv', text);
  return table.ok ? [] : table.problems.map(({ path, message }) => `${path}: ${message}`);
}

function value(kind: TableKind, text: string): Json {
  const table = readTable(kind, 'x.csv', text);
  if (!table.ok) throw new Error(table.problems.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  return table.value;
}

function load(file: JsonObject, tables: Readonly<Record<string, string>>): ReturnType<typeof loadScenario> {
  const read = (kind: TableKind, name: string): ReturnType<typeof readTable> =>
    readTable(kind, name, tables[name] ?? '');
  return loadScenario({ name: 'data', ...file }, { tables: { file: read, set: read } });
}

function scenarioOf(file: JsonObject, tables: Readonly<Record<string, string>>): Scenario {
  const loaded = load(file, tables);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.scenario;
}

const NAME = fc.stringMatching(/^[A-Za-z][A-Za-z ,;"'\nö-]{0,12}[a-z"]$/).filter((name) => name === name.trim());
const MATRIX = fc.uniqueArray(NAME, { minLength: 1, maxLength: 6 }).chain((places) =>
  fc.record({
    places: fc.constant(places),
    columns: fc.shuffledSubarray(places, { minLength: places.length }),
    ms: fc.array(
      fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), { minLength: places.length, maxLength: places.length }),
      { minLength: places.length, maxLength: places.length },
    ),
  }),
);

testProp(
  'a matrix is read as it was written, whatever its names, separator, line ends and order of columns',
  [MATRIX, fc.constantFrom(',', ';', '\t'), fc.constantFrom('\n', '\r\n'), fc.boolean()],
  (t, { places, columns, ms }, separator, end, bom) => {
    const rows = places.map((from, row) => [
      quoted(from),
      ...columns.map((to) => ms[row]?.[places.indexOf(to)]?.toFixed(3) ?? ''),
    ]);
    const lines = [['', ...columns.map(quoted)], ...rows].map((cells) => cells.join(separator));
    const read = value('latency', `${bom ? '\ufeff' : ''}${lines.join(end)}${end}`) as JsonObject;
    t.deepEqual(read['places'], places);
    t.deepEqual(
      read['ms'],
      ms.map((row) => row.map((each) => Number(each.toFixed(3)))),
    );
  },
);

test('a matrix may have a head alone, or none, and nothing on its diagonal', (t) => {
  t.deepEqual(value('latency', 'a,b\n,20\n30 ms,-\n'), {
    places: ['a', 'b'],
    ms: [
      [0, 20],
      [30, 0],
    ],
  });
  t.deepEqual(value('latency', '# ms\n0,2e1\n30,1.5'), {
    places: ['place1', 'place2'],
    ms: [
      [0, 20],
      [30, 1.5],
    ],
  });
});

test('all that is wrong with a matrix is told, by line and cell', (t) => {
  t.deepEqual(wrong('latency', ',a,b\n\na,1,-4\nb,x,70000\n'), [
    "x.csv:3:3: '-4' is not a delay; expected milliseconds of 0 or more",
    "x.csv:4:2: 'x' is not a delay; expected milliseconds of 0 or more",
    "x.csv:4:3: '70000' is more than 60000 ms",
  ]);
  t.deepEqual(wrong('latency', ',"a\nb",c,c\n"a\nb",1,2,3\nd,1,2\n'), [
    'x.csv:1:1: there are 3 places by column and 2 by row',
    "x.csv:1:4: 'c' names two columns",
    "x.csv:5:1: 'd' is a row and no column",
    'x.csv:5:3: there are 2 delays, not 3',
  ]);
  t.deepEqual(wrong('latency', ''), ['x.csv:1:1: the file is empty; expected a matrix of delays']);
  t.regex(wrong('latency', 'a,b\n"1,2\n3,4\n')[0] ?? '', /^x\.csv:\d+:\d+: a quote is opened and never closed$/);
  const many = wrong('latency', Array.from({ length: 60 }, () => Array.from({ length: 60 }, () => '-1')).join('\n'));
  t.is(many.length, 51);
  t.is(many[50], 'x.csv: has 3550 more problems');
});

testProp(
  'whatever a file holds, reading it answers',
  [fc.string(), fc.constantFrom('latency', 'capacities', 'visits')],
  (t, text, kind) => {
    const table = readTable(kind, 'x.csv', text);
    t.true(table.ok || table.problems.length > 0);
  },
);

test('lines and visits take units in the cell or in the head, and tell what is wrong', (t) => {
  t.deepEqual(value('capacities', 'Upload (Mbit/s),down,weight\n1.5,8 Mbps,2\n300kbit,,\n'), [
    { uplink: '1500kbit', downlink: '8Mbit', share: 2, region: null, class: null },
    { uplink: '300kbit', downlink: null, share: 1, region: null, class: null },
  ]);
  const rest = { how: null, uplink: null, downlink: null, region: null, class: null };
  t.deepEqual(value('visits', 'join_ms,duration\n1500,2m\n20,\n'), [
    { at: '1500ms', leaves: '121500ms', ...rest },
    { at: '20ms', leaves: null, ...rest },
  ]);
  t.deepEqual(wrong('capacities', 'uplink,share,colour\n8,0,red\n,1,\n'), [
    "x.csv:1:3: 'colour' is no column of such a table; there can be uplink, downlink, share, region, class",
    "x.csv:2:1: '8' is not a rate; expected one with its unit, such as 8Mbit or 500kbit, or a number below a head such as uplink_Mbit",
    "x.csv:2:2: '0' is not a weight; expected a number above 0",
    'x.csv:3:1: the uplink is missing',
  ]);
  t.deepEqual(wrong('visits', 'join,leave,duration,how,node\n5,4,,,\n1,9,9,bang,a\n8,,,,a\n,,,,\n'), [
    'x.csv:2:2: the leave must be later than the join',
    'x.csv:3:3: leave and duration do not agree; one of them is enough',
    "x.csv:3:4: 'bang' is no ending; expected leave or crash",
    "x.csv:4:5: 'a' is still there since line 3",
  ]);
});

test('a name that does not exist is told where it stands in the file', (t) => {
  const loaded = load(
    {
      capacities: { csv: 'c.csv' },
      network: { latency: { csv: 'l.csv' } },
      classes: [{ name: 'home', region: 'Rome' }],
    },
    { 'c.csv': '# lines\nuplink,region,class\n1Mbit,Oslo,home\n2Mbit,Bonn,away\n', 'l.csv': ',Oslo\nOslo,1\n' },
  );
  t.deepEqual(loaded.ok ? [] : loaded.problems, [
    { path: 'classes.0.region', message: 'must be one of Oslo, not "Rome"' },
    { path: 'c.csv:4:2', message: 'must be one of Oslo, not "Bonn"' },
    { path: 'c.csv:4:3', message: 'must be one of home, not "away"' },
  ]);
});

test('a scenario that names a file says so to whoever reads none', (t) => {
  const loaded = loadScenario({ name: 'data', network: { latency: { csv: 'l.csv' } } });
  t.deepEqual(loaded.ok ? [] : loaded.problems.map(({ path }) => path), ['network.latency']);
});

test('delays are those of the matrix, one for each direction; the last mile comes on top unless it is in them', (t) => {
  const latency = {
    places: ['a', 'b'],
    ms: [
      [0, 12.5],
      [80, 3],
    ],
  };
  const places = createPlaces({ latency, lastMile: false }, createRng('places'));
  for (const node of ['x', 'y', 'z', 'w']) places.place(node, node < 'y' ? 'a' : 'b');
  t.deepEqual(places.path('x', 'z'), { base: 12_500, spread: 0 });
  t.deepEqual(places.path('z', 'x'), { base: 80_000, spread: 0 });
  t.deepEqual(places.path('y', 'z'), { base: 3_000, spread: 0 });
  const last = createPlaces({ latency, lastMile: true }, createRng('places'));
  last.place('x', 'a');
  last.place('z', 'b');
  t.is(last.path('x', 'z').base, 12_500);
  t.true(last.path('x', 'z').spread >= 4_000 && last.path('x', 'z').spread <= 60_000);
  const drawn = new Set(
    Array.from({ length: 40 }, (_, index) => (last.place(`n${index}`, null), last.placeOf(`n${index}`))),
  );
  t.is(drawn.size, 2);
});

test('every block of viewers holds the lines of the table in their shares, as they are', (t) => {
  const table = 'uplink,share,region,class\n4Mbit,1,europe,a\n500kbit,3,japan,b\n1Mbit,4,,\n';
  const scenario = scenarioOf(
    {
      viewers: 80,
      capacities: { csv: 'c.csv' },
      classes: [
        { name: 'a', share: 0.5, region: 'australia' },
        { name: 'b', share: 0.5 },
      ],
    },
    { 'c.csv': table },
  );
  t.is(scenario.resourceIndex, null);
  const kits = new Kits(scenario, createRng('kits'));
  for (let block = 0; block < 2; block++) {
    const counts = new Map<string, number>();
    for (let index = 0; index < 80; index++) {
      const { kit, class: name } = kits.next();
      const key = `${kit.line.up} ${kit.place} ${name}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    t.deepEqual(Object.fromEntries(counts), {
      '500000 japan b': 30,
      '1000000 australia a': 40,
      '4000000 europe a': 10,
    });
  }
});

const VISITS = fc.array(fc.record({ join: fc.nat(40), stay: fc.option(fc.integer({ min: 1, max: 50 })) }), {
  minLength: 1,
  maxLength: 30,
});

testProp('the most that are there at once are counted', [VISITS], (t, visits) => {
  const rest = { how: null, uplink: null, downlink: null, region: null, class: null };
  const rows = visits.map(({ join, stay }) => ({ at: join, leaves: stay === null ? null : join + stay, ...rest }));
  const present = (at: number): number => rows.filter((row) => row.at <= at && (row.leaves ?? 1_000) > at).length;
  t.is(mostAtOnce(rows), Math.max(...rows.map(({ at }) => present(at))));
});

test('a run has the visits of its trace: who comes when from where with which line, and how it ends', (t) => {
  const scenario = scenarioOf(
    {
      duration: '30s',
      ramp: '5s',
      crashShare: 0,
      network: { latency: { csv: 'l.csv' } },
      arrivals: { model: 'trace', visits: { csv: 'v.csv' } },
    },
    {
      'l.csv': ',x,y\nx,1,20\ny,30,1\n',
      'v.csv':
        'join,leave,how,uplink,region,node\n8,25,crash,3Mbit,y,b\n0.5,,,,x,a\n2,12,leave,1Mbit,y,c\n14,20,leave,,,c\n40,50,,,,d\n',
    },
  );
  t.is(scenario.viewers, 3);
  const { viewers } = simulate(scenario, { ...ASTRAL, seed: 1 });
  const column = (name: string): unknown[] => Array.from(viewers[name] ?? []);
  t.deepEqual(column('node'), ['v1', 'v2', 'v3', 'v4']);
  t.deepEqual(column('joinedAtMs'), [500, 2_000, 8_000, 14_000]);
  t.deepEqual(column('region'), [0, 1, 1, 1]);
  t.deepEqual(column('uplink').slice(1), [1e6, 3e6, 1e6]);
  t.deepEqual(column('ending'), ['present', 'left', 'crashed', 'left']);
  t.is(column('endedAtMs')[2], 25_000);
});
