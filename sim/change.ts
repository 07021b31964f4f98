import { DEFAULTS, SETTINGS, validate, type Problem, type Settings } from '../core/config.js';
import type { Command } from '../core/message.js';
import type { NodeId, Time } from '../core/units.js';
import { sameFault } from './faults.js';
import type { Scenario } from './scenario/shape.js';
import type { World } from './world.js';

/** Why keys of a scenario cannot be other ones in the middle of a run, where there is something to try instead. */
const INSTEAD: Readonly<Partial<Record<keyof Scenario, string>>> = {
  viewers: 'who comes when is drawn before the run; a fault such as leave with replace brings churn',
  arrivals: 'who comes when is drawn before the run; a fault such as leave with replace brings churn',
  sessions: 'who leaves when is drawn before the run; a fault such as leave with every brings more of it',
  crashShare: 'who crashes is drawn before the run; faults of kind crash and leave bring more',
  cliff: 'who leaves when is drawn before the run; a fault of kind leave with a share does the same',
  network: 'lines and ways are laid before the run; faults of kind loss and latency change them',
  protocol: 'nodes of another protocol do not know what these know; astral compare runs both from the start',
};

/** What a run cannot become at `at`, all problems at once. Settings and the faults to come are free. */
export function changeProblems(from: Scenario, to: Scenario, at: Time): Problem[] {
  const problems: Problem[] = [];
  for (const name of Object.keys(from) as (keyof Scenario)[]) {
    if (name === 'settings' || name === 'faults') continue;
    if (JSON.stringify(from[name]) === JSON.stringify(to[name])) continue;
    const why = INSTEAD[name] ?? 'belongs to the past of the run, too';
    problems.push({ path: name, message: `cannot change on the way: ${why}` });
  }
  for (const { path, message } of validate({ ...DEFAULTS, ...to.settings })) {
    problems.push({ path: `settings.${path}`, message });
  }
  for (let index = 0; index < Math.max(from.faults.length, to.faults.length); index++) {
    const [old, fresh] = [from.faults[index], to.faults[index]];
    if (old !== undefined && fresh !== undefined && sameFault(old, fresh)) continue;
    const path = `faults.${index}`;
    if (old !== undefined && old.at <= at) problems.push({ path, message: 'has begun already; it must stay as it is' });
    if (fresh !== undefined && fresh.at <= at)
      problems.push({ path: `${path}.at`, message: `must begin after ${at / 1000} ms, where the futures part` });
    if (fresh?.kind === 'slow-node' && !from.faults.some(({ kind }) => kind === 'slow-node')) {
      problems.push({
        path: `${path}.kind`,
        message: 'needs processors from the start: one in the plan that was recorded',
      });
    }
    if (fresh?.marked === true)
      problems.push({ path: `${path}.marked`, message: 'means nothing here: figures after the fork are shown anyway' });
  }
  return problems;
}

/** The settings that differ; null when none does. */
export function changedSettings(from: Settings, to: Settings): Partial<Settings> | null {
  const changed = SETTINGS.filter((name) => from[name] !== to[name]).map((name) => [name, to[name]]);
  return changed.length === 0 ? null : (Object.fromEntries(changed) as Partial<Settings>);
}

/** Tells all peers other settings; answers how many refused. */
export function configureAll<M extends { readonly type: string }, V>(
  world: World<M, Command, V>,
  present: Iterable<{ readonly id: NodeId; readonly kind: string }>,
  settings: Partial<Settings>,
): number {
  let refused = 0;
  for (const { id, kind } of present) {
    if (kind === 'directory') continue;
    world.command(id, { type: 'configure', settings }, ({ ok }) => (refused += ok ? 0 : 1));
  }
  return refused;
}
