import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../browser/chromium.js';
import { ask, eventually, scratch, startProgram } from './programs.js';

interface Peer {
  readonly url: string;
  readonly page: string;
  get(path: string): Promise<unknown>;
}

async function startPeer(t: ExecutionContext, folder: string, ...args: string[]): Promise<Peer> {
  const common = ['--data', folder, '--port', '0', '--peer-port', '0', '--log-level', 'warn'];
  const program = await startProgram(t, 'astralnode', [...common, ...args], 'page');
  const url = program.printed.get('control') ?? t.fail(program.errors());
  const authorization = `Bearer ${readFileSync(join(folder, 'token'), 'utf8').trim()}`;
  return {
    url,
    page: program.printed.get('page') ?? '',
    get: async (path) => JSON.parse((await ask(`${url}${path}`, { headers: { authorization } })).body) as unknown,
  };
}

/** A page that notes what goes wrong in it. */
async function open(browser: Browser, url: string, errors: string[]): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1100, height: 860 }, colorScheme: 'light' });
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(url);
  return page;
}

/** Waits until the picture of the page has advanced by so many seconds. */
async function plays(page: Page, seconds: number): Promise<void> {
  const time = async (): Promise<number> =>
    await page.locator('video').evaluate((video: HTMLVideoElement) => video.currentTime);
  const until = (await time()) + seconds;
  await page.waitForFunction((goal) => (document.querySelector('video')?.currentTime ?? 0) >= goal, until, {
    timeout: seconds * 1_000 + 30_000,
  });
}

let browser: Browser | null = null;
test.before(async () => {
  browser = await launchChromium(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']);
  await mkdir('test-output', { recursive: true });
});
test.after.always(async () => await browser?.close());

test('a camera goes on the air in the browser, and plays on the page of another node, twice', async (t) => {
  if (browser === null) return t.fail('no browser');
  const base = scratch(t);
  const web = await startProgram(t, 'astral-web', ['--port', '0', '--log-level', 'warn'], 'directory');
  const directory = ['--directory', web.printed.get('directory') ?? ''];
  const a = await startPeer(t, join(base, 'a'), ...directory);
  const errors: string[] = [];
  const studio = await open(browser, a.page.replace('/#', '/publish#'), errors);
  await studio.locator('#stage').waitFor();
  await studio.screenshot({ path: 'test-output/publish-before.png', fullPage: true });
  await studio.getByLabel('Name of the stream').fill('Küche <b>');
  await studio.getByLabel('Quality').selectOption({ index: 0 });
  await studio.getByRole('button', { name: 'Go live' }).click();
  await studio.locator('#state[data-state=live]').waitFor({ timeout: 30_000 });
  const { streams } = (await a.get('/streams')) as { streams: { name: string; slug: string; own: boolean }[] };
  t.like(streams[0], { name: 'Küche <b>', own: true });
  const slug = streams[0]?.slug ?? '';

  const b = await startPeer(t, join(base, 'b'), ...directory, '--watch', slug);
  await eventually('the other node receives the camera', 40, async () => {
    const { stream } = (await b.get(`/stream/${slug}`)) as { stream?: { streaming: boolean } };
    return stream?.streaming === true ? true : null;
  });
  const viewer = await open(browser, b.page, errors);
  await viewer.locator('#state[data-state=playing]').waitFor({ timeout: 30_000 });
  await plays(viewer, 5);
  const width = await viewer.locator('video').evaluate((video: HTMLVideoElement) => video.videoWidth);
  t.true(width >= 320, `a picture ${width} wide`);
  await viewer.screenshot({ path: 'test-output/publish-viewer.png' });
  t.regex((await studio.locator('#bitrate').textContent()) ?? '', /^[\d.]+ [kM]bit\/s$/);
  t.regex((await studio.locator('#uptime').textContent()) ?? '', /^\d+:\d\d$/);
  await studio.screenshot({ path: 'test-output/publish-light.png', fullPage: true });
  await studio.emulateMedia({ colorScheme: 'dark' });
  await studio.screenshot({ path: 'test-output/publish-dark.png', fullPage: true });

  await studio.getByRole('button', { name: 'Stop' }).click();
  await studio.locator('#stop').waitFor({ state: 'hidden' });
  await viewer.locator('#state[data-state=waiting]').waitFor({ timeout: 30_000 });
  await studio.getByRole('button', { name: 'Go live' }).click();
  await viewer.locator('#state[data-state=playing]').waitFor({ timeout: 40_000 });
  await plays(viewer, 3);
  t.deepEqual(errors, []);
  await Promise.all([studio.close(), viewer.close()]);
});

test('hls.js plays what a node gives out', async (t) => {
  if (browser === null) return t.fail('no browser');
  const node = await startPeer(t, join(scratch(t), 'node'), '--sample', 'Test picture');
  const context = await browser.newContext({ bypassCSP: true });
  t.teardown(async () => await context.close());
  const page = await context.newPage();
  await page.goto(`${node.url}/healthz`);
  await page.setContent('<video muted></video>');
  await page.addScriptTag({ path: createRequire(import.meta.url).resolve('hls.js/dist/hls.min.js') });
  await page.evaluate(() => {
    interface Player {
      loadSource(url: string): void;
      attachMedia(video: HTMLVideoElement): void;
      on(event: string, listener: (event: string, data: { fatal: boolean; details: string }) => void): void;
    }
    const { Hls } = globalThis as unknown as { Hls: new () => Player };
    const video = document.querySelector('video');
    if (video === null) return;
    const player = new Hls();
    document.title = '';
    player.on('hlsError', (_event, data) => (document.title += `${data.fatal ? 'fatal ' : ''}${data.details};`));
    player.loadSource('/stream/test-picture/hls/index.m3u8');
    player.attachMedia(video);
    void video.play();
  });
  await plays(page, 12);
  const seen = await page.evaluate(() => {
    const video = document.querySelector('video');
    return { width: video?.videoWidth, audio: video?.buffered.length, error: video?.error?.message ?? null };
  });
  t.deepEqual(seen, { width: 640, audio: 1, error: null });
  t.is(await page.title(), '', 'no error, not even one that it got over');
});
