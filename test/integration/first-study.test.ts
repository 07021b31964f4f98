import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import test from 'ava';
import { pairedDifference } from '../../experiments/compare/statistics.js';

const folder = mkdtempSync(join(tmpdir(), 'astral-guide-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

/** The blocks of a page that are marked as a language, in their order. */
function blocks(page: string, language: string): string[] {
  const text = readFileSync(page, 'utf8');
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap((match) =>
    match[1] === language ? [match[2] ?? ''] : [],
  );
}

/** Made by building and running, or for git: no part of what a reader begins with. */
const MADE = ['.git', 'node_modules', 'dist', 'coverage', 'runs', 'results', 'test-output', 'fuzz-failures'];
/** What `npm ci` makes of a checkout. A user's machine does with what it has. */
const READY = ['node_modules', 'dist'];
const inFull = process.env['CI'] === 'true';

/** A checkout as a reader has it, in which a test may leave things; links to what `npm ci` has made where it is not run. */
function checkout(): string {
  const here = readdirSync('.').filter((name) => !MADE.includes(name));
  for (const name of here) cpSync(name, join(folder, name), { recursive: true });
  if (!inFull) for (const name of READY) symlinkSync(resolve(name), join(folder, name));
  return folder;
}

test.serial('docs/first-study.md, followed literally, ends in a page and in figures', (t) => {
  t.timeout(10 * 60_000);
  const steps = blocks('docs/first-study.md', 'sh');
  t.true(steps.length >= 5);
  const install = steps[0]?.trim();
  t.is(install, 'npm ci');
  if (!inFull) t.log('npm ci was run before, and is not run again without CI=true');
  const followed = inFull ? steps : steps.slice(1);
  const npm = inFull
    ? { npm_config_prefer_offline: 'true' }
    : // What npx makes of a checkout when it first sees it, its links and a build, has been made and stays out of here.
      { npm_config_cache: join(folder, '.npm'), npm_config_ignore_scripts: 'true' };
  const env = { ...process.env, ...npm, NO_COLOR: '1' };
  const { status, stdout, stderr } = spawnSync('bash', ['-euxc', followed.join('\n')], {
    cwd: checkout(),
    encoding: 'utf8',
    env,
  });
  t.is(status, 0, `${stdout}\n${stderr}`);
  for (const words of ['16 runs, 0 of them done', 'invariants: all held', 'missed_permille'])
    t.true(stdout.includes(words), `${words} in:\n${stdout}`);
  const results = join(folder, 'results', 'first');
  t.regex(
    readFileSync(join(results, 'report.html'), 'utf8'),
    /<svg[\s\S]*Viewers who come and go|Viewers who come and go[\s\S]*<svg/,
  );
  const figures = readdirSync(join(results, 'figures'));
  t.true(figures.some((name) => name.endsWith('.svg')) && figures.includes('captions.txt'), figures.join());
  t.true(existsSync(join(results, 'results.parquet')));
});

test.serial('the queries of docs/sweeps.md, on a real sweep of its study', async (t) => {
  const [study = ''] = blocks('docs/sweeps.md', 'json');
  const small = { ...(JSON.parse(study) as object), nodes: 10, duration: '10s', seeds: '1..3' };
  const out = join(folder, 'queries');
  writeFileSync(join(folder, 'grid.json'), JSON.stringify(small));
  const ran = spawnSync(
    process.execPath,
    [resolve('apps/bin/astral.js'), 'sweep', join(folder, 'grid.json'), '--out', out],
    { encoding: 'utf8' },
  );
  t.is(ran.status, 0, ran.stderr);
  const database = await (await DuckDBInstance.create()).connect();
  const ask = async (sql: string): Promise<Record<string, unknown>[]> => {
    const answer = await database.runAndReadAll(sql.replaceAll("'results/", `'${out}/`));
    return answer.getRowObjectsJS();
  };
  const [printed = ''] = /(?<=duckdb -c ").*(?=")/.exec(ran.stdout) ?? [];
  t.is((await ask(printed)).length, 12, 'the line that a sweep prints');
  t.is(
    (
      await ask(
        `SELECT * FROM '${out}/results.parquet' JOIN '${out}/cost.parquet' USING (scenario, protocol, stream_chunkTime, stream_substreams, seed)`,
      )
    ).length,
    36,
  );

  const [medians = '', difference = '', front = '', ...more] = blocks('docs/sweeps.md', 'sql');
  t.is(more.length, 0);
  const points = await ask(medians);
  t.is(points.length, 12);
  t.true(points.every(({ runs, continuity }) => Number(runs) === 3 && Number(continuity) <= 1));
  t.deepEqual([points[0]?.['protocol'], points[0]?.['stream_chunkTime']], ['astral', 50], 'durations are milliseconds');

  const spreads = await ask(difference);
  t.is(spreads.length, 6);
  const lags = async (protocol: string): Promise<number[]> => {
    const where = `protocol = '${protocol}' AND stream_chunkTime = 50 AND stream_substreams = 2`;
    const rows = await ask(
      `SELECT arrivalLagMs_p95 AS lag FROM 'results/results.parquet' WHERE ${where} ORDER BY seed`,
    );
    return rows.map(({ lag }) => Number(lag));
  };
  const wanted = pairedDifference(await lags('astral'), await lags('origin-edge'));
  for (const key of ['mean', 'low', 'high'] as const)
    t.true(Math.abs(Number(spreads[0]?.[key]) - Number(wanted?.[key])) < 1e-6 * Math.abs(Number(wanted?.[key])), key);

  const best = await ask(front);
  t.true(best.length >= 1 && best.length <= 12);
  for (const [index, { offload }] of best.entries())
    t.true(index === 0 || Number(offload) >= Number(best[index - 1]?.['offload']), 'more lag only for more offload');
});
