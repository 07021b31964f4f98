import type { NodeId, Time } from '../core/units.js';
import { lentUplink } from './behaviours.js';
import type { Visit } from './churn.js';
import { helperKits, publisherUplink, type Kit } from './kits.js';
import type { Plant } from './metrics/bounds.js';
import type { Scenario } from './scenario/shape.js';

/** Every run has one node of this name. */
export const PUBLISHER: NodeId = 'publisher';

/** The helpers of a scenario; what they bring along may depend on what the viewers lend. */
export function helpersOf(scenario: Scenario, visits: readonly Visit[]): { readonly id: NodeId; readonly kit: Kit }[] {
  const lent = fullHouse(scenario, visits).reduce((sum, { uplink }) => sum + uplink, 0);
  return helperKits(scenario, lent).map((kit, index) => ({ id: `helper${index + 1}`, kit }));
}

/** Everybody who is there when the house is full, as the theory lines need it. */
export function plantOf(
  scenario: Scenario,
  visits: readonly Visit[],
  delay: (from: NodeId, to: NodeId) => Time,
  helpers: ReturnType<typeof helpersOf>,
): Plant {
  const hidden = visits
    .slice(0, scenario.viewers)
    .flatMap(({ kit }, at) => (kit.reachability === 'open' ? [] : [at + 1]));
  const nodes = [...fullHouse(scenario, visits), ...helpers.map(({ id, kit }) => ({ id, uplink: kit.line.up }))];
  return {
    uplinks: nodes.map(({ uplink }) => uplink),
    unreachable: new Set(hidden),
    helpers: helpers.length,
    latency: (from, to) => delay(nodes[from]!.id, nodes[to]!.id),
  };
}

/** Publisher and viewers, with what each of them lends. */
function fullHouse(scenario: Scenario, visits: readonly Visit[]): { readonly id: NodeId; readonly uplink: number }[] {
  const viewers = visits.slice(0, scenario.viewers).map(({ id, kit }) => {
    return { id, uplink: lentUplink(kit.behaviour, kit.line.up) };
  });
  return [{ id: PUBLISHER, uplink: publisherUplink(scenario) }, ...viewers];
}
