import test from 'ava';
import { SECOND } from '../../core/units.js';
import type { View } from '../../core/view.js';
import type { Panel } from '../../sim/checkers/panel.js';
import { found, panelOf, show, snapshotOf, view, type Step } from './checker-steps.js';

test('S12: there are no more supernodes for a minute than twice those that the nodes need', (t) => {
  const T = 100 * SECOND;
  const promoted = (at: number, ...nodes: string[]): Step[] =>
    nodes.map((node) => [at, node, { type: 'role', role: 'supernode', why: 'no-supernode' }]);
  const surplus = (steps: readonly Step[], before: (panel: Panel) => void = () => {}): number => {
    const panel = panelOf(steps);
    before(panel);
    const roles = new Map(
      steps.map(([, node, event]) => [node, event !== 'down' && event.type === 'role' && event.role]),
    );
    const views = ['a', 'b', 'c', 'd', 'e'].map((node): View => {
      const role = roles.get(node) === 'supernode' ? 'supernode' : 'ordinary';
      return { ...view(node, 'a', 0), role };
    });
    panel.quiet(T, snapshotOf(views));
    return found(panel, 'S12');
  };
  t.is(surplus(promoted(0, 'a', 'b')), 0);
  t.is(surplus(promoted(0, 'a', 'b', 'c')), 1);
  t.is(surplus([...promoted(0, 'a', 'b'), ...promoted(T - 59 * SECOND, 'c')]), 0, 'one of them is new');
  const back: Step = [T - SECOND, 'c', { type: 'role', role: 'ordinary', why: 'surplus' }];
  t.is(surplus([...promoted(0, 'a', 'b', 'c'), back]), 0, 'one of them has stepped down');
  const fault = { kind: 'partition', phase: 'end', nodes: ['b'] } as const;
  t.is(
    surplus(promoted(0, 'a', 'b', 'c'), (panel) => panel.fault(T - 59 * SECOND, fault)),
    0,
    'they were apart',
  );
  t.is(
    surplus(promoted(0, 'a', 'b', 'c'), (panel) => panel.fault(T - 61 * SECOND, fault)),
    1,
    'they have been together for a minute',
  );
});

test('S13: who lives and stays is struck off by its own word or by time alone', (t) => {
  const forgot = (whom: string, on: string | null): Step => [SECOND, 'a', { type: 'forgotten', whom, on }];
  const struck = (step: Step, before: (panel: Panel) => void = () => {}): number => {
    const panel = panelOf([]);
    before(panel);
    show(panel, [step]);
    return found(panel, 'S13');
  };
  t.is(struck(forgot('b', 'b')), 0);
  t.is(struck(forgot('b', null)), 0);
  t.is(struck(forgot('b', 'c')), 1, 'on the word of another one');
  t.is(struck(forgot('b', 'a')), 1, 'because it did not answer at once');
  t.is(
    struck(forgot('b', 'c'), (panel) => panel.nodeDown(0, 'b')),
    0,
    'it is no more',
  );
  t.is(
    struck(forgot('b', 'c'), (panel) => panel.leaving(0, 'b')),
    0,
    'it is about to go',
  );
  const cut = (phase: 'begin' | 'end') => ({ kind: 'partition', phase, nodes: ['b'] }) as const;
  t.is(
    struck(forgot('b', 'c'), (panel) => panel.fault(0, cut('begin'))),
    0,
    'nobody can reach it',
  );
  const healed = (panel: Panel): void => {
    panel.fault(0, cut('begin'));
    panel.fault(1, cut('end'));
  };
  t.is(struck(forgot('b', 'c'), healed), 1);
  t.is(panelOf([]).verdicts()['S13']?.verdict, 'not applicable');
  t.is(panelOf([[0, 'a', { type: 'listed', whom: 'b' }]]).verdicts()['S13']?.verdict, 'held');
});

test('S11: the dead are listed no longer than a record lasts after their last word', (t) => {
  const at = (seconds: number, type: 'listed' | 'forgotten'): Step =>
    [seconds * SECOND, 'a', type === 'listed' ? { type, whom: 'b' } : { type, whom: 'b', on: null }] as const;
  const down: Step = [10 * SECOND, 'b', 'down'];
  const late = (...steps: Step[]): number => found(panelOf(steps), 'S11');
  t.is(late(at(1, 'listed'), down, at(40, 'forgotten')), 0);
  t.is(late(at(1, 'listed'), down, at(46, 'forgotten')), 1);
  t.is(late(at(1, 'listed'), down, at(20, 'listed'), at(46, 'forgotten')), 0, 'its last word came late');
  t.is(late(at(1, 'listed'), down), 1, 'it is never forgotten');
  t.is(late(at(1, 'listed')), 0, 'it lives');
  t.is(late(at(1, 'listed'), down, [20 * SECOND, 'a', 'down']), 0, 'the directory is no more');
});
