/**
 * `node dist/test/tools/nodes.js` compares the digests of the same runs between versions of Node, then runs the fast
 * tests on each. npx fetches the versions. Exit code 1 when a digest or a test differs from what it is to be.
 */
import { spawnSync } from 'node:child_process';

const VERSIONS = [20, 22, 24];

/** A script on a version of Node; its standard output where `keep` asks for it. Ends the process when it fails. */
function on(version: number, keep: boolean, ...script: readonly string[]): string {
  const args = ['-y', '-p', `node@${version}`, 'node', ...script];
  const { status, stdout } = spawnSync('npx', args, {
    encoding: 'utf8',
    stdio: ['ignore', keep ? 'pipe' : 'inherit', 'inherit'],
  });
  if (status === 0) return stdout;
  console.error(`node ${version}: ${script.join(' ')} ended with ${status}`);
  process.exit(1);
}

const digests = VERSIONS.map(
  (version) => JSON.parse(on(version, true, 'dist/test/tools/digests.js')) as Record<string, string>,
);
let unequal = 0;
for (const name of new Set(digests.flatMap((each) => Object.keys(each)))) {
  const values = digests.map((each) => each[name] ?? 'missing');
  const equal = values.every((value) => value === values[0]);
  if (!equal) unequal++;
  console.log(`${equal ? '✔' : '✘'} ${name}: ${equal ? values[0] : values.join(', ')}`);
}
console.log(`digests on Node ${VERSIONS.join(', ')}: ${unequal === 0 ? 'equal' : `${unequal} unequal`}\n`);
if (unequal > 0) process.exit(1);
if (!process.argv.includes('--digests'))
  for (const version of VERSIONS) on(version, false, 'dist/test/tools/run.js', 'fast');
