import { mkdir } from 'node:fs/promises';
import test from 'ava';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../browser/chromium.js';
import { startTarget } from './control-target.js';
import { startRig } from './player-rig.js';

const ME = 'k4xw2q7pfd3nhs5a';
const PROVIDERS = ['m9d2v8kqy3bta6ce', 'zq5r1nw7xj4hu2gf'] as const;
const CONSUMERS = ['b7t3y6mhf9kx2swd', 'p1c8g4vzn5ej0qra', 'w6h2s9udk3fx7tby'] as const;
const ticket = (source: string, destination: string, substream: number, state = 'active') => ({
  stream: 'sample',
  stream_id: 'sample-id',
  source,
  destination,
  substream,
  state,
});

/** Answers of a node three hops down, as its control API gives them. */
const RESOURCES = {
  '/streams': { streams: [{ slug: 'sample', name: 'Test picture' }] },
  '/node': {
    node: {
      uuid: ME,
      supernode: false,
      streams: [
        {
          stream: 'sample-id',
          publisher: false,
          substreams: 4,
          paths: [0, 1, 2, 3].map((sub) => ({ sub, seq: 9, depth: 2 + (sub % 2), via: PROVIDERS[sub % 2] })),
        },
      ],
    },
  },
  '/tickets': {
    tickets: [
      ...[0, 1, 2, 3].map((sub) => ticket(PROVIDERS[sub % 2] ?? ME, ME, sub)),
      ticket(PROVIDERS[1], ME, 0, 'standby'),
      ...CONSUMERS.map((consumer, sub) => ticket(ME, consumer, sub)),
    ],
  },
};

async function currentTime(page: Page): Promise<number> {
  return await page.locator('video').evaluate((video: HTMLVideoElement) => video.currentTime);
}

async function plays(page: Page, seconds: number): Promise<void> {
  const until = (await currentTime(page)) + seconds;
  await page.waitForFunction((time) => (document.querySelector('video')?.currentTime ?? 0) >= time, until, {
    timeout: seconds * 1_000 + 20_000,
  });
}

async function number(page: Page, id: string): Promise<number> {
  return Number.parseFloat((await page.locator(id).textContent()) ?? '');
}

let browser: Browser | null = null;
test.before(async () => {
  browser = await launchChromium();
  await mkdir('test-output', { recursive: true });
});
test.after.always(async () => await browser?.close());

test('the page plays on through a hole, a cut socket, bad media and a new epoch, and never reloads', async (t) => {
  const rig = await startRig('Test picture', RESOURCES);
  t.teardown(async () => await rig.stop());
  if (browser === null) return t.fail('no browser');
  const page = await browser.newPage({ viewport: { width: 1100, height: 1020 }, colorScheme: 'light' });
  const errors: string[] = [];
  let loads = 0;
  page.on('load', () => loads++);
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  const playing = page.locator('#state[data-state=playing]');
  await page.goto(rig.url);
  await playing.waitFor();
  const begin = await currentTime(page);
  await plays(page, 3);
  t.true((await number(page, '#behind')) < 2, 'the picture stays close to what the node has');
  t.is(await number(page, '#missing'), 0);
  await page.screenshot({ path: 'test-output/player-light.png', fullPage: true });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.screenshot({ path: 'test-output/player-dark.png', fullPage: true });

  rig.skip(20);
  await page.locator('#state[data-state=bridging]').waitFor();
  await page.screenshot({ path: 'test-output/player-bridging.png' });
  await playing.waitFor();
  t.true((await number(page, '#missing')) >= 20);
  await plays(page, 3);

  rig.cut();
  await page.waitForFunction(() => document.querySelector('#reconnects')?.textContent === '1');
  await plays(page, 4);
  t.true((await currentTime(page)) - begin >= 10);
  t.true((await number(page, '#behind')) < 4);
  t.deepEqual(errors, []);

  rig.poison();
  await page.waitForFunction(() => Number(document.querySelector('#reconnects')?.textContent) >= 2);
  await playing.waitFor();
  await plays(page, 1);

  const name = '<img src=x onerror="document.title=1">';
  rig.restart(name);
  await page.waitForFunction((text) => document.querySelector('#name')?.textContent === text, name);
  await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 99) < 5);
  await plays(page, 2);
  t.is(await page.locator('img').count(), 0, 'a name is text');

  await page.getByRole('button', { name: 'Pause' }).press('Enter');
  await page.locator('#state[data-state=paused]').waitFor();
  await page.getByRole('button', { name: 'Play' }).press('Enter');
  await playing.waitFor();
  await page.getByRole('button', { name: 'Turn sound on' }).press('Enter');
  await plays(page, 1);
  t.is(loads, 1, 'one load, ever');
  return t.pass();
});

test('the stream in the address is watched and played, by its id and once it is listed too', async (t) => {
  const resources: Record<string, unknown> = { ...RESOURCES, '/streams': { streams: [] } };
  const rig = await startRig('Test picture', resources);
  t.teardown(async () => await rig.stop());
  if (browser === null) return t.fail('no browser');
  const page = await browser.newPage();
  await page.goto(`${rig.url}?stream=sample-id`);
  await page.locator('#notice').filter({ hasText: 'knows no stream' }).waitFor();
  const other = { id: 'other-id', slug: 'other', name: 'Other', own: false, watching: false };
  resources['/streams'] = { streams: [other] };
  await page.locator('#notice').filter({ hasText: 'does not know that stream' }).waitFor();
  t.is(await page.locator('#streams a').count(), 1);
  const watched = page.waitForRequest((request) => request.method() === 'POST');
  resources['/streams'] = { streams: [other, { ...other, id: 'sample-id', slug: 'sample' }] };
  t.is(new URL((await watched).url()).pathname, '/stream/sample/tickets');
  await page.locator('#notice').filter({ hasText: 'receives as many streams as it can' }).waitFor();
  resources['/stream/sample/tickets'] = {};
  await page.locator('#state[data-state=playing]').waitFor();
  await plays(page, 1);
  return t.pass();
});

test('a page without the key plays what the node has, and says what is missing for anything else', async (t) => {
  const { url } = await startTarget(t);
  if (browser === null) return t.fail('no browser');
  const page = await browser.newPage();
  await page.goto(`${url}/?stream=nothing`);
  await page.locator('#notice').filter({ hasText: 'the address that the node printed' }).waitFor();
  await page.goto(`${url}/?stream=test-picture`);
  await page.locator('#state[data-state=playing]').waitFor();
  return t.pass();
});
