import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../browser/chromium.js';
import { settled, startPeer, streamOf, type Peer } from './peers.js';
import { ask, scratch, startProgram } from './programs.js';

const STREAM = 'Test picture';
const SLUG = 'test-picture';
/** Room for one consumer on all four sub-streams of the sample, and not for a fifth. */
const ONE_CONSUMER = '480kbit';
/** Where nobody listens. */
const NOWHERE = '127.0.0.1:1';
/** Room for nobody. */
const NOBODY = '100kbit';

interface Chain {
  readonly web: string;
  readonly publisher: Peer;
  readonly viewers: readonly [Peer, Peer, Peer];
}

/**
 * Publisher, and three viewers in a row. Nobody can dial the publisher, which tells a wrong address, nor the second viewer,
 * which tells none: the two cannot connect, and the others are served by them over connections that those two open.
 * Everybody's uplink has room for one consumer, the last one's for none. The last one watches nothing before its page is
 * opened.
 */
async function startChain(t: ExecutionContext): Promise<Chain> {
  const base = scratch(t);
  const directory = await startProgram(t, 'astral-web', ['--port', '0', '--log-level', 'warn'], 'directory');
  const web = directory.printed.get('directory') ?? t.fail(directory.errors());
  const start = (name: string, uplink: string, args: readonly string[]): Promise<Peer> =>
    startPeer(t, join(base, name), ['--directory', web, '--uplink', uplink, ...args]);
  const publisher = await start('publisher', ONE_CONSUMER, ['--advertise', NOWHERE, '--sample', STREAM]);
  const first = await start('first', ONE_CONSUMER, ['--watch', SLUG]);
  await settled(first, 1, publisher);
  const second = await start('second', ONE_CONSUMER, ['--advertise', 'none', '--watch', SLUG]);
  await settled(second, 2, first);
  const third = await start('third', NOBODY, []);
  return { web, publisher, viewers: [first, second, third] };
}

async function currentTime(page: Page): Promise<number> {
  return await page.locator('video').evaluate((video: HTMLVideoElement) => video.currentTime);
}

/** Waits until the picture has advanced by so many seconds. */
async function plays(page: Page, seconds: number): Promise<void> {
  const until = (await currentTime(page)) + seconds;
  const timeout = seconds * 1_000 + 20_000;
  await page.waitForFunction((time) => (document.querySelector('video')?.currentTime ?? 0) >= time, until, { timeout });
}

let browser: Browser | null = null;
test.before(async () => {
  browser = await launchChromium();
  await mkdir('test-output', { recursive: true });
});
test.after.always(async () => await browser?.close());

test('a browser at the end of three hops plays on when the node in the middle is killed', async (t) => {
  const { web, publisher, viewers } = await startChain(t);
  const [first, second, third] = viewers;

  const listed = JSON.parse((await ask(`${web}/streams`)).body) as {
    streams: { id: string; name: string; slug: string; source: string }[];
  };
  t.is(listed.streams.length, 1);
  t.like(listed.streams[0], { name: STREAM, slug: SLUG, source: publisher.id });
  if (browser === null) return t.fail('no browser');
  const page = await browser.newPage({ viewport: { width: 1100, height: 1020 } });
  const errors: string[] = [];
  let loads = 0;
  page.on('load', () => loads++);
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(third.program.printed.get('page') ?? '');
  await page.locator('#state[data-state=playing]').waitFor({ timeout: 30_000 });
  await settled(third, 3, second);
  const { nodes } = JSON.parse((await ask(`${web}/nodes`)).body) as { nodes: { uuid: string }[] };
  for (const { id } of [publisher, ...viewers]) t.true(nodes.some(({ uuid }) => uuid === id));
  const { tickets } = (await third.get('/tickets')) as {
    tickets: { source: string; destination: string; hops: number; stream: string }[];
  };
  t.is(tickets.length, 4);
  for (const ticket of tickets) t.like(ticket, { source: second.id, destination: third.id, hops: 3, stream: SLUG });
  await plays(page, 10);
  await page.locator('#overlay').waitFor({ state: 'visible' });
  await page.screenshot({ path: 'test-output/three-hops.png' });

  second.program.process.kill('SIGKILL');
  t.is(await second.program.exit, 'SIGKILL');
  await plays(page, 10);
  await settled(third, 2, first);
  await page.screenshot({ path: 'test-output/after-kill.png' });
  t.is(await page.locator('video').evaluate((video: HTMLVideoElement) => video.error?.message ?? null), null);
  t.is(loads, 1, 'no reload');
  t.deepEqual(errors, []);
  const { player } = (await streamOf(third)) ?? {};
  t.log(
    `chunks played ${player?.played}, missed ${player?.missed}; missing fragments in the page: ${await page.locator('#missing').textContent()}`,
  );
  await page.close();

  for (const peer of [third, first, publisher]) {
    peer.program.process.kill('SIGTERM');
    t.is(await peer.program.exit, 0, peer.program.errors());
  }
});
