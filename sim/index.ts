export { CHECKERS, Panel, type CheckLevel } from './checkers/panel.js';
export type { Checker, Report, Snapshot, Verdict, Violation } from './checkers/checker.js';
export { Metrics, type MetricsOptions } from './metrics/metrics.js';
export type { MetricTree } from './metrics/summary.js';
export type { Recorder, RecordingLine } from './recording.js';
export { loadScenario, scenarioJsonSchema, variantsOf, type Loaded, type Scenario } from './scenario.js';
export {
  firstDifference,
  simulate,
  type Contender,
  type SimDocument,
  type SimResult,
  type SimulateOptions,
} from './simulate.js';
export { Simulation } from './simulation.js';
export { World, type WorldOptions } from './world.js';
