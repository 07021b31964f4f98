import { byId } from '../dom.js';
import { Controls } from './controls.js';
import { fillFigures } from './figures-view.js';
import { figuresOf, momentOf } from './figures.js';
import { graphOf, type Graph } from './graph.js';
import { connectKeys } from './keys.js';
import { fillLegend } from './legend.js';
import { labelOf } from './names.js';
import { readPalette } from './palette.js';
import { fillPanel } from './panel.js';
import { Screening } from './screening.js';
import { Stage } from './stage.js';
import { emptyState, type OverlayState } from './state.js';
import { TimelineView } from './timeline-view.js';
import { clockOf, statusWords } from './wording.js';

/** Pauses between two graphs, and between two fillings of lists and chart: both cost more than a frame. */
const GRAPH_MS = 100;
const LISTS_MS = 400;
/** Longest step of one frame, so that a page that slept does not leap. */
const LONGEST_MS = 100;

/** Everything on the page that shows one screening. */
export class Viewer {
  readonly #controls = new Controls(() => this.#renew());
  readonly #stage: Stage;
  readonly #timeline: TimelineView;
  #screening = new Screening(false);
  #state: OverlayState = emptyState();
  #graph: Graph = graphOf(this.#state, { substreams: -1, standby: true, stream: null });
  #graphAt = 0;
  #listsAt = 0;
  #stale = true;
  #last = performance.now();
  #beat = 0;

  constructor() {
    this.#stage = new Stage(byId('canvas', HTMLCanvasElement), {
      hover: (id, x, y) => this.#hint(id, x, y),
      select: (id) => this.#select(id),
    });
    this.#timeline = new TimelineView(byId('chart', SVGSVGElement), (time) => this.#seek(time));
    byId('fit', HTMLButtonElement).addEventListener('click', () => this.#stage.fit());
    byId('play', HTMLButtonElement).addEventListener('click', () => this.#toggle());
    byId('speed', HTMLSelectElement).addEventListener('change', ({ target }) => {
      this.#screening.playback.speed = Number((target as HTMLSelectElement).value);
    });
    connectKeys({
      toggle: () => this.#toggle(),
      step: (seconds) => this.#seek(this.#screening.playback.time + seconds * 1e6),
      edge: (end) => this.#seek(end === 'begin' ? this.#screening.history.begin : this.#screening.history.end),
      fit: () => this.#stage.fit(),
      search: () => byId('search', HTMLInputElement).focus(),
      escape: () => this.#select(null),
    });
    addEventListener('resize', () => this.#renew());
    byId('search', HTMLInputElement).addEventListener('keydown', ({ key }) => {
      if (key === 'Enter') this.#select([...(this.#stage.matches ?? [])][0] ?? null);
    });
    requestAnimationFrame((now) => this.#frame(now));
  }

  show(screening: Screening): void {
    this.#screening = screening;
    const { header } = screening.history.newest;
    const title = header === null ? 'Live network' : `${header.scenario}, ${header.protocol}, seed ${header.seed}`;
    byId('title', HTMLElement).textContent = title;
    byId('title', HTMLElement).title = header?.title ?? '';
    document.title = `${title} · astral`;
    byId('speed', HTMLSelectElement).value = String(screening.playback.speed);
    byId('speed', HTMLSelectElement).hidden = screening.live;
    const rows = figuresOf(screening.history.summary, header?.targets ?? []);
    fillFigures(byId('run', HTMLElement), rows);
    byId('run-title', HTMLElement).hidden = rows.length === 0;
    screening.playback.extend(screening.history.begin, screening.history.end);
    this.#select(null);
    this.#stage.fit();
    this.#renew();
  }

  recolour(): void {
    this.#stage.recolour();
    fillLegend(byId('legend', HTMLElement), readPalette(), this.#state);
  }

  /** Marks the node behind the player. */
  markYou(id: string): void {
    this.#stage.you = id;
    this.#stage.touch();
  }

  #frame(now: number): void {
    requestAnimationFrame((next) => this.#frame(next));
    const spent = Math.min(LONGEST_MS, now - this.#last);
    this.#last = now;
    const { history, playback } = this.#screening;
    playback.extend(history.begin, history.end);
    if (playback.advance(spent)) this.#stale = true;
    if (this.#stale && now - this.#graphAt >= GRAPH_MS) this.#regraph(now);
    if (now - this.#listsAt >= LISTS_MS) this.#refill(now);
    this.#timeline.point(playback.time);
    const { chunks } = this.#controls.wishes;
    if (playback.playing) this.#beat += spent / 1000;
    this.#stage.frame(spent, chunks && playback.playing ? this.#beat : null);
  }

  #regraph(now: number): void {
    this.#stale = false;
    this.#graphAt = now;
    const { filter, layout } = this.#controls.wishes;
    this.#state = this.#screening.history.stateAt(this.#screening.playback.time);
    this.#graph = graphOf(this.#state, filter);
    this.#stage.matches = this.#controls.matches(this.#state);
    this.#stage.show(this.#graph, layout);
  }

  #refill(now: number): void {
    this.#listsAt = now;
    const { history, playback, live } = this.#screening;
    this.#controls.offer(this.#state, this.#graph.substreams);
    fillFigures(byId('moment', HTMLElement), momentOf(this.#state));
    if (byId('legend', HTMLElement).childElementCount === 0) this.recolour();
    this.#fillPanel();
    this.#timeline.draw(history.series, history.begin, history.end);
    byId('play', HTMLButtonElement).textContent = playback.playing ? 'Pause' : 'Play';
    const time = live && playback.follows ? 'live' : `${clockOf(playback.time)} of ${clockOf(history.end)}`;
    byId('time', HTMLOutputElement).value = time;
  }

  #fillPanel(): void {
    const panel = byId('panel', HTMLElement);
    const { selected } = this.#stage;
    const node = selected === null ? undefined : this.#state.nodes.get(selected);
    panel.hidden = node === undefined;
    byId('figures', HTMLElement).hidden = node !== undefined;
    // A list under the pointer or the keyboard stays as it is.
    if (node === undefined || panel.matches(':hover:not(:empty), :focus-within')) return;
    fillPanel(panel, this.#state, this.#graph, node, {
      you: this.#stage.you,
      select: (id) => this.#select(id),
    });
  }

  #select(id: string | null): void {
    this.#stage.selected = id;
    this.#stage.touch();
    byId('panel', HTMLElement).replaceChildren();
    this.#fillPanel();
  }

  #hint(id: string | null, x: number, y: number): void {
    const tip = byId('tip', HTMLElement);
    const node = id === null ? undefined : this.#state.nodes.get(id);
    tip.hidden = node === undefined;
    if (node === undefined) return;
    const depth = this.#graph.depth[this.#graph.index.get(node.id) ?? -1] ?? null;
    tip.textContent = `${labelOf(node)}: ${statusWords(node, depth)}`;
    tip.style.left = `${x + 14}px`;
    tip.style.top = `${y + 14}px`;
  }

  #seek(time: number): void {
    this.#screening.playback.seek(time, this.#screening.live);
    this.#renew();
  }

  #toggle(): void {
    this.#screening.playback.toggle(this.#screening.live);
    this.#renew();
  }

  #renew(): void {
    this.#stale = true;
    this.#graphAt = 0;
    this.#listsAt = 0;
  }
}
