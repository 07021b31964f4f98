import { parentPort } from 'node:worker_threads';
import { runJob, type Job } from './job.js';
import type { FromWorker } from './pool.js';

/** A thread of the pool: takes jobs one after the other and tells how far it is. */
const port = parentPort;
port?.on('message', (job: Job) => {
  const tell = (message: FromWorker): void => port.postMessage(message);
  try {
    tell({ type: 'done', document: runJob(job, (share) => tell({ type: 'progress', share })) });
  } catch (error) {
    tell({ type: 'failed', error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
