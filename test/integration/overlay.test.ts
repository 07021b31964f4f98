import { spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../browser/chromium.js';
import { eventually, scratch, startProgram } from './programs.js';

const VIEWPORT = { width: 1440, height: 900 };
const SHOWN_MS = 3000;

let browser: Browser | null = null;
test.before(async () => {
  browser = await launchChromium();
  await mkdir('test-output', { recursive: true });
});
test.after.always(async () => await browser?.close());

/** A page, and the errors that it reports. */
async function openPage(url: string, colorScheme: 'light' | 'dark'): Promise<{ page: Page; errors: string[] }> {
  if (browser === null) throw new Error('no browser');
  const page = await browser.newPage({ viewport: VIEWPORT, colorScheme });
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(url);
  return { page, errors };
}

/** A figure of the side bar. */
async function figure(page: Page, label: string): Promise<string> {
  const row = page.locator('#moment > div').filter({ hasText: label });
  return (await row.locator('dd').first().textContent()) ?? '';
}

async function selectNode(page: Page, text: string): Promise<void> {
  await page.fill('#search', text);
  await page.waitForTimeout(500);
  await page.press('#search', 'Enter');
  await page.locator('#panel h2').waitFor();
}

/** Times between frames, sorted, while the pointer drags the picture about. */
async function frames(page: Page, milliseconds: number): Promise<number[]> {
  const measured = page.evaluate(
    (span) =>
      new Promise<number[]>((resolve) => {
        const gaps: number[] = [];
        const begin = performance.now();
        let last = begin;
        const step = (now: number): void => {
          gaps.push(now - last);
          last = now;
          if (now - begin < span) requestAnimationFrame(step);
          else resolve(gaps.slice(2).toSorted((a, b) => a - b));
        };
        requestAnimationFrame(step);
      }),
    milliseconds,
  );
  const end = performance.now() + milliseconds;
  await page.mouse.move(160, 640);
  await page.mouse.down();
  for (let step = 0; performance.now() < end; step++) {
    await page.mouse.move(160 + 60 * Math.sin(step / 9), 640 + 40 * Math.cos(step / 7));
    await page.waitForTimeout(16);
  }
  await page.mouse.up();
  return await measured;
}

const quantile = (sorted: readonly number[], share: number): number => sorted[Math.floor(sorted.length * share)] ?? NaN;

/** An empty canvas of the same size that is cleared in every frame: what this machine can do at best. */
async function emptyFrames(): Promise<number[]> {
  const page = await browser!.newPage({ viewport: VIEWPORT });
  await page.setContent('<body style="margin:0"><canvas width="1440" height="900"></canvas>');
  await page.evaluate(() => {
    const context = document.querySelector('canvas')?.getContext('2d');
    const step = (): void => {
      context?.clearRect(0, 0, 1440, 900);
      requestAnimationFrame(step);
    };
    step();
  });
  const measured = await frames(page, SHOWN_MS);
  await page.close();
  return measured;
}

test.serial('a recorded run of 300 viewers plays, scrubs, pans and tells of every node, without stutter', async (t) => {
  t.timeout(240_000);
  const run = join(scratch(t), 'run');
  const args = ['sim', 'w02', '--nodes', '300', '--seed', '7', '--duration', '45s', '--check', 'off', '--record', '-q'];
  const { status } = spawnSync(process.execPath, ['apps/bin/astral.js', ...args, '--out', run], { stdio: 'ignore' });
  t.is(status, 0);
  const server = await startProgram(t, 'astral', ['view', run, '--no-open'], 'page');
  const url = server.printed.get('page') ?? t.fail(server.errors());
  const { page, errors } = await openPage(url, 'light');
  await page.locator('#title').filter({ hasText: 'w02, astral, seed 7' }).waitFor();
  await page.selectOption('#speed', '10');
  await page.waitForFunction(() => Number(document.querySelector('#moment dd')?.textContent) > 250);

  const empty = await emptyFrames();
  const played = await frames(page, SHOWN_MS);
  const [median, slow, best] = [quantile(played, 0.5), quantile(played, 0.95), quantile(empty, 0.5)];
  t.log(
    `frames at 10x while panning: median ${median.toFixed(1)} ms, p95 ${slow.toFixed(1)} ms; empty canvas: ${best.toFixed(1)} ms`,
  );
  t.true(median < Math.max(50, 3 * best), 'at least 20 frames a second, or a third of an empty page');

  await page.keyboard.press('Home');
  // It plays on from there: a frame later the clock stands at the beginning, and a second later at 0:10.
  await page.waitForFunction(() => /^0:0\d of 0:45$/.test(document.querySelector('#time')?.textContent ?? ''));
  for (let jump = 0; jump < 4; jump++) await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Space');
  await page.waitForFunction(() => document.querySelector('#play')?.textContent === 'Play');
  t.true(Number(await figure(page, 'Viewers')) > 280);
  t.true(Number(await figure(page, 'Playing')) > 200);
  t.true(Number(await figure(page, 'Depth, largest')) >= 2);
  t.true((await page.locator('#run > div').count()) >= 10);
  await page.keyboard.press('f');
  await page.waitForTimeout(2500);
  await page.screenshot({ path: 'test-output/overlay-300-light.png' });

  await page.selectOption('#layout', 'rings');
  await page
    .locator('#substreams button')
    .first()
    .click({ modifiers: ['Shift'] });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.waitForTimeout(3500);
  await page.screenshot({ path: 'test-output/overlay-300-rings-dark.png' });

  await selectNode(page, 'publisher');
  t.regex((await page.locator('#panel').textContent()) ?? '', /the publisher.*Forwards to \([1-9]/s);
  t.true((await page.locator('#panel .ticket').count()) >= 10);
  await page.locator('#panel .ticket button').first().click();
  const told = (await page.locator('#panel').textContent()) ?? '';
  t.regex(told, /hops? from the publisher.*Receives from \([1-9].*Plays.*Timers.*Lately/s);
  await page.fill('#search', '');
  await page.screenshot({ path: 'test-output/overlay-panel-dark.png' });
  await page.keyboard.press('Escape');
  t.deepEqual(errors, []);
  server.process.kill('SIGINT');
  t.is(await server.exit, 0);
});

test.serial('a live network is drawn from the reports of its nodes, and from one node with its player', async (t) => {
  t.timeout(240_000);
  const web = await startProgram(t, 'astral-web', ['--port', '0', '--log-level', 'error'], 'directory');
  const directory = web.printed.get('directory') ?? t.fail(web.errors());
  const common = ['--ephemeral', '--port', '0', '--peer-port', '0', '--log-level', 'error', '--directory', directory];
  const reporting = [...common, '--report', '--uplink', '1200kbit'];
  const watching = (name: string) => [...reporting, '-u', name, '--watch', 'test-picture'];
  await startProgram(t, 'astralnode', [...reporting, '-u', 'stage', '--sample', 'Test picture'], 'page');
  const viewers = ['ada', 'ben', 'cleo', 'dan'];
  const nodes = await Promise.all(viewers.map((name) => startProgram(t, 'astralnode', watching(name), 'page')));

  const { page, errors } = await openPage(`${directory}/visualization`, 'dark');
  for (const [at, what] of ['viewers', 'players'].entries()) {
    await page.waitForFunction((n) => document.querySelectorAll('#moment dd')[n]?.textContent === '4', at, {
      timeout: 60_000,
    });
    t.log(`4 ${what}`);
  }
  t.is(await page.locator('#time').textContent(), 'live');
  await selectNode(page, 'cleo');
  const told = await eventually('all sub-streams come', 30, async () => {
    const text = (await page.locator('#panel').textContent()) ?? '';
    return /Receives from \(([4-8])\)/.test(text) ? text : null;
  });
  t.regex(told, /cleo.*hops? from the publisher.*active.*lease \d.*Timers.*in \d/s);
  await page.waitForTimeout(3000);
  await page.screenshot({ path: 'test-output/overlay-live-dark.png' });
  t.deepEqual(errors, []);
  await page.close();

  const [node] = nodes;
  const address = (node?.printed.get('page') ?? '').replace('/#', '/overlay#');
  const { page: own, errors: ownErrors } = await openPage(address, 'light');
  await own.locator('#state[data-state=playing]').waitFor({ timeout: 60_000 });
  await own.waitForFunction(() => document.querySelectorAll('#moment dd')[0]?.textContent === '4');
  await selectNode(own, 'ada');
  t.regex((await own.locator('#panel').textContent()) ?? '', /ada \(you\)/);
  await own.waitForTimeout(3000);
  await own.screenshot({ path: 'test-output/overlay-node-light.png' });
  t.deepEqual(ownErrors, []);
  nodes[3]?.process.kill('SIGTERM');
  await own.waitForFunction(() => document.querySelectorAll('#moment dd')[0]?.textContent === '3', undefined, {
    timeout: 60_000,
  });
});

test.serial('a live picture whose directory is away comes by itself once the directory is there', async (t) => {
  const start = (port: string) => startProgram(t, 'astral-web', ['--port', port, '--log-level', 'error'], 'directory');
  const first = await start('0');
  const directory = first.printed.get('directory') ?? t.fail(first.errors());
  const server = await startProgram(t, 'astral', ['view', directory, '--no-open'], 'page');
  first.process.kill('SIGKILL');
  await first.exit;
  if (browser === null) return t.fail('no browser');
  const page = await browser.newPage();
  const answer = (status: number) =>
    page.waitForResponse((response) => response.url().endsWith('/views/stream') && response.status() === status, {
      timeout: 60_000,
    });
  const [away] = await Promise.all([answer(502), page.goto(server.printed.get('page') ?? t.fail(server.errors()))]);
  t.is(away.status(), 502);
  await Promise.all([answer(200), start(new URL(directory).port)]);
  return t.pass();
});
