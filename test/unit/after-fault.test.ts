import test from 'ava';
import { MS, SECOND, type Time } from '../../core/units.js';
import { AfterFault, markOf, NOBODY } from '../../sim/metrics/after-fault.js';
import { Session } from '../../sim/metrics/session.js';
import { loadScenario, type JsonObject } from '../../sim/scenario.js';

const DEADLINE = 3 * SECOND;
const MARK = { since: 60 * SECOND, from: 65 * SECOND, to: 95 * SECOND };

function viewer(id: string, watchedAt = 0): Session {
  const session = new Session({ id, kind: 'viewer', uplink: 1, region: 0 }, 0);
  session.watchedAt = watchedAt;
  session.startedAt = watchedAt + SECOND;
  return session;
}

/** Ten chunks a second from `from` to `to`, each complete after what `lag` says. */
function feed(after: AfterFault, session: Session, lag: (at: Time) => Time): void {
  for (let at = 50 * SECOND; at < 110 * SECOND; at += 100 * MS) after.judge(session, at, lag(at));
}

test('the slowest survivor says when all were fed and when all had the full rate again', (t) => {
  const after = new AfterFault(MARK, DEADLINE);
  const [prompt, slow] = [viewer('prompt'), viewer('slow')];
  feed(after, prompt, () => SECOND);
  // Nothing for two seconds, then everything but late, and in time from the sixth second on.
  feed(after, slow, (at) => (at < 67 * SECOND ? -1 : at < 71 * SECOND ? 4 * SECOND : SECOND));
  after.stalled(slow, 66 * SECOND, 70 * SECOND, 400 * MS);
  after.stalled(slow, 10 * SECOND, 20 * SECOND, 10 * SECOND);
  const figures = after.figures([prompt, slow]);
  t.is(figures.fedMs, 6_000);
  t.is(figures.fullRateMs, 5_900 + 4_000);
  t.is(figures.stallMaxMs, 400);
  t.is(figures.continuity, (1 + 240 / 300) / 2);
});

test('who is never fed again makes it endless; who came later or left does not count', (t) => {
  const after = new AfterFault(MARK, DEADLINE);
  const [starved, late, gone] = [viewer('starved'), viewer('late', 61 * SECOND), viewer('gone')];
  gone.endedAt = 80 * SECOND;
  for (const session of [late, gone]) feed(after, session, () => -1);
  t.deepEqual(after.figures([late, gone]), NOBODY);
  feed(after, starved, () => -1);
  const { continuity, fedMs, fullRateMs } = after.figures([starved, late, gone]);
  t.deepEqual([continuity, fedMs, fullRateMs], [0, Infinity, Infinity]);
});

test('the window begins when a fault that lasts is over, and ends with the run at the latest', (t) => {
  const mark = (file: JsonObject): unknown => {
    const loaded = loadScenario({ name: 'marks', viewers: 10, duration: '80s', ...file });
    return loaded.ok ? markOf(loaded.scenario) : loaded.problems;
  };
  const fault = { at: '60s', kind: 'restart', target: 'publisher', marked: true };
  t.deepEqual(mark({ faults: [{ ...fault, for: '5s' }] }), { ...MARK, to: 80 * SECOND });
  t.is(mark({ faults: [{ ...fault, for: '30s' }] }), null);
  t.is(mark({ faults: [{ ...fault, for: '5s', marked: false }] }), null);
});
