import { readFile } from 'node:fs/promises';
import { createSampleLoop } from './sample-loop.js';
import type { SampleLoop } from './sample-loop.js';

/** The recording that `apps/assets/make-sample.sh` makes; the path holds for the compiled file in `dist/`. */
const SAMPLE = new URL('../../../../apps/assets/sample.mp4', import.meta.url);

/** Loads the bundled sample as an endless stream. */
export async function loadSampleLoop(): Promise<SampleLoop> {
  return createSampleLoop(await readFile(SAMPLE));
}
