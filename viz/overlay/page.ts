import { byId } from '../dom.js';
import { WORDS } from '../player/player-state.js';
import { LivePlayer } from '../player/player.js';
import { redeemCode } from '../player/node-api.js';
import { connectTheme } from '../theme.js';
import { LiveFeed } from './live.js';
import { askSources, followLive, readRecording, type Sources } from './sources.js';
import { Screening } from './screening.js';
import { Viewer } from './viewer.js';

/** Speed at which a recorded run begins to play. */
const FIRST_SPEED = 3;

const viewer = new Viewer();

/** What the two tabs show. */
const screenings: { recorded: Screening | null; live: Screening | null } = { recorded: null, live: null };

/** Says something over the picture; null takes it away. */
function say(text: string | null): void {
  byId('drop', HTMLElement).hidden = text === null;
  byId('drop-text', HTMLElement).textContent = text ?? '';
}

function show(shown: keyof typeof screenings): void {
  for (const name of ['recorded', 'live'] as const) {
    const tab = byId(`show-${name}`, HTMLButtonElement);
    tab.hidden = screenings[name] === null;
    tab.setAttribute('aria-pressed', String(name === shown));
  }
  const screening = screenings[shown];
  if (screening !== null) viewer.show(screening);
}

async function showRecording(bytes: ReadableStream<Uint8Array<ArrayBuffer>>, name: string): Promise<void> {
  say(`Reading ${name}…`);
  const screening = new Screening(false);
  try {
    const lines = await readRecording(bytes, screening.history, (n) => say(`Reading ${name}: ${n} lines`));
    if (lines === 0) return say(`${name} is no recording. Make one with: astral sim w02 --record`);
  } catch (error) {
    return say(`${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  say(null);
  screening.playback.speed = FIRST_SPEED;
  screenings.recorded = screening;
  show('recorded');
  screening.playback.toggle(false);
}

async function fetchRecording(path: string): Promise<void> {
  const response = await fetch(path);
  if (!response.ok || response.body === null) return say('The recording is not there any more.');
  return await showRecording(response.body, 'the recording');
}

function showLive(sources: Sources): void {
  const screening = new Screening(true);
  const began = performance.now();
  const feed = new LiveFeed((line) => screening.history.add(line));
  followLive(sources, feed, () => Math.round((performance.now() - began) * 1000));
  screenings.live = screening;
  show('live');
}

function showPlayer({ live }: NonNullable<Sources['player']>): void {
  byId('watch', HTMLElement).hidden = false;
  const url = new URL(live, location.href.replace(/^http/, 'ws'));
  const player = new LivePlayer(byId('video', HTMLVideoElement), url.href);
  const state = byId('state', HTMLElement);
  setInterval(() => {
    const { state: word, behind } = player.report;
    state.textContent = `${WORDS[word]}${behind === null ? '' : `, ${behind.toFixed(1)} s behind the source`}`;
    state.dataset['state'] = word;
  }, 500);
}

function connectFiles(): void {
  const input = byId('file', HTMLInputElement);
  const open = (file: File | undefined): void => {
    if (file !== undefined) void showRecording(file.stream(), file.name);
  };
  byId('open', HTMLButtonElement).addEventListener('click', () => input.click());
  input.addEventListener('change', () => open(input.files?.[0]));
  document.addEventListener('dragover', (event) => event.preventDefault());
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    open(event.dataTransfer?.files[0]);
  });
}

/** A node has further pages; other programs that show this one do not. */
function showPages(): void {
  const own = location.pathname === '/overlay';
  byId('pages', HTMLElement).hidden = !own;
}

async function main(): Promise<void> {
  showPages();
  connectTheme(byId('theme', HTMLButtonElement), () => viewer.recolour());
  connectFiles();
  for (const name of ['recorded', 'live'] as const) {
    byId(`show-${name}`, HTMLButtonElement).addEventListener('click', () => show(name));
  }
  await redeemCode();
  const sources = await askSources();
  if (sources === null) return say('Open this page through the address that the node printed when it started.');
  if (sources.you !== null) viewer.markYou(sources.you);
  if (sources.player !== null) showPlayer(sources.player);
  const live = sources.views !== null || sources.events !== null;
  if (live) showLive(sources);
  if (sources.recorded !== null) await fetchRecording(sources.recorded);
  else if (!live) say('Drop a recording here, or open one. Make it with: astral sim w02 --record');
}

void main();
