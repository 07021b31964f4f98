import test from 'ava';
import type { ChunkEvent, TicketEvent } from '../../core/trace.js';
import { SECOND } from '../../core/units.js';
import type { View } from '../../core/view.js';
import { Panel } from '../../sim/checkers/panel.js';
import { broken, chunk, edge, run, ticket, view, type Step } from './checker-steps.js';

test('S1: a cycle is found when its last edge closes it, and named', (t) => {
  const chain = [...edge(0, 1, 'a', 'b'), ...edge(1, 2, 'b', 'c'), ...edge(2, 3, 'c', 'd')];
  t.deepEqual(broken(chain), []);
  const { violations } = run([...chain, ...edge(3, 4, 'd', 'b')]);
  t.deepEqual(
    violations.map(({ invariant, nodes }) => [invariant, nodes]),
    [['S1', ['d', 'c', 'b']]],
  );
});

test('S1: an edge that one end holds alone, of another generation, ended or of the dead closes nothing', (t) => {
  const chain = [...edge(0, 1, 'a', 'b'), ...edge(1, 2, 'b', 'c')];
  t.deepEqual(broken([...chain, [2, 'a', ticket(3, 'c', 'a', null, 'active')]]), [], 'only the consumer');
  const newer = ticket(3, 'c', 'a', 'offered', 'active', { generation: 2 });
  t.deepEqual(
    broken([...chain, [2, 'a', ticket(3, 'c', 'a', null, 'active')], [3, 'c', newer]]),
    [],
    'generations differ',
  );
  t.deepEqual(broken([...chain, [2, 'b', ticket(1, 'a', 'b', 'active', null)], ...edge(3, 3, 'c', 'a')]), [], 'ended');
  t.deepEqual(broken([...chain, [2, 'b', 'down'], ...edge(3, 3, 'c', 'a')]), [], 'dead');
  t.deepEqual(
    broken([
      ...edge(0, 1, 'a', 'b'),
      ...edge(1, 2, 'b', 'a').map(([at, node, event]) => [at, node, { ...(event as TicketEvent), sub: 1 }] as Step),
    ]),
    [],
    'another sub-stream',
  );
});

test('S3: the sum of active bitrates stays within the uplink, at the time of each confirmation', (t) => {
  const two = [...edge(0, 1, 'a', 'b'), ...edge(1, 2, 'a', 'c')];
  t.deepEqual(broken(two, 200), []);
  t.deepEqual(broken(two, 199), ['S3']);
  t.deepEqual(
    broken([...edge(0, 1, 'a', 'b'), [1, 'a', ticket(1, 'a', 'b', 'active', null)], ...edge(2, 2, 'a', 'c')], 100),
    [],
  );
});

test('S5: two active tickets on a sub-stream for a moment, never three, never for long', (t) => {
  const end: Step = [2 * SECOND, 'c', ticket(1, 'a', 'c', 'active', null)];
  const overlap = [...edge(0, 1, 'a', 'c'), ...edge(SECOND, 2, 'b', 'c')];
  t.deepEqual(broken([...overlap, end]), []);
  t.deepEqual(broken([...overlap, ...edge(SECOND, 3, 'd', 'c')]), ['S5']);
  t.deepEqual(broken([...overlap, [4 * SECOND, 'c', ticket(1, 'a', 'c', 'active', null)]]), ['S5']);
  t.deepEqual(broken([...overlap, [4 * SECOND, 'd', 'down']]), ['S5'], 'still two at the end of the run');
});

test('S7: service after the lease, and a consumer that holds on longer than its provider', (t) => {
  const push = (at: number): Step => [at, 'a', chunk('forwarded', 1, { peer: 'b' })];
  t.deepEqual(broken([...edge(0, 1, 'a', 'b'), push(10 * SECOND)]), []);
  t.deepEqual(broken([...edge(0, 1, 'a', 'b'), push(10 * SECOND + 1)]), ['S7']);
  const renewed = (side: string, expires: number): Step => [
    3 * SECOND,
    side,
    ticket(1, 'a', 'b', 'active', 'active', { expires, why: 'renewed' }),
  ];
  t.deepEqual(
    broken([...edge(0, 1, 'a', 'b'), renewed('a', 13 * SECOND), renewed('b', 11 * SECOND), push(12 * SECOND)]),
    [],
  );
  t.deepEqual(broken([...edge(0, 1, 'a', 'b'), renewed('b', 11 * SECOND)]), ['S7']);
});

test('S10: a push without a ticket, of another sub-stream or after the cancel', (t) => {
  const push: Step = [2, 'a', chunk('forwarded', 1, { peer: 'b' })];
  t.deepEqual(broken([...edge(0, 1, 'a', 'b'), push]), []);
  t.deepEqual(
    broken([...edge(0, 1, 'a', 'b'), [2, 'a', chunk('answered', 1, { peer: 'c' })]]),
    [],
    'pulls need no ticket',
  );
  t.deepEqual(broken([...edge(0, 1, 'a', 'c'), push]), ['S10']);
  t.deepEqual(broken([...edge(0, 1, 'a', 'b'), [2, 'a', chunk('forwarded', 1, { peer: 'b', sub: 1 })]]), ['S10']);
  t.deepEqual(broken([...edge(0, 1, 'a', 'b'), [1, 'a', ticket(1, 'a', 'b', 'active', null)], push]), ['S10']);
  t.deepEqual(broken([...edge(0, 1, 'a', 'b'), [1, 'a', 'down'], push]), ['S10'], 'a restart forgets its tickets');
});

test('S16: in order, once, no silent gap, nothing that was not published', (t) => {
  const published = [0, 1, 2, 3].map((seq): Step => [0, 'a', chunk('published', seq)]);
  const shown = (...steps: readonly (readonly [ChunkEvent['change'], number])[]): Step[] => [
    ...published,
    ...steps.map(([change, seq]): Step => [1, 'b', chunk(change, seq, { size: change === 'missed' ? 0 : 10 })]),
  ];
  t.deepEqual(broken(shown(['played', 1], ['missed', 2], ['played', 3])), []);
  t.deepEqual(broken(shown(['played', 1], ['played', 3])), ['S16'], 'gap');
  t.deepEqual(broken(shown(['played', 1], ['played', 1])), ['S16'], 'twice');
  t.deepEqual(broken(shown(['played', 2], ['played', 1])), ['S16'], 'back');
  t.deepEqual(broken(shown(['played', 3], ['played', 4])), ['S16'], 'never published');
  t.deepEqual(broken([...published, [1, 'b', chunk('played', 1, { size: 11 })]]), ['S16'], 'another size');
  const next: Step[] = [
    [2, 'a', chunk('published', 0, { epoch: 2 })],
    [3, 'b', chunk('played', 0, { epoch: 2 })],
  ];
  t.deepEqual(broken([...shown(['played', 1]), ...next]), [], 'a new epoch');
  t.deepEqual(
    broken([...shown(['played', 1]), ...next, [4, 'b', chunk('played', 2)]]),
    ['S16'],
    'back to the old epoch',
  );
});

function quiet(views: readonly View[], steps: readonly Step[] = []): string[] {
  const panel = new Panel('all');
  for (const [at, node, event] of steps) if (event !== 'down') panel.observe(at, node, event);
  const viewers = views.map(({ node }) => node).filter((node) => node !== 'a');
  panel.quiet(10 * SECOND, { viewers, views: new Map(views.map((each) => [each.node, each])) });
  return panel.violations.map(({ invariant }) => invariant).filter((name) => name === 'L1' || name === 'L2');
}

test('L1: an orphan is a violation exactly where somebody feasible has room', (t) => {
  t.deepEqual(quiet([view('a', null, 100), view('b', 'a', 0), view('c', 'b', 0)]), []);
  t.deepEqual(quiet([view('a', null, 0), view('b', 'a', 0), view('c', null, 0)]), [], 'nobody has room');
  const orphan = [view('a', null, 0), view('b', 'a', 100), view('c', null, 0)];
  t.deepEqual(quiet(orphan), ['L1']);
  const lost = (at: number): Step[] => [...edge(0, 1, 'b', 'c'), [at, 'c', ticket(1, 'b', 'c', 'active', null)]];
  t.deepEqual(quiet(orphan, lost(6 * SECOND)), ['L1'], 'for 4 s');
  t.deepEqual(quiet(orphan, lost(8 * SECOND)), [], 'for 2 s');
  t.deepEqual(
    quiet([view('a', null, 0), view('b', 'a', 0), view('c', null, 0), view('d', 'c', 100)]),
    [],
    'only below itself',
  );
});

test('L2: an attached consumer is at most 3 s behind the publisher', (t) => {
  const published = (at: number, seq: number): Step => [at, 'a', chunk('published', seq)];
  const received = (at: number, seq: number): Step => [at, 'b', chunk('received', seq, { peer: 'a' })];
  const views = [view('a', null, 0), view('b', 'a', 0)];
  t.deepEqual(quiet(views, [published(0, 0), received(1, 0), published(3 * SECOND, 1)]), []);
  t.deepEqual(quiet(views, [published(0, 0), received(1, 0), published(3 * SECOND + 1, 1)]), ['L2']);
  t.deepEqual(quiet(views, [published(0, 0)]), ['L2'], 'attached and without a chunk');
  t.deepEqual(quiet([view('a', null, 0), view('b', null, 0)], [published(0, 0)]), [], 'not attached');
});

test('without the parts that a checker needs the answer is "not applicable"', (t) => {
  const verdicts = run([[0, 'b', chunk('received', 1)]]).verdicts();
  t.deepEqual(
    Object.keys(verdicts).filter((name) => verdicts[name]?.verdict !== 'not applicable'),
    ['S19'],
    'all but the one that lives on received chunks',
  );
  t.is(run(edge(0, 1, 'a', 'b')).verdicts()['S1']?.verdict, 'held');
  t.is(run([...edge(0, 1, 'a', 'b'), ...edge(1, 2, 'b', 'a')]).verdicts()['S1']?.verdict, 'violated');
  t.deepEqual(Object.keys(new Panel('off').verdicts()), []);
  t.false(Object.keys(new Panel('cheap').verdicts()).includes('S1'));
});
