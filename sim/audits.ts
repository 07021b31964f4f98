import type { Contact } from '../core/machine.js';
import { SECOND, type NodeId, type Time } from '../core/units.js';
import type { Snapshot } from './checkers/checker.js';
import type { Panel } from './checkers/panel.js';
import { addressOf } from './network-dials.js';
import type { Ways } from './node-config.js';
import { select } from './targets.js';

/** A leaver that has not finished by then is taken away. */
export const LEAVE_MARGIN: Time = 5 * SECOND;
const LEAVES = 2;
/** Whoever comes when all is quiet has found its place by then. */
const ARRIVAL: Time = 5 * SECOND;

/** What the audits need of a run. */
export interface Audited {
  readonly panel: Panel;
  readonly world: { now(): Time; run(until: Time): void };
  /** Ways into the overlay of everybody. */
  readonly ways: Ways;
  snapshot(): Snapshot;
  leave(node: NodeId): void;
  /** Brings a viewer that is told these ways. */
  arrive(node: NodeId, ways: Ways): void;
}

/**
 * Judges liveness: a tail in which nothing befalls anybody, whose end is judged, then leaves and arrivals one by one,
 * each of which must go well.
 */
export function auditLiveness(run: Audited, quiet: Time): void {
  const { world, panel } = run;
  panel.calm(world.now());
  world.run(world.now() + quiet);
  panel.quiet(world.now(), run.snapshot());
  auditLeaves(run);
  if (panel.wantsArrivals) auditArrivals(run);
}

/** Two viewers leave by command, one after the other, those with most descendants: they have most to hand over. */
function auditLeaves(run: Audited): void {
  const { world, panel } = run;
  for (let turn = 0; turn < LEAVES; turn++) {
    const { viewers, views } = run.snapshot();
    const node = select('most-descendants', viewers, views, () => 0);
    if (node === null) return;
    run.leave(node);
    world.run(world.now() + LEAVE_MARGIN / 2);
    panel.halfLeft(world.now(), run.snapshot());
    world.run(world.now() + LEAVE_MARGIN / 2);
    panel.left(world.now(), run.snapshot());
    world.run(world.now() + LEAVE_MARGIN);
  }
}

/** Two viewers come at once: one knows the usual ways, the other one a single node that is there, and no directory. */
function auditArrivals(run: Audited): void {
  const { world, panel, ways } = run;
  const present = run.snapshot().views.keys().next();
  run.arrive('fresh1', ways);
  if (present.done !== true) {
    const contact: Contact = { node: present.value, address: addressOf(present.value) };
    run.arrive('fresh2', { directory: [], bootstrap: [contact] });
  }
  world.run(world.now() + ARRIVAL);
  panel.arrived(world.now(), run.snapshot());
}
