import { Session, type Profiler } from 'node:inspector';

/** Parts of the program, by the folder and file that code lies in; the first that fits counts. */
const PARTS: readonly (readonly [part: string, files: RegExp])[] = [
  ['event queue', /^sim\/(?:queue|heap|wakes)/],
  ['network', /^sim\/(?:network|geography|rules|handshake|processors?)/],
  ['metrics', /^sim\/(?:metrics|traffic)/],
  ['checkers', /^sim\/checkers/],
  ['signatures, digests, wire format', /^(?:core\/(?:wire|trust|session)|sim\/(?:crypto|mixing|digest))/],
  ['world and hosts', /^(?:sim|core\/host)/],
  ['delivery and playback', /^core\/(?:delivery|playback|stream|publisher|pulse)/],
  ['tickets', /^core\/(?:tickets|policies)/],
  ['membership', /^core\/(?:membership|brokering|directory)/],
  ['the node around its parts', /^core\//],
  ['garbage collection', /^\(garbage collector\)/],
];
const REST = 'the JavaScript engine';
/** Microseconds between two looks. */
const EVERY = 500;

/** How much of the processor time each part took, most first; the shares sum to 1. */
export type Shares = readonly (readonly [part: string, share: number])[];

/** Looks at the stack twice in a millisecond while `work` runs, and says which part was at its top how often. */
export function profileOf(work: () => void): Shares {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: EVERY });
  session.post('Profiler.start');
  work();
  let profile: Profiler.Profile | null = null;
  session.post('Profiler.stop', (error, result) => {
    if (error === null) profile = result.profile;
  });
  session.disconnect();
  if (profile === null) throw new Error('the profiler of this Node gives no profile');
  return sharesOf(profile);
}

/** Sums a profile up by part. */
export function sharesOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Shares {
  const parts = new Map(nodes.map(({ id, callFrame }) => [id, partOf(callFrame)]));
  const times = new Map<string, number>();
  let total = 0;
  samples.forEach((sample, index) => {
    const part = parts.get(sample);
    const time = timeDeltas[index] ?? 0;
    if (part === undefined || part === null) return;
    times.set(part, (times.get(part) ?? 0) + time);
    total += time;
  });
  return [...times].map(([part, time]) => [part, time / total] as const).toSorted((a, b) => b[1] - a[1]);
}

/** null for time in which nothing ran. */
function partOf({ url, functionName }: Profiler.Profile['nodes'][number]['callFrame']): string | null {
  if (functionName === '(idle)') return null;
  const file = url === '' ? functionName : (/\/dist\/((?:core|sim)\/.*)$/.exec(url)?.[1] ?? url);
  return PARTS.find(([, files]) => files.test(file))?.[0] ?? REST;
}
