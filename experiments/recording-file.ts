import type { ChunkEvent, TraceEvent } from '../core/trace.js';
import { SECOND, type NodeId, type Time } from '../core/units.js';
import type { View } from '../core/view.js';
import type { Fault } from '../sim/faults.js';
import type { Ending, NodeInfo } from '../sim/metrics/session.js';
import { placeNames } from '../sim/places.js';
import {
  RECORDING_VERSION,
  type Flow,
  type PlannedFault,
  type Recorder,
  type RecordingLine,
} from '../sim/recording.js';
import type { Scenario } from '../sim/scenario.js';
import { GzipLines } from './gzip-lines.js';

/** Views kept of a whole run; a large one tells each node's more rarely. */
const VIEWS = 5000;
/** Faults that are marked at most. */
const FAULTS = 500;

interface Counts {
  received: number;
  played: number;
  missed: number;
  substreams: number;
}

/**
 * Writes `recording.ndjson.gz`: what `astral view` draws. Chunks are counted per second; renewals and what repeats a
 * ticket's own event are left out.
 */
export class RecordingFile implements Recorder {
  readonly #lines: GzipLines;
  readonly #up = new Map<NodeId, Counts>();
  readonly #viewsPerSecond: number;
  /** Names of the places, by number. */
  readonly #places: readonly string[];
  /** Nodes whose view is due, the longest waiting first. */
  #queue: NodeId[] = [];
  #end: Time = 0;

  constructor(path: string, scenario: Scenario, seed: number) {
    this.#lines = new GzipLines(path);
    this.#places = placeNames(scenario.network);
    this.#viewsPerSecond = Math.max(1, Math.floor((VIEWS * SECOND) / scenario.duration));
    this.#write({
      type: 'recording',
      version: RECORDING_VERSION,
      at: 0,
      scenario: scenario.name,
      title: scenario.title,
      protocol: scenario.protocol,
      seed,
      viewers: scenario.viewers,
      duration: scenario.duration,
      substreams: scenario.stream.substreams,
      faults: scenario.faults.flatMap((fault) => strikes(fault, scenario.duration)).slice(0, FAULTS),
      targets: scenario.targets,
    });
  }

  nodeUp(at: Time, { id: node, kind, region, uplink }: NodeInfo): void {
    if (kind === 'directory') return;
    this.#up.set(node, { received: 0, played: 0, missed: 0, substreams: 0 });
    this.#queue.push(node);
    this.#write({ type: 'node', at, node, change: 'up', kind, region: this.#places[region] ?? null, uplink });
  }

  nodeDown(at: Time, node: NodeId, ending: Exclude<Ending, 'present'>): void {
    if (this.#up.delete(node)) this.#write({ type: 'node', at, node, change: 'down', why: ending });
  }

  observe(at: Time, node: NodeId, event: TraceEvent): void {
    if (event.type === 'chunk') this.#count(node, event);
    else if (this.#up.has(node) && !repeats(event)) this.#write({ at, node, ...event });
  }

  second(at: Time, view: (node: NodeId) => View | null): void {
    this.#end = at;
    const nodes: Record<NodeId, Flow> = {};
    for (const [node, counts] of this.#up) {
      const { received, played, missed, substreams } = counts;
      if (received + played + missed === 0) continue;
      nodes[node] = [received, played, missed, substreams];
      Object.assign(counts, { received: 0, played: 0, missed: 0, substreams: 0 });
    }
    this.#write({ type: 'flow', at, nodes });
    const due = this.#queue.splice(0, this.#viewsPerSecond).filter((node) => this.#up.has(node));
    for (const node of due) {
      const seen = view(node);
      if (seen !== null) this.#write({ type: 'view', at, node, view: seen });
    }
    this.#queue.push(...due);
  }

  /** Ends the file with the document of the run. */
  close(document: unknown): void {
    this.#write({ type: 'summary', at: this.#end, document });
    this.#lines.close();
  }

  #count(node: NodeId, { change, sub }: ChunkEvent): void {
    const counts = this.#up.get(node);
    if (counts === undefined) return;
    if (change === 'played') counts.played++;
    else if (change === 'missed') counts.missed++;
    else if (change === 'received' || change === 'repaired') {
      counts.received++;
      counts.substreams = (counts.substreams | (1 << sub)) >>> 0;
    }
  }

  #write(line: RecordingLine): void {
    this.#lines.write(line);
  }
}

/** A fault that strikes again and again is one mark for each time. */
function strikes({ at, kind, target, for: lasts, every, until }: Fault, duration: Time): PlannedFault[] {
  const end = Math.min(duration, until ?? duration);
  const step = every ?? null;
  const times = step === null || step <= 0 ? 1 : Math.min(FAULTS, Math.ceil((end - at) / step));
  return Array.from({ length: times }, (_, n) => ({ at: at + n * (step ?? 0), kind, target, for: lasts }));
}

/** Renewals change nothing, and the suspicion of a provider is told by its ticket, too. */
function repeats(event: TraceEvent): boolean {
  if (event.type === 'ticket') return event.from === event.to;
  return event.type === 'provider' && (event.change === 'suspected' || event.change === 'cleared');
}
