import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../make-folder.js';
import { COLUMN, svgForPage, svgForPaper, escaped, type Drawing } from '../../viz/charts/paper.js';

/** One figure of a report. */
export interface Figure {
  /** Name of its file, without an ending. */
  readonly name: string;
  readonly title: string;
  /** What it shows and how to read it. */
  readonly text: string;
  readonly drawing: Drawing;
}

/** Where the figures come from, said below each of them. */
export interface Source {
  /** Scenario, protocols, viewers, seeds, version, in one line. */
  readonly facts: string;
  /** What makes it again. */
  readonly command: string;
}

/** A figure in the page; with `files` it links to its own file beside the page. */
export function figureHtml(figure: Figure, source: Source, files: boolean): string {
  const { name, title, text, drawing } = figure;
  const size = drawing.width > COLUMN ? 'wide' : 'column';
  const link = files ? ` <a href="figures/${name}.svg">SVG</a>` : '';
  return `<figure class="${size}" id="${name}">
${svgForPage(drawing, { title, description: text })}
<figcaption><b>${escaped(title)}.</b> ${escaped(text)} <span class="source">${escaped(source.facts)}.</span>${link}</figcaption>
</figure>`;
}

/** The caption as it stands in files: with what makes the figure again. */
export function captionOf({ title, text }: Figure, { facts, command }: Source): string {
  return `${title}. ${text} ${facts}. Made by: ${command}`;
}

/** Writes each figure as a file fit for a paper, and all captions beside them; what stood there goes. */
export function writeFigures(folder: string, figures: readonly Figure[], source: Source): void {
  rmSync(folder, { recursive: true, force: true });
  makeFolder(folder);
  for (const figure of figures) {
    const description = captionOf(figure, source);
    writeFileSync(
      join(folder, `${figure.name}.svg`),
      svgForPaper(figure.drawing, { title: figure.title, description }),
    );
  }
  const captions = figures.map((figure) => `${figure.name}.svg\n${captionOf(figure, source)}\n`);
  writeFileSync(join(folder, 'captions.txt'), captions.join('\n'));
}
