import { el } from '../dom.js';
import type { FigureRow } from './figures.js';

/** Fills a list of figures; a target or bound stands below its figure. */
export function fillFigures(list: HTMLElement, rows: readonly FigureRow[]): void {
  list.replaceChildren(
    ...rows.map(({ label, value, beside, met }) => {
      const row = el('div', '', el('dt', '', label), el('dd', '', value));
      const verdict = met === null ? '' : met ? ' met' : ' missed';
      if (beside !== null) row.append(el('dd', `beside${verdict}`, beside));
      return row;
    }),
  );
}
