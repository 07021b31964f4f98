export { PROTOCOLS } from './protocols.js';
export { linkLatest, RunDirectory, runPath } from './run-directory.js';
export { simulateTimed, type RunCost, type TimedDocument, type TimedResult } from './timed.js';
export { RecordingFile } from './recording-file.js';
export { TraceFile } from './trace-file.js';
export { listWorkloads, readWorkload, type Workload } from './workloads.js';
