import test from 'ava';
import { MS, SECOND } from '../../core/units.js';
import type { TicketView, View } from '../../core/view.js';
import { Panel } from '../../sim/checkers/panel.js';
import { chunk, edge, found, panelOf, show, snapshotOf, ticket, view, VIEWER, type Step } from './checker-steps.js';

test('S2: each life of a node has a higher incarnation than all before it, and no two live at once', (t) => {
  const life = (at: number, incarnation: number): Step[] => [
    [at, 'b', ticket(1, 'b', 'c', null, 'offered', { incarnation })],
    [at + 1, 'b', ticket(1, 'b', 'c', 'offered', null, { incarnation })],
  ];
  const restart = (first: number, second: number): Panel => {
    const panel = panelOf([...life(0, first), [5, 'b', 'down']]);
    panel.nodeUp(6, VIEWER('b'));
    show(panel, life(7, second));
    return panel;
  };
  t.is(found(restart(1, 2), 'S2'), 0);
  t.is(found(restart(2, 2), 'S2'), 1, 'the same again');
  t.is(found(restart(3, 2), 'S2'), 1, 'an older one');
  t.is(found(panelOf([...life(0, 1), ...life(2, 2)]), 'S2'), 1, 'two in one life');
  const twins = panelOf([]);
  twins.nodeUp(1, VIEWER('b'));
  t.is(found(twins, 'S2'), 1);
});

test('S4: offers end in time, there are few for the same requester, and they displace nobody', (t) => {
  const offer = (at: number, id: number): Step => [
    at,
    'a',
    ticket(id, 'a', 'b', null, 'offered', { expires: at + 2 * SECOND }),
  ];
  const end = (at: number, id: number): Step => [at, 'a', ticket(id, 'a', 'b', 'offered', null, { why: 'expired' })];
  t.is(found(panelOf([offer(0, 1), end(2.2 * SECOND, 1)]), 'S4'), 0);
  t.is(found(panelOf([offer(0, 1), end(2.3 * SECOND, 1)]), 'S4'), 1);
  t.is(found(panelOf([offer(0, 1)]), 'S4'), 1, 'never ended');
  const slept = panelOf([offer(0, 1)]);
  slept.resumed(9 * SECOND, 'a');
  show(slept, [end(9.1 * SECOND, 1)]);
  t.is(found(slept, 'S4'), 0, 'it stood still');
  const ends = [1, 2, 3].map((id) => end(SECOND, id));
  t.is(found(panelOf([offer(0, 1), offer(1, 2), ...ends]), 'S4'), 0);
  t.is(found(panelOf([offer(0, 1), offer(1, 2), offer(2, 3), ...ends]), 'S4'), 1);
  const displaced: Step = [5, 'a', ticket(1, 'a', 'c', 'active', null, { why: 'displaced' })];
  const confirmed = (at: number): Step => [at, 'a', ticket(2, 'a', 'b', 'offered', 'active')];
  t.is(found(panelOf([...edge(0, 1, 'a', 'c'), offer(1, 2), displaced, confirmed(5)]), 'S4'), 0);
  t.is(found(panelOf([...edge(0, 1, 'a', 'c'), offer(1, 2), displaced, confirmed(6)]), 'S4'), 1);
});

/** A view in which the node provides for `consumer`. */
function serving(base: View, consumer: string, more: Partial<TicketView> = {}): View {
  const given = { side: 'provider', ticket: 1, generation: 1, incarnation: 1, sub: 0, peer: consumer } as const;
  const entry: TicketView = { ...given, state: 'active', expires: 0, bitrate: 100, ...more };
  const [stream] = base.streams;
  return stream === undefined ? base : { ...base, streams: [{ ...stream, tickets: [...stream.tickets, entry] }] };
}

test('S6: both ends of a ticket agree on whom it serves, and in quiet times on its state', (t) => {
  const other = ticket(1, 'a', 'c', null, 'offered');
  t.is(found(panelOf([...edge(0, 1, 'a', 'b'), [1, 'a', other]]), 'S6'), 1, 'one ticket for two');
  const quiet = (provider: View, steps: readonly Step[] = edge(0, 1, 'a', 'b')): number => {
    const panel = panelOf(steps);
    panel.quiet(10 * SECOND, snapshotOf([provider, view('b', 'a', 0)]));
    return found(panel, 'S6');
  };
  const a = view('a', null, 0);
  t.is(quiet(serving(a, 'b')), 0);
  t.is(quiet(a), 1, 'the provider knows nothing of it');
  t.is(quiet(serving(a, 'b', { generation: 2 })), 1, 'another generation');
  t.is(quiet(serving(a, 'b', { state: 'closing' })), 1);
  t.is(quiet({ ...a, incarnation: 2 }), 0, 'it has restarted');
  const ended = (at: number): Step[] => [...edge(0, 1, 'a', 'b'), [at, 'a', ticket(1, 'a', 'b', 'active', null)]];
  t.is(quiet(a, ended(9.5 * SECOND)), 0, 'the news is under way');
  t.is(quiet(a, ended(8 * SECOND)), 1);
});

test('S19: one hop deeper than the provider said, and no deeper than the bound', (t) => {
  const push = (at: number, depth: number): Step => [at, 'a', chunk('forwarded', 1, { peer: 'b', depth })];
  const got = (at: number, depth: number): Step => [at, 'b', chunk('received', 1, { peer: 'a', depth })];
  t.is(
    found(panelOf([push(0, 0), got(1, 1), push(2, 3), got(3, 1), got(4, 4)]), 'S19'),
    0,
    'old news may be under way',
  );
  t.is(found(panelOf([push(0, 0), got(1, 2)]), 'S19'), 1);
  t.is(found(panelOf([push(0, 0), got(1, 0)]), 'S19'), 1);
  t.is(found(panelOf([push(0, 0), got(31 * SECOND, 1)]), 'S19'), 1);
  t.is(found(panelOf([push(0, 16), got(1, 17)]), 'S19'), 0);
  t.is(found(panelOf([push(0, 17)]), 'S19'), 1);
});

test('S24: who leaves tells each consumer, with alternatives, and is silent afterwards', (t) => {
  const tell = (consumer: string, alternatives: number): Step => [
    2,
    'b',
    { type: 'leaving', stream: 's', consumer, alternatives },
  ];
  const left: Step = [9, 'b', { type: 'left', why: 'command' }];
  const two = [...edge(0, 1, 'b', 'c'), ...edge(1, 2, 'b', 'd')];
  t.is(found(panelOf([...two, tell('c', 1), tell('d', 1), left]), 'S24'), 0);
  t.is(found(panelOf([...two, tell('c', 1), left]), 'S24'), 1, 'one was not told');
  const cut: Step = [3, 'b', ticket(2, 'b', 'd', 'active', null, { why: 'leaving' })];
  t.is(found(panelOf([...two, tell('c', 1), cut, left]), 'S24'), 1, 'one was cut off without a word');
  t.is(found(panelOf([...two, tell('c', 0), tell('d', 1), left]), 'S24'), 1, 'no alternative named');
  t.is(found(panelOf([...edge(0, 1, 'b', 'c'), tell('c', 0), left]), 'S24'), 0, 'it knows none');
  t.is(found(panelOf([left, [10, 'b', chunk('forwarded', 1, { peer: 'c' })]]), 'S24'), 1, 'speaks from the grave');
});

const T = 100 * SECOND;

const DIRECTORY = { id: 'dir', kind: 'directory', uplink: 0, region: 0 } as const;
/** An ordinary node that has counted on this supernode, or on none, for some time. */
function child(node: string, primary: string | null, since: number): View {
  return { ...view(node, 'a', 0), primary, primarySince: since, children: [] };
}

function supernode(...children: string[]): View {
  return { ...child('a', null, 0), role: 'supernode', children };
}

/** Violations of L5 at the end of 12 s of quiet. */
function unplaced(views: readonly View[], before: (panel: Panel) => void = () => {}): number {
  const panel = new Panel('all');
  panel.nodeUp(0, DIRECTORY);
  panel.nodeUp(0, { id: 'a', kind: 'publisher', uplink: 1000, region: 0 });
  for (const id of 'bcd') panel.nodeUp(0, { ...VIEWER(id), ways: ['dir'] });
  panel.observe(0, 'a', { type: 'role', role: 'supernode', why: 'no-supernode' });
  panel.calm(T - 12 * SECOND);
  before(panel);
  panel.quiet(T, snapshotOf(views));
  return found(panel, 'L5');
}

test('L5: when all is quiet, a node that can find a supernode has one that knows of it, or is one', (t) => {
  const b = child('b', 'a', 0);
  t.is(unplaced([supernode('b'), b]), 0);
  t.is(unplaced([supernode(), b]), 1, 'its supernode does not know of it');
  t.is(unplaced([child('a', null, 0), b]), 2, 'two ordinary nodes');
  t.is(unplaced([b]), 1, 'its supernode is no more');
  const stray = [supernode(), child('b', null, 0)];
  t.is(unplaced(stray), 1);
  t.is(unplaced([supernode(), child('b', null, T - 4 * SECOND)]), 0, 'it has just lost it');
  t.is(unplaced([supernode(), child('b', null, T - 5 * SECOND)]), 1, 'some time ago');
  t.is(
    unplaced(stray, (panel) => panel.nodeDown(0, 'dir')),
    0,
    'nobody to turn to',
  );
  t.is(
    unplaced(stray, (panel) => panel.calm(T - 4 * SECOND)),
    0,
    'not quiet for long',
  );
  t.is(
    unplaced(stray, (panel) => panel.resumed(T - 4 * SECOND, 'b')),
    0,
    'it stood still',
  );
  const reborn = (panel: Panel): void => {
    panel.nodeDown(T - 5 * SECOND, 'b');
    panel.nodeUp(T - 4 * SECOND, { ...VIEWER('b'), ways: ['dir'] });
  };
  t.is(unplaced(stray, reborn), 0, 'it has just started');
});

test('L5: whose supernode ends needs time to notice, and who comes has five seconds', (t) => {
  const b = child('b', 'a', 0);
  for (const [ago, count] of [
    [7, 0],
    [8, 1],
  ] as const) {
    const at = T - ago * SECOND;
    t.is(
      unplaced([b], (panel) => panel.nodeDown(at, 'a')),
      count,
      'a crash is noticed late',
    );
    t.is(
      unplaced([b], (panel) => panel.leaving(at, 'a')),
      count,
    );
    const parted = { type: 'peer', peer: 'b', change: 'down', why: 'closed' } as const;
    t.is(
      unplaced([supernode(), b], (panel) => panel.observe(at, 'a', parted)),
      count,
    );
    const surplus = { type: 'role', role: 'ordinary', why: 'surplus' } as const;
    const steppedDown = [child('a', 'c', T), b, { ...supernode('a'), node: 'c' }];
    t.is(
      unplaced(steppedDown, (panel) => panel.observe(at, 'a', surplus)),
      count,
    );
  }
  const arrived = (...views: View[]): number => {
    const panel = panelOf([[0, 'a', { type: 'role', role: 'supernode', why: 'start' }]]);
    panel.calm(T);
    panel.nodeUp(T, { ...VIEWER('f'), ways: ['a'] });
    panel.arrived(T + 5 * SECOND, snapshotOf(views));
    return found(panel, 'L5');
  };
  t.is(arrived(supernode('f'), child('f', 'a', T)), 0);
  t.is(arrived(supernode(), child('f', null, 0)), 1, 'five seconds were not enough');
  const { primary: _, ...alone } = child('b', null, 0);
  t.is(arrived(alone), 0, 'a protocol without supernodes');
  const verdicts = (panel: Panel): string | undefined => panel.verdicts()['L5']?.verdict;
  t.is(verdicts(panelOf([])), 'not applicable');
});

test('L7: after a partition everybody gets new chunks within 10 s', (t) => {
  const published = (at: number, seq: number): Step => [at, 'a', chunk('published', seq)];
  const received = (node: string, at: number, seq: number): Step => [at, node, chunk('received', seq, { peer: 'a' })];
  const healed = (after: (panel: Panel) => void): number => {
    const panel = panelOf([published(0, 0)]);
    panel.fault(SECOND, { kind: 'partition', phase: 'begin', nodes: ['b'] });
    panel.fault(5 * SECOND, { kind: 'partition', phase: 'end', nodes: ['b'] });
    show(panel, [published(5.1 * SECOND, 1), ...['b', 'c', 'd'].map((node) => received(node, 6 * SECOND, 1))]);
    after(panel);
    show(panel, [published(15.1 * SECOND, 2)]);
    return found(panel, 'L7');
  };
  t.is(
    healed((panel) => show(panel, [received('e', 14 * SECOND, 1)])),
    0,
  );
  t.is(
    healed((panel) => show(panel, [received('e', 14 * SECOND, 0)])),
    1,
    'an old chunk feeds nobody',
  );
  t.is(
    healed(() => {}),
    1,
  );
  t.is(
    healed((panel) => panel.nodeDown(9 * SECOND, 'e')),
    0,
    'it is gone',
  );
  t.is(
    healed((panel) => panel.leaving(9 * SECOND, 'e')),
    0,
    'it goes',
  );
  t.is(
    healed((panel) => panel.nodeDown(9 * SECOND, 'a')),
    0,
    'nobody publishes',
  );
  t.is(
    healed((panel) => panel.fault(9 * SECOND, { kind: 'one-way', phase: 'begin', nodes: ['c'] })),
    0,
    'another one',
  );
  t.is(
    healed((panel) => panel.fault(4 * SECOND, { kind: 'half-open', phase: 'begin', nodes: ['e'] })),
    0,
    'its connections were forgotten as well',
  );
  t.is(
    healed((panel) => panel.fault(8 * SECOND, { kind: 'crash', phase: 'begin', nodes: ['z'] })),
    0,
    'somebody died meanwhile',
  );
  t.is(
    healed((panel) => panel.fault(6 * SECOND, { kind: 'pause', phase: 'begin', nodes: ['e'] })),
    0,
    'it stands still',
  );
});

test('L7: once all is quiet there is one overlay', (t) => {
  const overlay = (...views: View[]): number => {
    const panel = panelOf([]);
    panel.quiet(20 * SECOND, snapshotOf(views));
    return found(panel, 'L7');
  };
  t.is(overlay(view('a', null, 0), view('b', 'a', 0), view('c', 'b', 0), view('d', null, 0)), 0);
  t.is(
    overlay(view('a', null, 0), view('b', 'a', 0), view('c', 'd', 0), view('d', null, 0)),
    1,
    'c hangs on an orphan',
  );
  const [stream] = view('b', 'a', 0).streams;
  const suspect = {
    ...view('b', 'a', 0),
    streams: [{ ...stream!, tickets: stream!.tickets.map((held) => ({ ...held, state: 'suspect' as const })) }],
  };
  t.is(overlay(view('a', null, 0), suspect, view('c', 'b', 0)), 0, 'the provider of b is suspect for a moment');
});

test('L9: who leaves in quiet times hands its consumers over in time, and they miss nothing by it', (t) => {
  const T = 20 * SECOND;
  const leave = (steps: readonly Step[], rooms: number, before: readonly Step[] = []): number => {
    const panel = panelOf([...edge(0, 1, 'b', 'c'), ...edge(0, 2, 'a', 'b'), ...before]);
    panel.quiet(T, snapshotOf([view('a', null, 0)]));
    panel.leaving(T, 'b');
    show(panel, steps);
    const snapshot = snapshotOf([view('a', null, rooms), view('b', 'a', 0), view('c', null, 0)]);
    panel.halfLeft(T + 2.5 * SECOND, snapshot);
    panel.left(T + 5 * SECOND, snapshot);
    return found(panel, 'L9');
  };
  const moved = (at: number): Step => [at, 'c', ticket(7, 'a', 'c', null, 'active')];
  t.is(leave([], 100), 1, 'the publisher has room');
  t.is(leave([], 0), 0, 'nobody has');
  t.is(leave([moved(T + SECOND)], 100), 0);
  const missed = (at: number, sub = 0): Step => [at, 'c', chunk('missed', 9, { sub })];
  const two = (at: number, sub = 0): Step[] => [missed(at - 100 * MS, sub), missed(at, sub)];
  t.is(leave([moved(T + SECOND), ...two(T + 4 * SECOND)], 100), 1);
  t.is(leave([moved(T + SECOND), missed(T + 4 * SECOND)], 100), 0, 'one may have another reason');
  t.is(leave([moved(T + SECOND), ...two(T + 4 * SECOND, 1)], 100), 0, 'another sub-stream');
  t.is(leave([moved(T + SECOND), ...two(T + 4.7 * SECOND)], 100), 0, 'published long after it had moved');
  t.is(
    leave([moved(T + SECOND), missed(T + 4 * SECOND)], 100, [missed(T - 500 * MS)]),
    0,
    'it was missing some before',
  );
  const deep: Step = [T - 1, 'c', chunk('received', 8, { peer: 'b', depth: 5 })];
  t.is(leave([moved(T + SECOND), ...two(T + 4 * SECOND)], 100, [deep]), 0, 'too deep to demand it');
});
