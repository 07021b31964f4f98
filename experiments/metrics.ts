import type { MetricTree } from '../sim/metrics/summary.js';
import type { Unit } from '../viz/charts/units.js';

/** What people are told of a figure. */
export interface Metric {
  /** Name with dots, as in `continuity.mean`. */
  readonly name: string;
  readonly label: string;
  readonly unit: Unit;
  /** Which way is better. */
  readonly better: 'more' | 'less';
  /** Name of the figure that no overlay can beat. */
  readonly bound?: string;
}

/** The figures that are printed and drawn, the most telling first; files hold all of them. */
export const METRICS: readonly Metric[] = [
  { name: 'continuity.mean', label: 'continuity', unit: 'share', better: 'more', bound: 'bound.rate' },
  { name: 'continuity.p5', label: 'continuity of 95 %', unit: 'share', better: 'more' },
  { name: 'continuityAt.1000', label: 'continuity within 1 s', unit: 'share', better: 'more' },
  { name: 'lossFree', label: 'viewers without a loss', unit: 'share', better: 'more' },
  { name: 'startupMs.p50', label: 'start-up p50', unit: 'ms', better: 'less' },
  { name: 'startupMs.p95', label: 'start-up p95', unit: 'ms', better: 'less' },
  { name: 'arrivalLagMs.p95', label: 'arrival lag p95', unit: 'ms', better: 'less', bound: 'reference.lagMs' },
  { name: 'stall.per10min', label: 'stalls in 10 min', unit: 'rate', better: 'less' },
  { name: 'offload', label: 'offload', unit: 'share', better: 'more', bound: 'bound.offload' },
  { name: 'overhead.mean', label: 'control overhead', unit: 'share', better: 'less' },
  { name: 'redundancy', label: 'redundancy', unit: 'share', better: 'less' },
  { name: 'depth.mean', label: 'depth', unit: 'rate', better: 'less' },
];

/** What further figures of a single run are called. */
const DETAILS: readonly Metric[] = [
  { name: 'continuity.p1', label: 'continuity of 99 %', unit: 'share', better: 'more' },
  { name: 'continuity.decodable', label: 'continuity with intact pictures', unit: 'share', better: 'more' },
  { name: 'joinMs.p95', label: 'join p95', unit: 'ms', better: 'less' },
  { name: 'lagMs.p95', label: 'picture behind the source p95', unit: 'ms', better: 'less' },
  { name: 'stall.maxMs', label: 'longest stall', unit: 'ms', better: 'less' },
  { name: 'detectMs.p99', label: 'death detected p99', unit: 'ms', better: 'less' },
  { name: 'recoverMs.p99', label: 'recovered p99', unit: 'ms', better: 'less' },
  { name: 'gapMs.p99', label: 'gap seen p99', unit: 'ms', better: 'less' },
  { name: 'afterFault.continuity', label: 'continuity after the fault', unit: 'share', better: 'more' },
  { name: 'afterFault.fedMs', label: 'all survivors fed after', unit: 'ms', better: 'less' },
  { name: 'afterFault.fullRateMs', label: 'full rate again after', unit: 'ms', better: 'less' },
  { name: 'afterFault.stallMaxMs', label: 'longest stall after the fault', unit: 'ms', better: 'less' },
  { name: 'overhead.p95', label: 'control overhead p95', unit: 'share', better: 'less' },
  { name: 'overhead.supernodeMax', label: 'control overhead of a supernode, at most', unit: 'share', better: 'less' },
  { name: 'supernodes.mean', label: 'supernodes', unit: 'rate', better: 'less' },
  { name: 'supernodes.max', label: 'supernodes at most', unit: 'count', better: 'less' },
  { name: 'switch.spurious', label: 'spurious switches a minute', unit: 'rate', better: 'less' },
  { name: 'falseDetections', label: 'false detections a node-hour', unit: 'rate', better: 'less' },
  { name: 'uplinkQueueMs.p95', label: 'uplink queue p95', unit: 'ms', better: 'less' },
  { name: 'uploadFairness', label: 'upload fairness', unit: 'rate', better: 'more' },
  { name: 'gapToBound.rate', label: 'continuity over its bound', unit: 'share', better: 'more' },
  { name: 'depth.p95', label: 'depth p95', unit: 'rate', better: 'less' },
];

/** The figures of a run report, in its order. */
export const RUN_METRICS: readonly Metric[] = [...METRICS, ...DETAILS];

/** A figure that may be none of the above: its unit shows in its name. */
export function metricNamed(name: string): Metric {
  const known = RUN_METRICS.find((metric) => metric.name === name);
  if (known !== undefined) return known;
  const unit = /Ms(?:\.|$)/.test(name) ? 'ms' : /^continuityAt\.|[sS]hare|^bound\./.test(name) ? 'share' : 'rate';
  return { name, label: name, unit, better: unit === 'ms' ? 'less' : 'more' };
}

/** A figure by its name with dots; undefined when the run has none of that name. */
export function metricOf(metrics: MetricTree, name: string): number | null | undefined {
  let found: MetricTree | number | null | undefined = metrics;
  for (const part of name.split('.')) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = found[part];
  }
  return typeof found === 'object' && found !== null ? undefined : found;
}
