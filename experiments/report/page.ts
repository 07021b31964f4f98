import { colourProperties, escaped } from '../../viz/charts/paper.js';
import { figureHtml, type Figure, type Source } from './figure.js';
import { PAGE_STYLE } from './page-style.js';

/** A part of the page; the text of paragraphs is plain, `html` is as it stands. */
export interface Section {
  readonly title: string;
  readonly paragraphs?: readonly string[];
  readonly html?: string;
  readonly figures?: readonly Figure[];
}

export interface Page {
  readonly title: string;
  /** Below the title: what was run. */
  readonly lead: string;
  readonly sections: readonly Section[];
  readonly source: Source;
  readonly version: string;
}

/** One file that needs no other, no script and no network. With `files`, figures link to their own files. */
export function pageHtml({ title, lead, sections, source, version }: Page, files: boolean): string {
  const parts = sections.map((section) => sectionHtml(section, source, files));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="astral ${escaped(version)}">
<link rel="icon" href="data:,">
<title>${escaped(title)}</title>
<style>
:root { ${colourProperties()} }
${PAGE_STYLE}</style>
</head>
<body>
<header>
<p class="wordmark">astral</p>
<h1>${escaped(title)}</h1>
<p class="lead">${escaped(lead)}</p>
</header>
<main>
${parts.join('\n')}
</main>
<footer>
<p>${escaped(source.facts)}. Made by</p>
<pre>${escaped(source.command)}</pre>
</footer>
</body>
</html>
`;
}

function sectionHtml(
  { title, paragraphs = [], html = '', figures = [] }: Section,
  source: Source,
  files: boolean,
): string {
  const prose = paragraphs.map((text) => `<p>${escaped(text)}</p>`).join('\n');
  const drawn =
    figures.length === 0
      ? ''
      : `<div class="figures">\n${figures.map((figure) => figureHtml(figure, source, files)).join('\n')}\n</div>`;
  return `<section>\n<h2>${escaped(title)}</h2>\n${prose}\n${html}\n${drawn}\n</section>`;
}

/** A table; the first cell of a row names it. Cells are plain text, or text with a class. */
export type TableCell = string | { readonly text: string; readonly kind: 'good' | 'bad' | 'quiet' };

export function tableHtml(head: readonly string[], rows: readonly (readonly TableCell[])[]): string {
  const cell = (each: TableCell, tag: 'td' | 'th'): string =>
    typeof each === 'string'
      ? `<${tag}>${escaped(each)}</${tag}>`
      : `<${tag} class="${each.kind}">${escaped(each.text)}</${tag}>`;
  const lines = rows.map(
    ([first = '', ...rest]) => `<tr>${cell(first, 'th')}${rest.map((each) => cell(each, 'td')).join('')}</tr>`,
  );
  const heads = head.map((text) => `<th scope="col">${escaped(text)}</th>`).join('');
  return `<div class="scroll"><table>\n<thead><tr>${heads}</tr></thead>\n<tbody>\n${lines.join('\n')}\n</tbody>\n</table></div>`;
}
