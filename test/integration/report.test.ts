import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import type { Browser, Locator, Page } from 'playwright-core';
import { launchChromium } from '../browser/chromium.js';
import { scratch } from './programs.js';

const ASTRAL = resolve('apps/bin/astral.js');
const OUTPUT = resolve('test-output');

let browser: Browser | null = null;
test.before(async () => {
  browser = await launchChromium();
  mkdirSync(OUTPUT, { recursive: true });
});
test.after.always(async () => await browser?.close());

function astral(t: ExecutionContext, folder: string, ...parameters: string[]): string {
  const run = spawnSync(process.execPath, [ASTRAL, ...parameters], { cwd: folder, encoding: 'utf8' });
  t.is(run.status, 0, `${parameters.join(' ')}\n${run.stderr}`);
  return run.stdout;
}

/** What a reader would trip over: figures without a size, texts that leave their picture, texts on each other. */
interface Faults {
  readonly figures: number;
  readonly empty: string[];
  readonly clipped: string[];
  readonly covered: string[];
}

function faultsOf(page: Page): Promise<Faults> {
  return page.evaluate(() => {
    const faults: Faults = { figures: 0, empty: [], clipped: [], covered: [] };
    let figures = 0;
    for (const svg of document.querySelectorAll('svg')) {
      figures++;
      const name = svg.parentElement?.id ?? document.title;
      const frame = svg.getBoundingClientRect();
      if (frame.width < 100 || frame.height < 60 || svg.querySelectorAll('path, rect, circle').length === 0) {
        faults.empty.push(name);
      }
      const texts = [...svg.querySelectorAll('text')].filter(({ textContent }) => textContent.trim() !== '');
      const boxes = texts.map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }));
      for (const { text, box } of boxes) {
        const inside =
          box.left >= frame.left - 1 &&
          box.right <= frame.right + 1 &&
          box.top >= frame.top - 1 &&
          box.bottom <= frame.bottom + 1;
        if (!inside) faults.clipped.push(`${name}: ${text}`);
      }
      boxes.forEach(({ text, box }, at) => {
        for (const other of boxes.slice(at + 1)) {
          const width = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
          const height = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
          const least = Math.min(box.height, other.box.height);
          if (width > 2 && height > least * 0.4) faults.covered.push(`${name}: "${text}" and "${other.text}"`);
        }
      });
    }
    return { ...faults, figures };
  });
}

/** Opens a file and fails on any error, and on any request but the one for itself. */
async function open(t: ExecutionContext, path: string, colorScheme: 'light' | 'dark', width: number): Promise<Page> {
  if (browser === null) throw new Error('no browser');
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const url = pathToFileURL(path).href;
  page.on('pageerror', (error) => t.fail(error.message));
  page.on('console', (message) => t.fail(message.text()));
  page.on('request', (request) => {
    if (request.url() !== url && !request.url().startsWith('data:')) t.fail(`asks for ${request.url()}`);
  });
  await page.goto(url);
  return page;
}

/** For people to look at; a browser without graphics sometimes needs another try on a busy machine. */
async function picture(t: ExecutionContext, what: Page | Locator, name: string): Promise<void> {
  const path = join(OUTPUT, `report-${name}.png`);
  for (let tries = 1; tries <= 3; tries++) {
    const problem = await what.screenshot({ path }).then(
      () => null,
      (error: Error) => error.message,
    );
    if (problem === null) return;
    t.log(`no picture of ${name} yet: ${problem}`);
    await delay(500);
  }
}

/** Reads the page as its readers do, and each figure as a paper would. */
async function inspect(t: ExecutionContext, folder: string, name: string, wanted: readonly string[]): Promise<string> {
  const report = join(folder, 'report.html');
  let text = '';
  for (const colours of ['light', 'dark'] as const) {
    const page = await open(t, report, colours, 1100);
    const ids = await page.$$eval('figure', (figures) => figures.map(({ id }) => id));
    for (const id of wanted) t.true(ids.includes(id), `${name} has ${id}: ${ids.join(' ')}`);
    const { figures, ...faults } = await faultsOf(page);
    t.is(figures, ids.length);
    t.deepEqual(faults, { empty: [], clipped: [], covered: [] }, `${name}, ${colours}`);
    const [ground, ink] = await page.$eval('figure text', (each) => [
      getComputedStyle(document.body).backgroundColor,
      getComputedStyle(each).fill,
    ]);
    t.not(ground, ink);
    t.is(colours === 'dark', brightness(ground ?? '') < brightness(ink ?? ''), 'dark is dark');
    await picture(t, page, `${name}-${colours}`);
    for (const id of wanted) await picture(t, page.locator(`#${id}`), `${name}-${id}-${colours}`);
    text = await page.innerText('body');
    await page.close();
  }
  const narrow = await open(t, report, 'light', 400);
  t.true(await narrow.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'fits a telephone');
  await narrow.close();
  for (const file of readdirSync(join(folder, 'figures')).filter((each) => each.endsWith('.svg'))) {
    const svg = readFileSync(join(folder, 'figures', file), 'utf8');
    t.regex(svg, /width="(?:84\.93|179\.92)mm"/, file);
    t.notRegex(svg, /var\(|currentColor|light-dark|NaN|undefined|<style|class=/, file);
    t.regex(svg, /<desc>[^<]*astral \d[^<]*Made by: astral /, file);
    const page = await open(t, join(folder, 'figures', file), 'dark', 900);
    const { figures, ...faults } = await faultsOf(page);
    t.is(figures, 1);
    t.deepEqual(faults, { empty: [], clipped: [], covered: [] }, file);
    await page.close();
  }
  return text;
}

function brightness(colour: string): number {
  return [...colour.matchAll(/\d+/g)].slice(0, 3).reduce((sum, [part]) => sum + Number(part), 0);
}

test.serial(
  'the page of a run: scenario, figures beside targets, time series, distributions, the overlay',
  async (t) => {
    t.timeout(240_000);
    const folder = scratch(t);
    const storm = {
      name: 'storm',
      viewers: 24,
      duration: '40s',
      ramp: '8s',
      faults: [
        { at: '15s', kind: 'restart', target: 'publisher' },
        { at: '22s', kind: 'partition', target: 'viewer', param: 0.3, for: '6s' },
      ],
      targets: [{ metric: 'continuity.mean', atLeast: 0.999 }],
    };
    writeFileSync(join(folder, 'storm.json'), JSON.stringify(storm));
    astral(t, folder, 'sim', 'storm.json', '--seed', '3', '--record', '--out', 'run', '-q');
    const run = join(folder, 'run');
    const before = readFileSync(join(run, 'report.html'), 'utf8');
    t.false(before.includes('<script'), 'needs no script');
    const printed = JSON.parse(astral(t, folder, 'report', 'run', '--json')) as { figures: string[] };
    t.true(printed.figures.length >= 5);
    const wanted = ['timeline', 'cdf-continuity', 'cdf-startup', 'cdf-lag', 'overlay'];
    const text = await inspect(t, run, 'run', wanted);
    t.regex(text, /24 viewers for 40 s.*restart of publisher at 15 s; partition of viewer \(0\.3\) at 22 s for 6 s/s);
    t.regex(text, /continuity\s[\d.]+ %\s[\d.]+ %\s+≥ 99\.9\d* % [✓✗]/);
    t.regex(text, /astral sim scenario\.json --seed 3/);
    astral(t, folder, 'report', 'run', '--out', 'elsewhere/page.html', '-q');
    t.deepEqual(readdirSync(join(folder, 'elsewhere')).sort(), ['figures', 'page.html']);
    const nothing = spawnSync(process.execPath, [ASTRAL, 'report', folder], { encoding: 'utf8' });
    t.is(nothing.status, 2);
    t.regex(nothing.stderr, /neither a run .* nor a sweep/);
  },
);

test.serial('the page of a comparison: medians, differences, fronts, viewers', async (t) => {
  t.timeout(240_000);
  const folder = scratch(t);
  const small = ['--nodes', '12', '--duration', '20s', '--seeds', '1..3', '--out', 'results', '-q'];
  astral(t, folder, 'compare', 'w02@100', ...small);
  const wanted = ['medians', 'differences', 'pareto-offload-lag', 'patience', 'cdf-startup'];
  const text = await inspect(t, join(folder, 'results'), 'compare', wanted);
  t.regex(text, /seeds 1 to 3/);
  t.regex(text, /offload\s[^\n]* pp \[/);
  t.regex(text, /astral compare w02@100 --nodes 12 --duration 20s/);
});

test.serial('the page of a sweep: heat maps, small multiples, fronts', async (t) => {
  t.timeout(240_000);
  const folder = scratch(t);
  const study = {
    name: 'mini',
    title: 'Sub-streams and churn',
    question: 'What do more sub-streams buy when viewers leave soon?',
    scenarios: ['w02'],
    nodes: 8,
    duration: '15s',
    parameters: { 'stream.substreams': [1, 4], 'sessions.mean': ['50s', '400s'] },
    seeds: '1..2',
  };
  writeFileSync(join(folder, 'mini.json'), JSON.stringify(study));
  astral(t, folder, 'sweep', 'mini.json', '--out', 'results', '-q');
  astral(t, folder, 'report', 'results', '-q');
  const wanted = ['heat', 'by-stream-substreams', 'by-sessions-mean', 'pareto-offload-lag'];
  const text = await inspect(t, join(folder, 'results'), 'sweep', wanted);
  t.regex(text, /What do more sub-streams buy/);
  t.regex(text, /stream\.substreams is 1, 4; sessions\.mean is 50s, 400s/);
});
