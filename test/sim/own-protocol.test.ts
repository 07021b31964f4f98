import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import test from 'ava';

/** The files that a page of the guide tells the reader to save: code blocks that begin with their path. */
function filesOf(page: string): ReadonlyMap<string, string> {
  const blocks = readFileSync(page, 'utf8').matchAll(/^```ts\n\/\/ (\S+)\n([\s\S]*?)^```$/gm);
  return new Map([...blocks].map(([, path = '', text = '']) => [path, text]));
}

/** A folder like the checkout after a build, in which files may stand beside the compiled ones. */
function copyOfCheckout(): string {
  const folder = mkdtempSync(join(tmpdir(), 'astral-guide-'));
  const link = (path: string): void => symlinkSync(resolve('dist', path), join(folder, path));
  for (const name of ['core', 'sim', 'viz']) link(name);
  for (const parent of ['experiments', 'experiments/rivals']) {
    mkdirSync(join(folder, parent));
    for (const name of readdirSync(join('dist', parent))) if (name !== 'rivals') link(join(parent, name));
  }
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  return folder;
}

test('docs/your-own-protocol.md: its files compile under the flags of the project, run, and do as it says', (t) => {
  const files = filesOf('docs/your-own-protocol.md');
  t.deepEqual(
    [...files.keys()],
    ['experiments/mine/nearest.ts', 'experiments/rivals/star.ts', 'experiments/mine/star-run.ts'],
  );
  const folder = copyOfCheckout();
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of files) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const { compilerOptions } = JSON.parse(readFileSync('tsconfig.base.json', 'utf8')) as { compilerOptions: object };
  const settings = { ...compilerOptions, composite: false, declaration: false, types: ['node'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: settings, files: [...files.keys()] }));
  const compiled = spawnSync(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', folder], {
    encoding: 'utf8',
  });
  t.is(compiled.status, 0, compiled.stdout + compiled.stderr);
  const run = (path: string): string => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [join(folder, path)], { encoding: 'utf8' });
    t.is(status, 0, stderr);
    return stdout;
  };
  const rows = run('experiments/mine/nearest.js').trimEnd().split('\n');
  t.is(rows.length, 5);
  t.regex(rows[0] ?? '', /^selection\tseed\tcontinuity\.mean\t/);
  t.regex(rows[3] ?? '', /^nearest-first\t1\t0\.9/);
  t.notDeepEqual(rows[1]?.split('\t').slice(2), rows[3]?.split('\t').slice(2));
  const [, few, many] =
    /^5 viewers: continuity (.*) %, 0 .*\n40 viewers: continuity (.*) %/.exec(run('experiments/mine/star-run.js')) ??
    [];
  t.true(Number(few) > 95 && Number(many) < 50, 'a publisher alone serves a few, and not a crowd');
});
