import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';

const folder = mkdtempSync(join(tmpdir(), 'astral-data-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

function astral(parameters: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [resolve('apps/bin/astral.js'), ...parameters], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
    maxBuffer: 1 << 26,
  });
}

/** The indented blocks of a page, each with the file that the line before it announces. */
function blocksOf(page: string): { readonly file: string | null; readonly text: string }[] {
  return [...page.matchAll(/^([^\n ][^\n]*)\n\n((?: {4}[^\n]*\n)+)/gm)].map(([, before = '', block = '']) => ({
    file: /`([\w.]+)`:$/.exec(before)?.[1] ?? null,
    text: block.replaceAll(/^ {4}/gm, ''),
  }));
}

test.serial('docs/your-own-data.md does what it says, block by block', (t) => {
  const ran: { readonly command: string; readonly result: SpawnSyncReturns<string> }[] = [];
  for (const { file, text } of blocksOf(readFileSync('docs/your-own-data.md', 'utf8'))) {
    if (file !== null) writeFileSync(join(folder, file), text);
    else if (text.startsWith('npx astral ')) {
      for (const line of text.trim().split('\n')) {
        ran.push({ command: line, result: astral(line.replace('npx astral ', '').split(' ')) });
      }
    } else {
      const last = ran.at(-1);
      t.is(last?.result.stderr.trim(), text.trim());
      t.is(last?.result.status, 2);
      ran.pop();
    }
  }
  t.is(ran.length, 3);
  for (const { command, result } of ran) t.is(result.status, 0, `${command}\n${result.stderr}`);
  const digests = [readFileSync(join(folder, 'runs/own/summary.json'), 'utf8'), ran[2]?.result.stdout ?? ''].map(
    (text) => (JSON.parse(text) as { digest: string }).digest,
  );
  t.is(digests[0], digests[1], 'the run directory repeats the run without the tables');
});

test.serial('the examples that come with astral run, from wherever one is', (t) => {
  const { status, stdout, stderr } = astral([
    'sim',
    resolve('experiments/data/own-data.json'),
    '--json',
    '--check',
    'all',
  ]);
  t.is(status, 0, stderr);
  const document = JSON.parse(stdout) as { nodes: number; metrics: { viewers: { total: number } } };
  t.true(document.nodes > 20 && document.metrics.viewers.total === 61, `${document.nodes}`);
});

test.serial('a trace says how many viewers there are, and --nodes cannot', (t) => {
  const { status, stderr } = astral(['sim', resolve('experiments/data/own-data.json'), '--nodes', '5']);
  t.is(status, 2);
  t.regex(stderr, /viewers follows from the trace; leave the number of viewers \(--nodes\) out/);
});
