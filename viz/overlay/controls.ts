import { byId, el } from '../dom.js';
import type { Filter } from './graph.js';
import type { LayoutMode } from './layout-protocol.js';
import { labelOf, shortId } from './names.js';
import { HUES } from './palette.js';
import type { OverlayState } from './state.js';

/** What the controls above the picture say. */
export interface Wishes {
  readonly filter: Filter;
  readonly layout: LayoutMode;
  readonly chunks: boolean;
  /** Lower case; empty for nobody. */
  readonly search: string;
}

/** Sub-streams, standby, chunks, layout, stream and search. */
export class Controls {
  readonly #changed: () => void;
  #substreams = -1;
  #count = 0;
  #streams = '';

  constructor(changed: () => void) {
    this.#changed = changed;
    for (const id of ['standby', 'chunks', 'layout', 'stream', 'search']) {
      byId(id, HTMLElement).addEventListener('input', changed);
    }
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) byId('chunks', HTMLInputElement).checked = false;
  }

  get wishes(): Wishes {
    const stream = byId('stream', HTMLSelectElement).value;
    return {
      filter: {
        substreams: this.#substreams,
        standby: byId('standby', HTMLInputElement).checked,
        stream: stream === '' ? null : stream,
      },
      layout: byId('layout', HTMLSelectElement).value === 'rings' ? 'rings' : 'force',
      chunks: byId('chunks', HTMLInputElement).checked,
      search: byId('search', HTMLInputElement).value.trim().toLowerCase(),
    };
  }

  /** Nodes that the search means; null while it is empty. */
  matches(state: OverlayState): ReadonlySet<string> | null {
    const { search } = this.wishes;
    if (search === '') return null;
    const found = [...state.nodes.values()].filter((node) =>
      [node.id, labelOf(node), node.region ?? ''].some((text) => text.toLowerCase().includes(search)),
    );
    return new Set(found.map(({ id }) => id));
  }

  /** Offers the sub-streams and streams that there are. */
  offer(state: OverlayState, substreams: number): void {
    if (substreams !== this.#count) this.#offerSubstreams(substreams);
    const streams = [...new Set([...state.edges.values()].map(({ stream }) => stream))].sort();
    const key = streams.join();
    if (key === this.#streams) return;
    this.#streams = key;
    const choice = byId('stream', HTMLSelectElement);
    const options = ['', ...streams].map((id) => {
      const option = el('option', '', id === '' ? 'All streams' : shortId(id));
      option.value = id;
      return option;
    });
    choice.replaceChildren(...options);
    choice.hidden = streams.length < 2;
  }

  #offerSubstreams(count: number): void {
    this.#count = count;
    const buttons = Array.from({ length: count }, (_, sub) => {
      const button = el('button', `sub-${sub % HUES}`, String(sub + 1));
      button.type = 'button';
      button.title = `Sub-stream ${sub + 1}; with Shift, only this one`;
      button.addEventListener('click', ({ shiftKey }) => {
        const only = 1 << sub;
        if (shiftKey) this.#substreams = (this.#substreams & this.#all) === only ? -1 : only;
        else this.#substreams ^= only;
        this.#press(buttons);
        this.#changed();
      });
      return button;
    });
    byId('substreams', HTMLElement).replaceChildren(...buttons);
    this.#press(buttons);
  }

  get #all(): number {
    return this.#count >= 32 ? -1 : (1 << this.#count) - 1;
  }

  #press(buttons: readonly HTMLButtonElement[]): void {
    buttons.forEach((button, sub) =>
      button.setAttribute('aria-pressed', String((this.#substreams & (1 << sub)) !== 0)),
    );
  }
}
