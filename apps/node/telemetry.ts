import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import type { TraceEvent } from '../../core/trace.js';
import type { View } from '../../core/view.js';
import type { Traffic } from './meter.js';

export interface TelemetrySource {
  view(): View;
  traffic(): Traffic;
  /** Bits per second lent to the overlay. */
  uplink(): number;
  /** Open `/events` sockets. */
  listeners(): number;
}

/** Figures of one node in the format of Prometheus. Labels are literals of the protocol: no peer can add one. */
export class Telemetry {
  readonly #registry = new Registry();
  readonly #chunks: Counter<'change' | 'why'>;
  readonly #tickets: Counter<'to' | 'why'>;
  readonly #providers: Counter<'change' | 'why'>;
  readonly #refusals: Counter<'what' | 'why'>;
  readonly #stalls: Counter;

  constructor(source: TelemetrySource) {
    const registers = [this.#registry];
    const counter = <T extends string>(name: string, help: string, ...labelNames: T[]): Counter<T> =>
      new Counter({ name, help, labelNames, registers });
    this.#chunks = counter('astral_chunks_total', 'Chunks by what became of them', 'change', 'why');
    this.#tickets = counter('astral_ticket_changes_total', 'Tickets by the state they changed to', 'to', 'why');
    this.#providers = counter('astral_provider_changes_total', 'Judgements of providers', 'change', 'why');
    this.#refusals = counter('astral_refusals_total', 'What was refused, given or received', 'what', 'why');
    this.#stalls = counter('astral_stalls_total', 'Times that playback stalled');
    collectDefaultMetrics({ register: this.#registry });
    addGauges(this.#registry, source);
  }

  observe(event: TraceEvent): void {
    if (event.type === 'chunk') this.#chunks.inc({ change: event.change, why: event.why });
    else if (event.type === 'ticket') this.#tickets.inc({ to: event.to ?? 'ended', why: event.why });
    else if (event.type === 'provider') this.#providers.inc({ change: event.change, why: event.why });
    else if (event.type === 'refused') this.#refusals.inc({ what: event.what, why: event.why });
    else if (event.type === 'stall' && event.change === 'begin') this.#stalls.inc();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(): Promise<string> {
    return await this.#registry.metrics();
  }
}

function addGauges(registry: Registry, source: TelemetrySource): void {
  const add = <T extends string>(
    name: string,
    help: string,
    labelNames: T[],
    collect: (gauge: Gauge<T>) => void,
  ): void => {
    const gauge: Gauge<T> = new Gauge({ name, help, labelNames, registers: [], collect: () => collect(gauge) });
    registry.registerMetric(gauge);
  };
  const value = (name: string, help: string, read: () => number): void =>
    add(name, help, [], (gauge) => gauge.set(read()));
  value('astral_peers', 'Connected peers, directories included', () => source.view().peers.length);
  value('astral_supernode', '1 while this node is a supernode', () => (source.view().role === 'supernode' ? 1 : 0));
  value('astral_uplink_bits', 'Uplink lent, bits per second', () => source.uplink());
  value('astral_uplink_promised_bits', 'Bits per second promised', () => source.view().uplink.promised);
  value('astral_upstream_bits', 'Media sent, bits per second, moving average', () => source.traffic().upstream);
  value('astral_downstream_bits', 'Media received, bits per second, moving average', () => source.traffic().downstream);
  value('astral_event_listeners', 'Open sockets of /events', () => source.listeners());
  add('astral_tickets', 'Tickets held, by side and state', ['side', 'state'], (gauge) => {
    gauge.reset();
    const tickets = source.view().streams.flatMap((stream) => stream.tickets);
    for (const { side, state } of tickets) gauge.inc({ side, state });
  });
  add('astral_player_chunks', 'Chunks played and missed of the streams watched now', ['result'], (gauge) => {
    const players = source.view().streams.flatMap(({ player }) => (player === null ? [] : [player]));
    const total = (key: 'played' | 'missed'): number => players.reduce((sum, player) => sum + player[key], 0);
    gauge.set({ result: 'played' }, total('played'));
    gauge.set({ result: 'missed' }, total('missed'));
  });
}
