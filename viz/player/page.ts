import { byId } from '../dom.js';
import { LivePlayer } from './player.js';
import type { Report } from './player.js';
import { WORDS, type PlayerState } from './player-state.js';
import { ask, findStream, hasMedia, redeemCode, streamsOf, watch } from './node-api.js';
import type { Refusal, StreamEntry } from './node-api.js';
import { overlayOf } from './overlay-model.js';
import { drawOverlay } from './overlay-view.js';

/** Pause before the node is asked for its streams again. */
const CHOICE_MS = 3000;
const REPORT_MS = 200;
const OVERLAY_MS = 2_000;
const OVERLAY_LAST_MS = 30_000;

/** What is said over the picture; a picture that moves, or a button in its place, needs no words. */
const SILENT: ReadonlySet<PlayerState> = new Set<PlayerState>(['playing', 'blocked']);

function setText(id: string, text: string): void {
  const element = byId(id, HTMLElement);
  if (element.textContent !== text) element.textContent = text;
}

function seconds(value: number | null): string {
  return value === null ? '–' : `${value.toFixed(value < 10 ? 2 : 1)} s`;
}

/** The stream in the address, or else the node's only one; the node is told to receive it. */
async function chooseStream(): Promise<string | null> {
  const wanted = new URLSearchParams(location.search).get('stream');
  const answer = await ask('/streams');
  const streams = answer.ok ? streamsOf(answer.value) : [];
  let chosen = streams.length === 1 ? (streams[0] ?? null) : null;
  if (wanted !== null) {
    chosen = streams.find(({ slug, id }) => slug === wanted || id === wanted) ?? null;
    if (chosen === null && answer.ok) chosen = await findStream(wanted);
  }
  showLinks(streams, chosen);
  const refused = chosen?.idle === true ? await watch(chosen.slug) : null;
  if (chosen !== null && refused === null) return chosen.slug;
  const why = answer.ok ? null : answer.why;
  if (why === 'locked' && wanted !== null && (await hasMedia(wanted))) return wanted;
  byId('notice', HTMLElement).hidden = false;
  if (refused !== null) setText('notice', `The node does not receive this stream: ${NOT_RECEIVED[refused] ?? refused}`);
  else setText('notice', why === null ? missing(streams, wanted) : REFUSED[why]);
  return null;
}

/** Why the node does not receive a stream, in words; whatever else it says is shown as it stands. */
const NOT_RECEIVED: Readonly<Record<string, string>> = {
  limit: 'it receives as many streams as it can.',
  left: 'it is about to end.',
  token: 'this page may look, and change nothing.',
};

const REFUSED: Readonly<Record<Refusal, string>> = {
  locked: 'Open this page through the address that the node printed when it started: it carries a key for once.',
  unreachable: 'The node does not answer. Is it running?',
};

function missing(streams: readonly StreamEntry[], wanted: string | null): string {
  if (streams.length === 0) return 'This node knows no stream yet.';
  return wanted === null ? 'Choose a stream.' : 'This node does not know that stream yet. Choose another, or wait.';
}

function showLinks(streams: readonly StreamEntry[], chosen: StreamEntry | null): void {
  const links = streams.map(({ id, slug, name }) => {
    const link = document.createElement('a');
    link.href = `?stream=${encodeURIComponent(slug)}`;
    link.textContent = name;
    if (id === chosen?.id) link.setAttribute('aria-current', 'page');
    return link;
  });
  const nav = byId('streams', HTMLElement);
  nav.replaceChildren(...links);
  nav.hidden = links.length < (chosen === null ? 1 : 2);
}

function show(report: Report): void {
  const state = byId('state', HTMLElement);
  state.dataset['state'] = report.state;
  setText('state', WORDS[report.state]);
  if (!SILENT.has(report.state)) setText('veil', WORDS[report.state]);
  byId('veil', HTMLElement).classList.toggle('shown', !SILENT.has(report.state));
  byId('start', HTMLButtonElement).hidden = report.state !== 'blocked';
  if (report.name !== null) {
    setText('name', report.name);
    document.title = `${report.name} · astral`;
  }
  setText('behind', seconds(report.behind));
  setText('buffered', seconds(report.buffered));
  setText('missing', String(report.missing));
  setText('breaks', String(report.breaks));
  setText('reconnects', String(report.reconnects));
}

function connectControls(player: LivePlayer, video: HTMLVideoElement): void {
  const hold = byId('hold', HTMLButtonElement);
  const sound = byId('sound', HTMLButtonElement);
  const screen = byId('screen', HTMLElement);
  byId('start', HTMLButtonElement).addEventListener('click', () => player.resume());
  hold.addEventListener('click', () => {
    const playing = !video.paused;
    if (playing) player.hold();
    else player.resume();
    hold.textContent = playing ? 'Play' : 'Pause';
  });
  sound.addEventListener('click', () => {
    video.muted = !video.muted;
    sound.textContent = video.muted ? 'Turn sound on' : 'Turn sound off';
  });
  byId('full', HTMLButtonElement).addEventListener('click', () => {
    const change = document.fullscreenElement === null ? screen.requestFullscreen() : document.exitFullscreen();
    change.catch(() => null);
  });
}

/** Draws this node's place in the overlay while the node tells it, and hides the section otherwise. */
async function refreshOverlay(slug: string): Promise<'drawn' | 'nothing' | Refusal> {
  const [node, tickets] = await Promise.all([ask('/node'), ask('/tickets')]);
  const overlay = node.ok && tickets.ok ? overlayOf(node.value, tickets.value, slug) : null;
  byId('overlay', HTMLElement).hidden = overlay === null;
  if (overlay !== null) {
    drawOverlay(
      {
        svg: byId('diagram', SVGSVGElement),
        summary: byId('overlay-summary', HTMLElement),
        list: byId('substreams', HTMLElement),
      },
      overlay,
    );
    return 'drawn';
  }
  if (!node.ok) return node.why;
  return tickets.ok ? 'nothing' : tickets.why;
}

/** Keeps asking, ever more rarely while the node does not answer; a locked node stays locked until the page is opened anew. */
async function keepOverlayFresh(slug: string): Promise<void> {
  let pause = OVERLAY_MS;
  for (;;) {
    const outcome = await refreshOverlay(slug);
    if (outcome === 'locked') return;
    pause = outcome === 'unreachable' ? Math.min(OVERLAY_LAST_MS, pause * 2) : OVERLAY_MS;
    const rest = pause;
    await new Promise((resolve) => setTimeout(resolve, rest));
  }
}

/** Asks again until there is something to show: a stream may begin after the page was opened. */
async function waitForStream(): Promise<string> {
  for (;;) {
    const slug = await chooseStream();
    if (slug !== null) return slug;
    await new Promise((resolve) => setTimeout(resolve, CHOICE_MS));
  }
}

async function main(): Promise<void> {
  await redeemCode();
  const slug = await waitForStream();
  byId('notice', HTMLElement).hidden = true;
  byId('stage', HTMLElement).hidden = false;
  const video = byId('video', HTMLVideoElement);
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const player = new LivePlayer(video, `${scheme}://${location.host}/stream/${encodeURIComponent(slug)}/live`);
  connectControls(player, video);
  setInterval(() => show(player.report), REPORT_MS);
  await keepOverlayFresh(slug);
}

void main();
