import type { TraceEvent } from '../../core/trace.js';
import type { View } from '../../core/view.js';
import type { StreamEntry } from './control/node-port.js';
import { ticketEntries } from './control/tickets.js';
import { meIn, nodesIn } from './node-entries.js';
import { EventHub } from './events.js';
import { Meter } from './meter.js';
import { Telemetry } from './telemetry.js';

export interface ObservedNode {
  readonly id: string;
  /** What peers dial; null when they cannot. */
  readonly address: string | null;
  /** Bits per second lent to the overlay. */
  readonly uplink: number;
  /** The node's clock, microseconds. */
  now(): number;
  view(): View;
  streams(): readonly StreamEntry[];
  slugOf(id: string): string;
}

/** All who watch what happens on one node: the meter of its traffic, its figures, and the listeners of `/events`. */
export class Observation {
  readonly meter: Meter;
  readonly telemetry: Telemetry;
  readonly hub: EventHub;
  readonly #now: () => number;

  constructor(node: ObservedNode) {
    const { id, address, uplink } = node;
    const now = (): number => node.now();
    const view = (): View => node.view();
    const nodes = () => nodesIn(view());
    const me = () => meIn(view(), address);
    const tickets = () => ticketEntries({ id, me, nodes, view, slugOf: (stream) => node.slugOf(stream) });
    this.#now = now;
    this.meter = new Meter(now());
    this.hub = new EventHub({ id, now, view, nodes, tickets, streams: () => node.streams() });
    this.telemetry = new Telemetry({
      view,
      traffic: () => this.meter.traffic,
      uplink: () => uplink,
      listeners: () => this.hub.listeners,
    });
  }

  observe(at: number, event: TraceEvent): void {
    this.meter.observe(event);
    this.telemetry.observe(event);
    this.hub.trace(at, event);
  }

  /** To be called every second. */
  step(): void {
    this.meter.step(this.#now());
    this.hub.step();
  }
}
