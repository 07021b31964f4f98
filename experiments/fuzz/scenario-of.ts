import { FAULTS } from '../../sim/faults.js';
import type { Json, JsonObject } from '../../sim/scenario.js';
import type { DrawnFault, World } from './worlds.js';

/** A crowd comes within this time, seconds. */
const CROWD = 5;
const CLIFF = 3;
/** A connection that is dead and does not say so takes ten seconds to be noticed; then everything has to settle. */
const QUIET = '20s';

/** The scenario file of a drawn world. It says only what differs from the defaults of scenario files. */
export function scenarioOf(name: string, world: World): JsonObject {
  const { viewers, duration, session, cliff, early, publisher } = world;
  const ramp = Math.min(world.ramp, Math.floor(duration / 2));
  const plan = world.faults.filter(({ at }) => at < duration * 10).map(faultOf);
  return {
    name,
    viewers,
    duration: `${duration}s`,
    ramp: `${ramp}s`,
    stream: streamOf(world),
    publisher: { uplink: { model: 'factor', value: publisher } },
    classes: classesOf(world),
    resourceIndex: null,
    ...(session === null ? {} : { sessions: { model: 'exponential', mean: `${session}s` } }),
    ...(session === null && cliff === null ? {} : { crashShare: world.crashShare }),
    ...(early === null ? {} : { arrivals: { model: 'crowd', initial: early, at: `${ramp}s`, within: `${CROWD}s` } }),
    ...(cliff === null || cliff.at >= duration * 10
      ? {}
      : { cliff: { at: tenths(cliff.at), share: cliff.share, within: `${CLIFF}s` } }),
    network: { loss: world.loss },
    ...(world.standby ? {} : { settings: { standby: false } }),
    faults: plan,
    check: 'all',
    quiet: QUIET,
  };
}

/** Each class, and the part of it that nobody can dial. */
function classesOf(world: World): JsonObject[] {
  const { hidden } = world;
  if (hidden === 0) return kindsOf(world);
  return kindsOf(world).flatMap((kind): JsonObject[] => [
    { ...kind, share: kind.share * (1 - hidden) },
    { ...kind, name: `${kind.name}-behind-nat`, share: kind.share * hidden, reachability: 'behind-nat' },
  ]);
}

function kindsOf({ uplinks, adversaries }: World): (JsonObject & { name: string; share: number })[] {
  const honest = 1 - (adversaries?.share ?? 0);
  const classes = uplinks.map((value, index) => ({
    name: `class${index + 1}`,
    share: honest / uplinks.length,
    uplink: { model: 'factor', value },
  }));
  if (adversaries === null) return classes;
  const { behaviour, share } = adversaries;
  return [...classes, { name: behaviour, share, uplink: { model: 'factor', value: uplinks[0] ?? 1 }, behaviour }];
}

function streamOf({ bitrate, chunkMs, keyframeEvery, keyframeFactor, substreams }: World): JsonObject {
  return {
    bitrate: `${bitrate}kbit`,
    chunkTime: `${chunkMs}ms`,
    keyframeEvery: `${chunkMs * keyframeEvery}ms`,
    // All other chunks of a group need a size, too.
    keyframeFactor: keyframeEvery === 1 ? 1 : Math.min(keyframeFactor, keyframeEvery - 1),
    substreams,
  };
}

function faultOf({ kind, target, at, lasts, share, amount, every, replace }: DrawnFault): JsonObject {
  const entry: Record<string, Json> = { at: tenths(at), kind, target };
  if (amount !== null) entry['param'] = amount;
  if ((target === 'viewer' || target === 'all') && share < 1) entry['share'] = share;
  if (lasts !== null && FAULTS[kind].heal !== undefined) entry['for'] = tenths(lasts);
  // What strikes again before it is over piles up: ten losses of a tenth each leave nothing of a connection.
  if (every !== null && (lasts !== null || FAULTS[kind].heal === undefined)) {
    entry['every'] = tenths(Math.max(every, 2 * (lasts ?? 0)));
  }
  if (replace) entry['replace'] = true;
  return entry;
}

function tenths(time: number): string {
  return time % 10 === 0 ? `${time / 10}s` : `${time * 100}ms`;
}
