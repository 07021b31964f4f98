import { simulate, type SimDocument, type SimResult, type SimulateOptions } from '../sim/simulate.js';
import type { Scenario } from '../sim/scenario.js';

/** What a run cost on this machine. */
export interface RunCost {
  readonly wallMs: number;
  readonly speedup: number;
  readonly eventsPerSecond: number;
  readonly peakRssMb: number;
}

export type TimedDocument = Omit<SimDocument, 'run'> & { readonly run: SimDocument['run'] & RunCost };

export interface TimedResult extends SimResult {
  readonly document: TimedDocument;
}

/** Runs a scenario with a stopwatch beside it; the simulation itself knows no clock. */
export function simulateTimed<M extends { readonly type: string }>(
  scenario: Scenario,
  options: SimulateOptions<M>,
): TimedResult {
  const begin = performance.now();
  const result = simulate(scenario, options);
  const wallMs = performance.now() - begin;
  const { run } = result.document;
  const cost: RunCost = {
    wallMs: Math.round(wallMs),
    speedup: round(run.virtualMs / wallMs),
    eventsPerSecond: Math.round((run.events * 1000) / wallMs),
    peakRssMb: round(process.resourceUsage().maxRSS / 1024),
  };
  return { ...result, document: { ...result.document, run: { ...run, ...cost } } };
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
