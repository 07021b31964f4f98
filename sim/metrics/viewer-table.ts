import { NEVER, type Time } from '../../core/units.js';
import type { Metrics } from './metrics.js';
import type { Session } from './session.js';
import { continuityOf, hasStarted, isScored, type Traffic } from './summary.js';

type Column = readonly (string | number | boolean | null)[];

/** Columns of `viewers.parquet`, one row a viewer in the order of arrival. Times are milliseconds, null for never. */
export type ViewerTable = Readonly<Record<string, Column>>;

/** What became of each viewer. */
export function viewerTable(metrics: Metrics, traffic: Traffic, duration: Time): ViewerTable {
  const viewers = metrics.sessions.filter((session) => session.watchedAt !== NEVER);
  const own = metrics.arrivals.own;
  const column = (value: (viewer: Session) => string | number | boolean | null): Column => viewers.map(value);
  return {
    node: column((viewer) => viewer.info.id),
    region: column((viewer) => viewer.info.region),
    uplink: column((viewer) => viewer.info.uplink),
    joinedAtMs: column((viewer) => viewer.watchedAt / 1000),
    endedAtMs: column((viewer) => Math.min(viewer.endedAt, duration) / 1000),
    ending: column((viewer) => viewer.ending),
    scored: column((viewer) => isScored(viewer, metrics, duration)),
    ticketMs: column((viewer) => since(viewer, viewer.ticketAt)),
    startupMs: column((viewer) => since(viewer, viewer.startedAt)),
    lagMs: column(({ lagSum, lagCount }) => (lagCount === 0 ? null : lagSum / lagCount / 1000)),
    due: column((viewer) => viewer.due[own] ?? 0),
    onTime: column((viewer) => viewer.onTime[own] ?? 0),
    continuity: column((viewer) => (hasStarted(viewer) ? continuityOf(viewer, own) : 0)),
    played: column((viewer) => viewer.played),
    missed: column((viewer) => viewer.missed),
    stalls: column((viewer) => viewer.stalls),
    stallMs: column((viewer) => viewer.stallTime / 1000),
    depth: column((viewer) => (viewer.depth < 0 ? null : viewer.depth)),
    receivedBytes: column((viewer) => viewer.uniqueBytes),
    duplicateBytes: column((viewer) => viewer.duplicateBytes),
    uploadedBytes: column((viewer) => viewer.uploadedBytes),
    controlBytes: column((viewer) => traffic.of(viewer.info.id).controlBytes),
  };
}

function since(viewer: Session, at: Time): number | null {
  return at === NEVER ? null : (at - viewer.watchedAt) / 1000;
}
