import { createRng } from '../core/rng.js';
import { SECOND, type NodeId, type Time } from '../core/units.js';
import type { View } from '../core/view.js';
import { changeProblems } from './change.js';
import { viewerTable } from './metrics/viewer-table.js';
import { Run } from './run.js';
import type { Scenario } from './scenario/shape.js';
import type { SimDocument, SimResult, SimulateOptions } from './simulate.js';

/** A change that a run cannot make where it stands; the message has a line for each reason. */
export class Unchangeable extends RangeError {}

/** A run that stops where it is told to, so that it can be looked at, and changed, on the way. Nothing of that shows in it. */
export class Simulation<M extends { readonly type: string }> {
  scenario: Scenario;
  readonly #options: SimulateOptions<M>;
  readonly #run: Run<M>;
  /** Whole seconds that observers were told of. */
  #told: Time = 0;

  constructor(scenario: Scenario, options: SimulateOptions<M>) {
    this.scenario = scenario;
    this.#options = options;
    this.#run = new Run(scenario, options, createRng(`${scenario.name}/${options.seed}`));
  }

  /** Virtual time, microseconds. */
  get now(): Time {
    return this.#run.world.now();
  }

  /** Inputs handled so far. */
  get events(): number {
    return this.#run.events;
  }

  /** Digest of the inputs so far. */
  get digest(): string {
    return this.#run.world.digest.hex;
  }

  /** `digests[i]` is that after `(i + 1) * digestEvery` inputs. */
  get digests(): readonly string[] {
    return this.#run.world.digest.prefixes;
  }

  get digestEvery(): number {
    return this.#run.world.digest.every;
  }

  /** Peers that are up and mean to stay. */
  ids(): NodeId[] {
    return this.#run.ids();
  }

  /** What a peer that is up says of itself; null for any other node. */
  view(node: NodeId): View | null {
    return this.#run.view(node);
  }

  /** Runs all events up to and including `until`, or to the end of the scenario where that is sooner. */
  runTo(until: Time): void {
    const { duration } = this.scenario;
    const end = Math.min(until, duration);
    const { recorder, onProgress } = this.#options;
    while (this.#told < end) {
      const next = Math.min(this.#told + SECOND, duration);
      this.#run.world.run(Math.min(next, end));
      if (next > end) return;
      this.#told = next;
      recorder?.second(next, (node) => this.#run.view(node));
      onProgress?.(next, duration);
    }
  }

  /**
   * From now on the run is of another scenario, with the same past and the same luck. Throws an `Unchangeable` for what
   * `changeProblems` refuses, and where the nodes of this protocol cannot be told other settings.
   */
  change(to: Scenario): void {
    const problems = changeProblems(this.scenario, to, this.now);
    if (problems.length > 0)
      throw new Unchangeable(problems.map(({ path, message }) => `${path} ${message}`).join('\n'));
    this.scenario = to;
    const refused = this.#run.change(to);
    if (refused > 0) {
      throw new Unchangeable(
        `${refused} nodes of protocol ${this.#options.protocol.name} take no settings while they run`,
      );
    }
  }

  /** Runs what is left, demands liveness, and computes the figures; to be called once. */
  finish(): SimResult {
    const { scenario } = this;
    const { duration } = scenario;
    this.runTo(duration);
    const run = this.#run;
    const metrics = run.measure();
    const viewers = viewerTable(run.metrics, run.traffic, duration);
    const timeline = run.metrics.timeline.finish(duration);
    const { events, nodeSeconds } = run;
    const { digest, digestEvery } = this;
    const digests = [...this.digests];
    run.demandLiveness();
    const document: SimDocument = {
      schema: 'astral.sim/1',
      version: this.#options.version ?? '0',
      scenario: scenario.name,
      protocol: this.#options.protocol.name,
      seed: this.#options.seed,
      nodes: scenario.viewers,
      metrics,
      violations: run.panel.violations,
      checks: run.panel.verdicts(),
      digest,
      run: {
        events,
        virtualMs: duration / 1000,
        nodeSeconds,
        eventsPerNodeSecond: nodeSeconds === 0 ? 0 : events / nodeSeconds,
      },
    };
    return { document, viewers, timeline, digests, digestEvery };
  }
}
