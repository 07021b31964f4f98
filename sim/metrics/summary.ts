import { NOBODY } from './after-fault.js';
import { NEVER, SECOND, type NodeId, type Time } from '../../core/units.js';
import { rateBound, referenceLag, type Plant } from './bounds.js';
import { percentile, type Histogram } from './histogram.js';
import type { Metrics } from './metrics.js';
import type { Session } from './session.js';

/** What the network counted. Bytes are those of frames received, headers included. */
export interface Traffic {
  of(node: NodeId): NodeTraffic;
  /** Waiting time in the uplink queues, microseconds; null when nothing was sent. */
  uplinkWait(share: number): Time | null;
}

export interface NodeTraffic {
  readonly controlBytes: number;
  readonly headerBytes: number;
  readonly payloadBytes: number;
  readonly messages: number;
}

/** Nested as in `metrics.continuity.mean`. null stands for infinite, or for a share of nothing. */
export type MetricTree = { readonly [key: string]: number | null | MetricTree };

export interface SummaryOptions {
  readonly traffic: Traffic;
  /** Publisher first, then the viewers that a full house would have, then the helpers. */
  readonly plant: Plant;
  /** N of the scenario. */
  readonly viewers: number;
  readonly duration: Time;
}

/** Sizes of TCP/IPv4 headers with time stamps, of a full segment, and of a TLS 1.3 record. */
const WIRE = { header: 52, segment: 1448, record: 22, recordBytes: 16_384, acksPerSegment: 0.5 };

/** The figures of `docs`, computed once after the run. */
export function summarise(metrics: Metrics, options: SummaryOptions): MetricTree {
  const viewers = metrics.sessions.filter((session) => session.watchedAt !== NEVER);
  const scored = viewers.filter((viewer) => isScored(viewer, metrics, options.duration));
  const quality = qualityOf(metrics, scored);
  const offload = offloadOf(metrics, viewers);
  const bounds = boundsOf(metrics, options, quality.mean, offload);
  return tidy({
    ...quality.tree,
    ...delays(metrics, viewers, scored),
    ...failures(metrics, viewers, options.duration),
    offload,
    ...traffic(metrics, viewers, options),
    ...bounds,
    polluted: pollutedOf(metrics),
    viewers: { total: viewers.length, scored: scored.length, started: scored.filter(hasStarted).length },
  });
}

function pollutedOf({ pollution: { received, forwarded, longest } }: Metrics): MetricTree {
  return { received, forwarded, bornMs: received === 0 ? null : longest / 1000 };
}

/**
 * A viewer counts once a chunk was due, or once a keyframe was due that its player could have started with. One that
 * joined less than a deadline before the run was cut off, and was still there, may yet have started: it is censored.
 */
export function isScored(viewer: Session, metrics: Metrics, duration: Time): boolean {
  if (viewer.first >= 0 && hasStarted(viewer)) return viewer.due[metrics.arrivals.own]! > 0;
  const { source, options } = metrics;
  const end = Math.min(viewer.endedAt, duration);
  const cutOff =
    viewer.endedAt >= duration && viewer.watchedAt > duration - metrics.arrivals.deadlines[metrics.arrivals.own]!;
  if (cutOff) return false;
  for (let number = source.firstAfter(viewer.watchedAt - options.targetLag - 1); number < source.count; number++) {
    if (source.at(number) + options.targetLag > end) return false;
    if (source.isKeyframe(number)) return true;
  }
  return false;
}

export function hasStarted(viewer: Session): boolean {
  return viewer.startedAt !== NEVER;
}

/** Share of the chunks due that were complete in time, for one deadline; 0 for a viewer that never starts. */
export function continuityOf(viewer: Session, deadline: number): number {
  if (!hasStarted(viewer)) return 0;
  const due = viewer.due[deadline]!;
  return due === 0 ? 1 : viewer.onTime[deadline]! / due;
}

function qualityOf(metrics: Metrics, scored: readonly Session[]): { mean: number | null; tree: MetricTree } {
  const { deadlines, own } = metrics.arrivals;
  const values = scored.map((viewer) => continuityOf(viewer, own)).sort((a, b) => a - b);
  const mean = meanOf(values);
  const curve = deadlines.map((deadline, index) => [
    String(deadline / 1000),
    meanOf(
      scored
        .filter((viewer) => !hasStarted(viewer) || viewer.due[index]! > 0)
        .map((viewer) => continuityOf(viewer, index)),
    ),
  ]);
  const decodable = scored.map((viewer) => (hasStarted(viewer) ? viewer.decodable / viewer.due[own]! : 0));
  return {
    mean,
    tree: {
      continuity: {
        mean,
        p5: percentile(values, 0.05),
        p1: percentile(values, 0.01),
        min: values[0] ?? null,
        share99: ratio(values.filter((value) => value >= 0.99).length, values.length),
        decodable: meanOf(decodable),
      },
      continuityAt: Object.fromEntries(curve) as Record<string, number | null>,
      lossFree: ratio(scored.filter((viewer) => hasStarted(viewer) && viewer.missed === 0).length, scored.length),
    },
  };
}

function delays(metrics: Metrics, viewers: readonly Session[], scored: readonly Session[]): MetricTree {
  const startup = scored.map((viewer) => viewer.startedAt - viewer.watchedAt).sort((a, b) => a - b);
  const join = scored.map((viewer) => viewer.ticketAt - viewer.watchedAt).sort((a, b) => a - b);
  const depths = viewers.filter((viewer) => viewer.depth >= 0).map((viewer) => viewer.depth);
  depths.sort((a, b) => a - b);
  const lag = metrics.arrivals.lag;
  return {
    startupMs: {
      p50: ms(percentile(startup, 0.5)),
      p95: ms(percentile(startup, 0.95)),
      p99: ms(percentile(startup, 0.99)),
    },
    joinMs: { p50: ms(percentile(join, 0.5)), p95: ms(percentile(join, 0.95)), p99: ms(percentile(join, 0.99)) },
    lagMs: { ...spread(metrics.shownLag, ['p50', 'p95', 'p99']), spread: spreadOf(metrics.shownLag) },
    arrivalLagMs: spread(lag, ['p50', 'p95', 'p99']),
    depth: { mean: meanOf(depths), p95: percentile(depths, 0.95), max: depths.at(-1) ?? null },
  };
}

function failures(metrics: Metrics, viewers: readonly Session[], duration: Time): MetricTree {
  const { losses } = metrics;
  const watched = viewers.reduce((sum, viewer) => sum + viewer.watchedFor(duration), 0);
  const perMinute = (count: number): number | null => ratio(count, watched / (60 * SECOND));
  const stalls = viewers.reduce((sum, viewer) => sum + viewer.stalls, 0);
  return {
    stall: {
      count: stalls,
      ms: viewers.reduce((sum, viewer) => sum + viewer.stallTime, 0) / 1000,
      maxMs: viewers.reduce((max, viewer) => Math.max(max, viewer.stallMax), 0) / 1000,
      per10min: ratio(stalls, watched / (600 * SECOND)),
    },
    detectMs: {
      ...spread(losses.detect, ['p50', 'p99']),
      beyondOneWay: spread(losses.detectBeyondOneWay, ['p50', 'p99']),
    },
    recoverMs: spread(losses.recover, ['p50', 'p95', 'p99']),
    repairMs: spread(losses.repair, ['p50', 'p95', 'p99']),
    gapMs: spread(losses.gap, ['p50', 'p95', 'p99']),
    standbyCoverage: ratio(metrics.standby.covered, metrics.standby.edges),
    switch: {
      voluntary: perMinute(losses.voluntary),
      forced: perMinute(losses.forced),
      spurious: perMinute(losses.spurious),
    },
    afterFault: metrics.after?.figures(viewers) ?? NOBODY,
    supernodes: { mean: metrics.supernodes.time / duration, max: metrics.supernodes.max },
    tickets: { refusedShare: ratio(metrics.refused, metrics.refused + metrics.offered) },
    falseDetections: ratio(losses.falseDetections, watched / (3600 * SECOND)),
  };
}

function offloadOf(metrics: Metrics, viewers: readonly Session[]): number | null {
  const due = viewers.reduce((sum, viewer) => sum + viewer.dueBytes, 0);
  return due === 0 ? null : 1 - metrics.helpedBytes / due;
}

function traffic(metrics: Metrics, viewers: readonly Session[], options: SummaryOptions): MetricTree {
  const sum = { unique: 0, duplicate: 0, control: 0, header: 0, transport: 0 };
  const overheads: number[] = [];
  let supernodeMax: number | null = null;
  const fairness = { uses: 0, squares: 0, count: 0 };
  const open = { sent: 0, lent: 0 };
  const behindNat = { sent: 0, lent: 0 };
  for (const viewer of viewers) {
    const received = options.traffic.of(viewer.info.id);
    const bytes = received.controlBytes + received.headerBytes + received.payloadBytes;
    sum.unique += viewer.uniqueBytes;
    sum.duplicate += viewer.duplicateBytes;
    sum.control += received.controlBytes;
    sum.header += received.headerBytes;
    sum.transport += transportBytes(bytes, received.messages);
    if (viewer.uniqueBytes > 0) {
      const overhead = received.controlBytes / viewer.uniqueBytes;
      overheads.push(overhead);
      if (metrics.supernodes.ever.has(viewer)) supernodeMax = Math.max(supernodeMax ?? 0, overhead);
    }
    const lent = (viewer.info.uplink / 8) * (viewer.watchedFor(options.duration) / SECOND);
    if (lent <= 0) continue;
    const group = viewer.info.reachable === false ? behindNat : open;
    group.sent += viewer.uploadedBytes;
    group.lent += lent;
    const use = viewer.uploadedBytes / lent;
    fairness.uses += use;
    fairness.squares += use * use;
    fairness.count++;
  }
  overheads.sort((a, b) => a - b);
  return {
    overhead: {
      mean: ratio(sum.control, sum.unique),
      p95: percentile(overheads, 0.95),
      supernodeMax,
      integrity: ratio(sum.header, sum.unique),
      transport: ratio(sum.transport, sum.unique),
    },
    redundancy: ratio(sum.duplicate, sum.unique),
    uplinkQueueMs: { p50: ms(options.traffic.uplinkWait(0.5)), p95: ms(options.traffic.uplinkWait(0.95)) },
    sameRegion: ratio(metrics.regionalBytes, metrics.payloadBytes),
    uploadFairness: ratio(fairness.uses * fairness.uses, fairness.count * fairness.squares),
    uplinkUsed: { open: ratio(open.sent, open.lent), behindNat: ratio(behindNat.sent, behindNat.lent) },
  };
}

function transportBytes(bytes: number, messages: number): number {
  const segments = messages + bytes / WIRE.segment;
  return segments * WIRE.header * (1 + WIRE.acksPerSegment) + (messages + bytes / WIRE.recordBytes) * WIRE.record;
}

function boundsOf(
  metrics: Metrics,
  options: SummaryOptions,
  continuity: number | null,
  offload: number | null,
): MetricTree {
  const { bitrate, chunkTime } = metrics.options;
  const { uplinks, helpers } = options.plant;
  const lent = uplinks.slice(0, uplinks.length - helpers).reduce((sum, each) => sum + each, 0);
  const rate = rateBound(options.plant, options.viewers, bitrate);
  const bestOffload = 1 - 1 / options.viewers;
  const reference = referenceLag(options.plant, (bitrate / 8) * (chunkTime / SECOND));
  const lag = metrics.arrivals.lag.percentile(0.95);
  return {
    resourceIndex: lent / (options.viewers * bitrate),
    bound: { rate, offload: bestOffload },
    reference: {
      lagMs: ms(reference),
      doublingLagMs: ((32 - Math.clz32(options.viewers - 1) + 1) * chunkTime) / 1000,
    },
    gapToBound: {
      rate: continuity === null ? null : ratio(continuity, rate),
      offload: offload === null ? null : ratio(offload, bestOffload),
    },
    lagToReference: lag === null || reference === null ? null : ratio(lag, reference),
  };
}

function spread(histogram: Histogram, names: readonly ('p50' | 'p95' | 'p99')[]): MetricTree {
  return Object.fromEntries(names.map((name) => [name, ms(histogram.percentile(Number(name.slice(1)) / 100))]));
}

/** From the 5th to the 95th percentile. */
function spreadOf(histogram: Histogram): number | null {
  const [low, high] = [histogram.percentile(0.05), histogram.percentile(0.95)];
  return low === null || high === null ? null : ms(high - low);
}

function ms(time: Time | null): number | null {
  return time === null ? null : time / 1000;
}

function meanOf(values: readonly number[]): number | null {
  return ratio(
    values.reduce((sum, value) => sum + value, 0),
    values.length,
  );
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

/** Nine significant digits and no infinities, so that equal runs print equal documents that JSON can carry. */
function tidy(tree: MetricTree): MetricTree {
  return Object.fromEntries(
    Object.entries(tree).map(([name, value]) => {
      if (value === null) return [name, null];
      if (typeof value === 'object') return [name, tidy(value)];
      return [name, Number.isFinite(value) ? Number(value.toPrecision(9)) : null];
    }),
  );
}
