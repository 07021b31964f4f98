import { byId } from '../dom.js';
import { ask, redeemCode, streamsOf } from '../player/node-api.js';
import { Broadcast } from './broadcast.js';
import { createStream } from './create-stream.js';
import { canRecord, capture, QUALITIES } from './recording.js';
import { STATE_WORDS, captureProblem, duration, ffmpegLine, rate, size } from './words.js';

const REPORT_MS = 500;
const COPIED_MS = 1_500;

let broadcast: Broadcast | null = null;

function text(id: string, words: string): void {
  const element = byId(id, HTMLElement);
  if (element.textContent !== words) element.textContent = words;
}

function hide(id: string, hidden: boolean): void {
  byId(id, HTMLElement).hidden = hidden;
}

function notice(words: string | null): void {
  hide('notice', words === null);
  if (words !== null) text('notice', words);
}

/** While something is on the air nothing can be chosen. */
function lock(locked: boolean): void {
  for (const control of byId('setup', HTMLFormElement).elements)
    if (
      control instanceof HTMLInputElement ||
      control instanceof HTMLSelectElement ||
      control instanceof HTMLButtonElement
    )
      control.disabled = locked;
  hide('stop', !locked);
}

function showPreview(media: MediaStream | null): void {
  byId('preview', HTMLVideoElement).srcObject = media;
  hide('empty', media !== null);
}

function show(): void {
  const report = broadcast?.report ?? null;
  const state = report?.state ?? 'idle';
  byId('state', HTMLElement).dataset['state'] = state;
  text('state', STATE_WORDS[state]);
  hide('onair', state !== 'live');
  if (report === null) return;
  document.title = state === 'live' ? 'Live · astral' : 'Publish · astral';
  text('uptime', duration(report.uptime));
  text('bitrate', rate(report.bitrate));
  text('sent', size(report.sent));
  text('waiting', size(report.waiting));
  const { videoWidth, videoHeight } = byId('preview', HTMLVideoElement);
  if (videoWidth > 0) text('picture', `${videoWidth} × ${videoHeight}`);
  if (state !== 'stopped' && state !== 'failed') return;
  if (report.problem !== null) notice(`The stream has ended: ${report.problem}.`);
  broadcast = null;
  showPreview(null);
  hide('addresses', true);
  lock(false);
}

function showAddresses(slug: string): void {
  const path = `stream/${encodeURIComponent(slug)}`;
  byId('watch', HTMLAnchorElement).href = `./?stream=${encodeURIComponent(slug)}`;
  text('hls', new URL(`${path}/hls/index.m3u8`, location.href).href);
  hide('addresses', false);
}

async function goLive(): Promise<void> {
  notice(null);
  lock(true);
  const source = new FormData(byId('setup', HTMLFormElement)).get('source') === 'screen' ? 'screen' : 'camera';
  const quality = QUALITIES[byId('quality', HTMLSelectElement).selectedIndex] ?? QUALITIES[0];
  if (quality === undefined) return;
  let media: MediaStream;
  try {
    media = await capture(source, quality);
  } catch (error) {
    lock(false);
    return notice(captureProblem(error));
  }
  showPreview(media);
  const made = await createStream(byId('name', HTMLInputElement).value.trim());
  if (!made.ok) {
    for (const track of media.getTracks()) track.stop();
    showPreview(null);
    lock(false);
    return notice(`The stream could not be made: ${made.why}.`);
  }
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const url = `${scheme}://${location.host}/stream/${encodeURIComponent(made.slug)}/publish`;
  broadcast = new Broadcast(media, quality, url);
  hide('facts', false);
  showAddresses(made.slug);
}

function connect(): void {
  const quality = byId('quality', HTMLSelectElement);
  quality.replaceChildren(...QUALITIES.map(({ label }) => new Option(label)));
  quality.selectedIndex = 1;
  byId('setup', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    if (broadcast === null) void goLive();
  });
  byId('stop', HTMLButtonElement).addEventListener('click', () => {
    broadcast?.stop();
    show();
  });
  const copy = byId('copy', HTMLButtonElement);
  copy.addEventListener('click', () => {
    void navigator.clipboard.writeText(byId('hls', HTMLElement).textContent ?? '').then(() => {
      copy.textContent = 'Copied';
      setTimeout(() => (copy.textContent = 'Copy'), COPIED_MS);
    });
  });
  addEventListener('beforeunload', (event) => {
    if (broadcast !== null) event.preventDefault();
  });
}

/** A link may name a stream that is to be published. */
async function takeName(): Promise<void> {
  const wanted = new URLSearchParams(location.search).get('stream');
  if (wanted === null) return;
  const answer = await ask('/streams');
  const known = answer.ok ? streamsOf(answer.value).find(({ slug }) => slug === wanted) : undefined;
  byId('name', HTMLInputElement).value = known?.name ?? wanted;
}

async function main(): Promise<void> {
  await redeemCode();
  text('command', ffmpegLine(location.origin));
  const session = await ask('/session');
  if (!session.ok) {
    return notice(
      session.why === 'locked'
        ? 'Open this page through the address that the node printed when it started: it carries a key for once.'
        : 'The node does not answer. Is it running?',
    );
  }
  if (!canRecord()) {
    byId('other', HTMLDetailsElement).open = true;
    return notice(
      'This browser cannot record H.264 video in MP4; a recent Chrome, Edge or Safari can. Another program can publish, too:',
    );
  }
  await takeName();
  hide('stage', false);
  connect();
  setInterval(show, REPORT_MS);
}

void main();
