/**
 * `node dist/test/tools/run.js STAGE...` runs the named stages, shows their progress, prints the totals of all of them
 * as its last line and exits 0 only if something ran and nothing failed.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { closingLine, countLine, type Tally } from './tally.js';

/** One program of node_modules/.bin; `show` says how its output is read. */
interface Step {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  readonly show: 'tap' | 'always' | 'on failure';
  readonly env?: Readonly<Record<string, string>>;
}

const RAW_COVERAGE = 'coverage/tmp';
const FAST = ['dist/test/**/*.test.js', '!dist/test/integration/**', '!dist/test/house-rules.test.js'];
const SIMULATIONS = 'dist/test/sim';

const stages: Readonly<Record<string, readonly Step[]>> = {
  check: [
    gate('format', 'oxfmt', '--check'),
    gate('lint', 'oxlint', '--type-aware', '--deny-warnings'),
    gate('dead code', 'knip'),
    gate('package', 'publint', '--strict', '--pack', 'false'),
    tests('house rules', ['dist/test/house-rules.test.js']),
  ],
  fast: [tests('fast tests', FAST)],
  'fast+coverage': [
    // Counting nearly doubles what a simulation costs, and whole runs would hide what no test of a module looks at.
    { ...tests('fast tests', [...FAST, `!${SIMULATIONS}/**`]), env: { NODE_V8_COVERAGE: RAW_COVERAGE } },
    tests('simulations', [SIMULATIONS]),
    { name: 'coverage', command: ['c8', 'report'], show: 'always' },
  ],
  integration: [
    gate('pages', 'vite', 'build', 'viz', '--logLevel', 'warn'),
    tests('integration tests', ['dist/test/integration']),
  ],
};

function gate(name: string, program: string, ...args: string[]): Step {
  return { name, command: [program, ...args], show: 'on failure' };
}

function tests(name: string, where: readonly string[]): Step {
  return { name, command: ['ava', '--tap', ...where], show: 'tap' };
}

/** Resolves to the exit code; null when a signal ended the program. */
async function execute(
  step: Step,
  onOutput: (line: string) => void,
  onError: (line: string) => void,
): Promise<number | null> {
  const [program, ...args] = step.command;
  const child = spawn(`node_modules/.bin/${program}`, args, {
    env: { ...process.env, ...step.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  createInterface({ input: child.stdout }).on('line', onOutput);
  createInterface({ input: child.stderr }).on('line', onError);
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
}

/** A step that ends badly without a failed test of its own counts as one failure, so that the totals never lie. */
async function run(step: Step, total: Tally): Promise<void> {
  const began = Date.now();
  const own: Tally = { passed: 0, failed: 0, skipped: 0 };
  const held: string[] = [];
  console.log(`${step.name}: ${step.command.join(' ')}`);
  const show = (line: string | null): void => {
    if (step.show === 'on failure' && line !== null) held.push(line);
    else if (line !== null) console.log(line);
  };
  const code = await execute(step, (line) => show(step.show === 'tap' ? countLine(own, line) : line), show);
  const empty = step.show === 'tap' && own.passed + own.failed === 0;
  if (own.failed === 0 && (code !== 0 || empty)) {
    own.failed++;
    held.push(empty ? 'no test ran' : `ended with ${code === null ? 'a signal' : `exit code ${code}`}`);
  }
  if (own.failed > 0) for (const line of held) console.log(line);
  console.log(`${own.failed > 0 ? '✘' : '✔'} ${step.name} (${((Date.now() - began) / 1000).toFixed(1)} s)\n`);
  total.passed += own.passed;
  total.failed += own.failed;
  total.skipped += own.skipped;
}

/** The compiler leaves behind what it made of a test that was renamed or removed. */
function dropOrphans(): void {
  for (const name of readdirSync('dist/test', { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('.test.js') && !existsSync(`test/${name.replace(/js$/, 'ts')}`)) rmSync(`dist/test/${name}`);
  }
}

const names = process.argv.slice(2);
const unknown = names.filter((name) => !Object.hasOwn(stages, name));
if (names.length === 0 || unknown.length > 0) {
  console.error(
    `usage: run.js STAGE...; stages: ${Object.keys(stages).join(', ')}; not one of them: ${unknown.join(', ')}`,
  );
  process.exit(2);
}
dropOrphans();
rmSync(RAW_COVERAGE, { recursive: true, force: true });
const total: Tally = { passed: 0, failed: 0, skipped: 0 };
for (const name of names) for (const step of stages[name] ?? []) await run(step, total);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
console.log(closingLine(total));
