import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { ASTRAL } from '../../experiments/protocols.js';
import { RecordingFile } from '../../experiments/recording-file.js';
import { readWorkload } from '../../experiments/workloads.js';
import { loadScenario } from '../../sim/scenario.js';
import { simulate } from '../../sim/simulate.js';
import { figuresOf, momentOf } from '../../viz/overlay/figures.js';
import { applyLine } from '../../viz/overlay/fold.js';
import { graphOf, kinOf } from '../../viz/overlay/graph.js';
import { History } from '../../viz/overlay/history.js';
import { Layout } from '../../viz/overlay/layout.js';
import { lineOf, parseLine, type PictureLine } from '../../viz/overlay/lines.js';
import { LiveFeed } from '../../viz/overlay/live.js';
import { Playback } from '../../viz/overlay/playback.js';
import { ringRadii, seatsOf } from '../../viz/overlay/radial.js';
import { emptyState, type OverlayState } from '../../viz/overlay/state.js';
import { wordsOf } from '../../viz/overlay/wording.js';

const ALL = { substreams: -1, standby: true, stream: null } as const;

/** A small storm, recorded as `astral sim --record` does: the lines of the file. */
const recorded: PictureLine[] = [];
test.before(() => {
  const folder = mkdtempSync(join(tmpdir(), 'astral-overlay-'));
  const loaded = loadScenario(readWorkload('w02'), {
    viewers: 30,
    duration: '40s',
    set: [['faults', [{ at: '25s', kind: 'crash', target: 'viewer', param: 0.3 }]]],
  });
  if (!loaded.ok) throw new Error('w02 does not load');
  const path = join(folder, 'recording.ndjson.gz');
  const recorder = new RecordingFile(path, loaded.scenario, 3);
  const result = simulate(loaded.scenario, { ...ASTRAL, seed: 3, check: 'off', recorder });
  recorder.close(result.document);
  for (const text of gunzipSync(readFileSync(path)).toString().trimEnd().split('\n')) {
    const line = parseLine(text);
    if (line === null) throw new Error(`not understood: ${text}`);
    recorded.push(line);
  }
  rmSync(folder, { recursive: true });
});

function foldUntil(lines: readonly PictureLine[], time: number): OverlayState {
  const state = emptyState();
  for (const line of lines) if (line.at <= time) applyLine(state, line);
  state.at = Math.max(state.at, time);
  return state;
}

function comparable(state: OverlayState): unknown {
  return [state.at, Object.fromEntries(state.nodes), Object.fromEntries(state.edges)];
}

test('tickets folded from events are those that the nodes themselves show', (t) => {
  const state = emptyState();
  let compared = 0;
  for (const line of recorded) {
    applyLine(state, line);
    if (line.type !== 'view') continue;
    const told = line.view.streams.flatMap((stream) =>
      stream.tickets.map(({ side, sub, peer, state: word }) => `${side} ${sub} ${peer} ${word}`),
    );
    const folded = [...state.edges.values()].flatMap(({ provider, consumer, sub, atProvider, atConsumer }) => [
      ...(provider === line.node && atProvider !== null ? [`provider ${sub} ${consumer} ${atProvider}`] : []),
      ...(consumer === line.node && atConsumer !== null ? [`consumer ${sub} ${provider} ${atConsumer}`] : []),
    ]);
    t.deepEqual(folded.toSorted(), [...new Set(told)].toSorted(), `${line.node} at ${line.at}`);
    compared += told.length;
  }
  t.true(compared > 1000);
});

test('a recording tells nodes, flow, crashes and figures', (t) => {
  const history = new History();
  for (const line of recorded) history.add(line);
  const { seconds, marks } = history.series;
  t.is(marks.length, 1);
  t.true(Math.max(...seconds.map(({ viewers }) => viewers)) >= 28);
  t.true(seconds.slice(24, 27).reduce((sum, { crashes }) => sum + crashes, 0) >= 6);
  t.true(seconds.reduce((sum, { played }) => sum + played, 0) > 5000);
  const state = history.stateAt(20e6);
  const graph = graphOf(state, ALL);
  const playing = graph.nodes.filter(({ player }) => player === 'playing').length;
  t.true(playing > 20, `${playing} play`);
  const attached = graph.depth.filter((depth) => depth !== null && depth > 0);
  t.true(attached.length > 20 && Math.max(...attached.map(Number)) >= 2);
  const rows = figuresOf(history.summary, state.header?.targets ?? []);
  t.true(rows.some(({ label, beside }) => label.startsWith('Continuity') && beside?.startsWith('target')));
  t.is(momentOf(state)[0]?.value, String(graph.nodes.filter(({ kind, up }) => up && kind === 'viewer').length));
  for (const line of recorded) if ('why' in line && line.type !== 'node') t.true(wordsOf(line).length > 3);
  t.deepEqual(figuresOf('no document', []), []);
});

testProp(
  'any sequence of jumps shows what folding from the start shows',
  [fc.array(fc.nat(42e6), { minLength: 1, maxLength: 12 })],
  (t, times) => {
    const history = new History();
    for (const line of recorded) history.add(line);
    for (const time of times) {
      t.deepEqual(comparable(history.stateAt(time)), comparable(foldUntil(recorded, time)));
    }
  },
  { numRuns: 15 },
);

test('a history of bounded length forgets its beginning and nothing else', (t) => {
  const [bounded, whole] = [new History(3000), new History()];
  for (const line of recorded) {
    bounded.add(line);
    whole.add(line);
    bounded.stateAt(bounded.end);
  }
  t.true(bounded.begin > 0);
  t.is(bounded.end, whole.end);
  for (const time of [bounded.begin, (bounded.begin + bounded.end) / 2, bounded.end]) {
    t.deepEqual(comparable(bounded.stateAt(time)), comparable(whole.stateAt(time)));
  }
});

test('views alone draw the same tickets as events', (t) => {
  const live = emptyState();
  const feed = new LiveFeed((line) => applyLine(live, line));
  // Of every node the last view before the crash, as a directory would hold them.
  const newest = new Map(
    recorded.flatMap((line) => (line.type === 'view' && line.at <= 20e6 ? [[line.node, line]] : [])),
  );
  for (const { at, view } of newest.values()) t.true(feed.report(20e6, { at, name: 'someone', view }));
  const graph = graphOf(live, ALL);
  const flow = { ...ALL, standby: false };
  const flowing = graphOf(live, flow).links.length;
  const truth = graphOf(foldUntil(recorded, 20e6), flow).links.length;
  t.true(Math.abs(flowing - truth) < truth * 0.1, `${flowing} of ${truth}`);
  t.true(graph.nodes.every(({ up }) => up));
  feed.second(35e6);
  t.true(
    [...live.nodes.values()].every(({ up }) => !up),
    'who is silent is gone',
  );
  t.is(feed.size, 0);
  for (const junk of [null, 7, {}, { view: {} }, { view: { node: 'x', role: 'ordinary', streams: [{}] } }]) {
    t.false(feed.report(0, junk));
    t.false(feed.event(0, junk));
  }
});

testProp(
  'the chain above a node leads to a publisher or ends at an orphan, on every sub-stream',
  [fc.nat(40e6), fc.nat()],
  (t, time, pick) => {
    const graph = graphOf(foldUntil(recorded, time), ALL);
    if (graph.nodes.length === 0) return;
    const node = pick % graph.nodes.length;
    const kin = kinOf(graph, node);
    t.true(kin.nodes.has(node));
    for (const at of kin.below) t.is(graph.links[at]?.from, node);
    for (const at of kin.above) {
      const link = graph.links[at];
      t.truthy(link);
      t.true(kin.nodes.has(link?.from ?? -1) && kin.nodes.has(link?.to ?? -1));
    }
  },
  { numRuns: 30 },
);

testProp(
  'whatever a line holds, it is refused or folded',
  [fc.jsonValue(), fc.constantFrom('node', 'view', 'ticket', 'flow', 'recording', 'stall', 'peer')],
  (t, value, type) => {
    const state = emptyState();
    const lines = [value, { ...(Object(value) as Record<string, unknown>), type, at: 1, node: 'n' }];
    for (const each of lines) {
      const line = lineOf(each);
      if (line !== null) applyLine(state, line);
    }
    t.is(parseLine('{"type":'), null);
    graphOf(state, ALL);
    t.pass();
  },
);

test('the layout settles, keeps the publisher in the middle, repeats itself, and spares who stays', (t) => {
  const graph = graphOf(foldUntil(recorded, 20e6), ALL);
  const request = (mode: 'force' | 'rings') => ({
    type: 'graph' as const,
    mode,
    ids: graph.nodes.map(({ id }) => id),
    links: Int32Array.from(graph.links.flatMap(({ from, to, primary }) => (primary ? [from, to] : []))),
    publishers: graph.nodes.flatMap(({ kind }, at) => (kind === 'publisher' ? [at] : [])),
  });
  const settle = (layout: Layout): Float32Array => {
    for (let steps = 0; layout.moving; steps++) {
      layout.step();
      if (steps > 2000) t.fail('never rests');
    }
    return layout.positions();
  };
  const [one, other] = [new Layout(), new Layout()];
  for (const layout of [one, other]) layout.setGraph(request('force'));
  const first = settle(one);
  t.deepEqual(first, settle(other));
  t.true(first.every((value) => Number.isFinite(value)));
  const publisher = graph.nodes.findIndex(({ kind }) => kind === 'publisher');
  t.deepEqual([...first.subarray(publisher * 2, publisher * 2 + 2)], [0, 0]);
  one.setGraph(request('rings'));
  const rings = settle(one);
  const { links, ids, publishers } = request('rings');
  const seats = seatsOf(ids.length, links, publishers);
  const radii = ringRadii(seats, 90, 15);
  for (const [at, { ring }] of seats.entries()) {
    const off = Math.abs(Math.hypot(rings[at * 2] ?? 0, rings[at * 2 + 1] ?? 0) - (radii[ring] ?? 0));
    t.true(off < 12, `${ids[at]} is ${off} from its ring`);
  }
});

test('playback: the end stops it, playing on begins anew, live follows until somebody looks back', (t) => {
  const film = new Playback(false);
  film.extend(0, 10e6);
  film.toggle(false);
  film.speed = 10;
  t.true(film.advance(500));
  t.is(film.time, 5e6);
  film.advance(5000);
  t.is(film.time, 10e6);
  t.false(film.advance(100));
  film.toggle(false);
  film.toggle(false);
  t.is(film.time, 0);
  const live = new Playback(true);
  live.extend(0, 10e6);
  t.is(live.time, 10e6);
  t.true(live.advance(16), 'what is new is shown');
  t.false(live.advance(16));
  live.seek(4e6, true);
  live.extend(0, 11e6);
  t.is(live.time, 4e6);
  live.seek(99e6, true);
  live.extend(0, 12e6);
  t.is(live.time, 12e6);
});

testProp(
  'seats on rings: a child sits one ring further out and within the arc of its parent, and no two share a place',
  [fc.array(fc.nat(), { minLength: 1, maxLength: 60 })],
  (t, picks) => {
    // Node i + 1 hangs on one of the earlier ones: an arbitrary tree.
    const links = Int32Array.from(picks.flatMap((pick, at) => [pick % (at + 1), at + 1]));
    const seats = seatsOf(picks.length + 1, links, [0]);
    t.is(seats[0]?.ring, 0);
    for (let at = 0; at < links.length; at += 2) {
      t.is(seats[links[at + 1] ?? 0]?.ring, (seats[links[at] ?? 0]?.ring ?? 0) + 1);
    }
    t.is(new Set(seats.map(({ ring, angle }) => `${ring}/${angle.toFixed(9)}`)).size, seats.length);
    const loop = seatsOf(3, Int32Array.of(1, 2, 2, 1), [0]);
    t.deepEqual(
      loop.map(({ ring }) => ring),
      [0, 1, 1],
      'a loop hangs on nobody',
    );
  },
);
