import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import * as rules from './house-rules.js';
import { mask } from './house-rules-mask.js';

const CODE = /\.(?:ts|js|mjs)$/;

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? walk(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`],
  );
}

const read = (path: string): rules.ProjectFile => ({ path, text: readFileSync(path, 'utf8') });
const paths = rules.folders.flatMap(walk);
const code = paths.filter((path) => CODE.test(path)).map(read);
const rootPages = readdirSync('.').filter((name) => name.endsWith('.md'));

test('the project keeps its rules', (t) => {
  t.true(code.length > 0);
  const pages = [...rootPages, ...paths.filter((path) => path.endsWith('.md') && !path.endsWith('.ts.md'))];
  const problems = [
    ...code.flatMap((file) => [...rules.boundaries(file), ...rules.purity(file), ...rules.barrels(file)]),
    ...code.filter((file) => !file.path.startsWith('test/house-rules')).flatMap(rules.leftovers),
    ...rules.cycles(code),
    ...pages.map(read).flatMap(rules.titles),
    ...rules.guides(paths.filter((path) => path.endsWith('/README.md')).map(read), paths),
    ...rules.lockFile(readFileSync('package-lock.json', 'utf8')),
  ];
  t.deepEqual(problems, []);
});

test('the mask leaves code and blanks what is not', (t) => {
  const text =
    "a /* b */ = 'it\\'s' + `x${c + `${d}` + {e: 1}.e}y` / f; // g\nconst h = /[/'\"]i/u.test(\"j\"), k = l / m / n;";
  t.deepEqual(mask(text).match(/\w+/g), [
    'a',
    'c',
    'd',
    'e',
    '1',
    'e',
    'f',
    'const',
    'h',
    'u',
    'test',
    'k',
    'l',
    'm',
    'n',
  ]);
  t.is(mask(text).length, text.length);
});

test('imports across a boundary are found', (t) => {
  const faults: [path: string, text: string][] = [
    ['core/x.ts', "import 'node:fs';"],
    ['core/x.ts', "import { readFile } from 'fs';"],
    ['core/x.ts', "export { world } from '../sim/world.js';"],
    ['core/x.ts', "import type { Rng } from 'seedrandom';"],
    ['core/x.ts', "const module = import('ws');"],
    ['sim/x.ts', "import type {\n  Socket,\n} from '../transports/websocket.js';"],
    ['sim/x.ts', "import fc from 'fast-check';"],
    ['transports/x.ts', "import { world } from '../sim/world.js';"],
    ['viz/x.ts', "import { readFileSync } from 'node:fs';"],
    ['experiments/x.ts', "import { view } from '../viz/overlay.js';"],
    ['apps/x.ts', "import { helper } from '../test/tools/tally.js';"],
    ['apps/node/x.ts', "import { main } from '../../dist/apps/cli/main.js';"],
  ];
  for (const [path, text] of faults) t.is(rules.boundaries({ path, text }).length, 1, text);
  const fine: [path: string, text: string][] = [
    ['core/rng.ts', "import { alea } from 'seedrandom';"],
    ['core/x.ts', "import { limits } from './limits.js';\n// import 'node:fs'\nconst prose = \"import 'node:fs'\";"],
    ['sim/x.ts', "import { NEVER } from '../core/units.js';"],
    ['apps/bin/astral.js', "import '../../dist/apps/cli/main.js';"],
  ];
  for (const [path, text] of fine) t.deepEqual(rules.boundaries({ path, text }), [], text);
});

test('impure names in core and sim are found, prose about them is not', (t) => {
  const faults = [
    'Date.now()',
    'new Date()',
    'Math.random()',
    'performance.now()',
    'async () => {}',
    'await x',
    'Promise.all(x)',
  ];
  faults.push(
    'Intl.Collator',
    'setTimeout(f)',
    'process.env',
    'a.localeCompare(b)',
    'Math.log(x)',
    'Math.pow(2, x)',
    'const { random } = Math;',
    'x ** 2',
    '`${Date.now()}`',
  );
  for (const text of faults) {
    t.is(rules.purity({ path: 'core/x.ts', text }).length, 1, text);
    t.is(rules.purity({ path: 'sim/x.ts', text }).length, 1, text);
    t.is(rules.purity({ path: 'apps/x.ts', text }).length, 0, text);
  }
  const fine =
    '/** No Date.now() and no Promise. */ const process_ = "await"; update(dateOf(x)); // performance\nMath.floor(x) + 2 ** x + 10 ** 6;';
  t.deepEqual(rules.purity({ path: 'core/x.ts', text: fine }), []);
});

test('leftovers, barrels, cycles, bad pages and a bad lock file are found', (t) => {
  for (const text of [
    "test.only('x', f)",
    '// TODO: later',
    '// FIXME',
    '// @ts-ignore',
    '/* oxlint-disable */',
    '/* c8 ignore next */',
  ])
    t.is(rules.leftovers({ path: 'sim/x.ts', text }).length, 1, text);
  t.is(rules.barrels({ path: 'core/tickets/index.ts', text: '' }).length, 1);
  t.is(rules.barrels({ path: 'core/index.ts', text: '' }).length, 0);
  const ring = [
    { path: 'core/a.ts', text: "import './b.js';" },
    { path: 'core/b.ts', text: "export { C } from './c.js';" },
    { path: 'core/c.ts', text: "import './a.js';" },
  ];
  t.deepEqual(rules.cycles(ring), ['import cycle: core/a.ts -> core/b.ts -> core/c.ts -> core/a.ts']);
  const types = { path: 'core/b.ts', text: "import type { C } from './c.js';" };
  t.deepEqual(rules.cycles([ring[0]!, types, ring[2]!]), []);
  t.is(rules.titles({ path: 'a.md', text: '# One\n\n# Two\n' }).length, 1);
  t.is(rules.titles({ path: 'a.md', text: 'No title\n' }).length, 1);
  t.is(rules.titles({ path: 'a.md', text: '# One\n```sh\n# a comment\n```\n' }).length, 0);
  const guide = { path: 'sim/README.md', text: '# Sim\n- `queue.ts`: events in order\n' };
  t.is(rules.guides([], ['sim/queue.ts']).length, 1);
  t.is(rules.guides([guide], ['sim/queue.ts', 'sim/world.ts']).length, 1);
  t.is(rules.guides([guide], []).length, 1);
  t.is(rules.guides([guide], ['sim/README.md', 'sim/queue.ts']).length, 0);
  t.is(rules.lockFile('{"packages":{"node_modules/a":{"resolved":"https://example.org/a.tgz"}}}').length, 1);
  t.is(rules.lockFile('{"packages":{"node_modules/a":{"hasInstallScript":true}}}').length, 1);
});

test('the linter refuses long files, long functions and any', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'astral-rules-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const fault = (name: string, text: string) => writeFileSync(join(folder, name), text);
  fault('file.ts', 'export {};\n'.repeat(401));
  fault('function.ts', `export function f(x: number): number {\n${'  x++;\n'.repeat(68)}  return x;\n}\n`);
  fault('any.ts', 'export const f = (x: any): void => console.log(x);\n');
  const lint = () =>
    execFileSync('node_modules/.bin/oxlint', ['-c', '.oxlintrc.json', '--no-ignore', '-f', 'unix', folder]);
  const { stdout } = t.throws(lint) as Error & { stdout?: Buffer };
  const report = String(stdout);
  t.regex(report, /file\.ts.*max-lines\b/s);
  t.regex(report, /function\.ts.*max-lines-per-function/s);
  t.regex(report, /any\.ts.*no-explicit-any/s);
});
