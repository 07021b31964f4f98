import { html, type Html } from './html.js';
import type { ListedNode, ListedStream } from './listing.js';

/** Port on which a node's own page is found unless its owner chose another. */
const NODE_PAGE = 'http://127.0.0.1:8000';

function page(title: string, content: Html): string {
  const frame = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · astral</title>
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body>
        <header>
          <a class="name" href="/">astral</a>
          <nav>
            <a href="/streams">Streams</a><a href="/nodes">Nodes</a><a href="/visualization">Overlay</a
            ><a href="/about">About</a>
          </nav>
        </header>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html> `;
  return frame.text;
}

export function streamsPage(streams: readonly ListedStream[]): string {
  if (streams.length === 0) return page('Streams', html`<p class="empty">Nobody publishes a stream at the moment.</p>`);
  const rows = streams.map(
    (stream) =>
      html`<li>
        <a href="/stream/${encodeURIComponent(stream.slug)}">${stream.name}</a>
        <span class="id">${fingerprint(stream.id)}</span> <span class="count">${countOf(stream.nodes, 'node')}</span>
        <p>${stream.description}</p>
      </li>`,
  );
  return page(
    'Streams',
    html`<ul class="list">
      ${rows}
    </ul>`,
  );
}

export function streamPage(stream: ListedStream): string {
  const watch = `${NODE_PAGE}/?stream=${encodeURIComponent(stream.slug)}`;
  return page(
    stream.name,
    html`<p>${stream.description}</p>
      <p><a class="action" rel="noreferrer" href="${watch}">Watch with your own node</a></p>
      <p>
        The stream comes to your browser through the node on your own machine, which also passes it on to others. If the
        page does not open, your node is not running. Start it, and ask it for the stream:
      </p>
      <pre>astralnode --watch ${stream.id}</pre>
      <dl>
        <dt>Stream</dt>
        <dd class="id">${stream.id}</dd>
        <dt>Publisher</dt>
        <dd class="id">${stream.source ?? 'not announced'}</dd>
        <dt>Carried by</dt>
        <dd>${countOf(stream.nodes, 'node')}</dd>
      </dl>`,
  );
}

export function nodesPage(nodes: readonly ListedNode[]): string {
  if (nodes.length === 0) return page('Nodes', html`<p class="empty">No node has announced itself.</p>`);
  const rows = nodes.map(
    (node) =>
      html`<tr>
        <td class="id">${node.uuid}</td>
        <td>${addressOf(node)}</td>
        <td>${node.supernode ? 'supernode' : 'ordinary'}</td>
      </tr>`,
  );
  return page(
    'Nodes',
    html`<table>
      <thead>
        <tr>
          <th>Node</th>
          <th>Address</th>
          <th>Role</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>`,
  );
}

export function aboutPage(version: string): string {
  return page(
    'About',
    html`<p>
        astral carries live streams from viewer to viewer: whoever watches also passes on what their line has to spare.
      </p>
      <p>This site only helps nodes to find each other. Streams go on without it.</p>
      <p>Version ${version}</p>`,
  );
}

export function missingPage(): string {
  return page(
    'Not found',
    html`<p>There is nothing at this address. A stream is listed only while somebody carries it.</p>`,
  );
}

function fingerprint(id: string): string {
  return id.slice(0, 8);
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function addressOf(node: ListedNode): string {
  return node.ip_address === null ? 'cannot be dialled' : `${node.ip_address}:${node.port ?? ''}`;
}

/** The one style sheet; follows the reader's light or dark setting. */
export const STYLE = `:root {
  color-scheme: light dark;
  --ink: light-dark(#1c1f26, #e8eaf0);
  --faint: light-dark(#5b6270, #9aa2b1);
  --paper: light-dark(#ffffff, #14161b);
  --line: light-dark(#d9dde4, #2c313b);
  --link: light-dark(#0b57b7, #7fb3ff);
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 0 1rem 3rem; max-width: 52rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
header { display: flex; gap: 1.5rem; align-items: baseline; padding: 1rem 0; border-bottom: 1px solid var(--line); }
nav { display: flex; gap: 1rem; }
a { color: var(--link); }
.name { font-weight: 700; text-decoration: none; color: var(--ink); }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; }
.list { list-style: none; padding: 0; }
.list li { padding: 0.75rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.list p { margin: 0.25rem 0 0; color: var(--faint); }
.id, pre { font-family: ui-monospace, monospace; font-size: 0.85rem; overflow-wrap: anywhere; }
.count, .empty, dt { color: var(--faint); }
dd { margin: 0 0 0.75rem; }
pre { padding: 0.75rem; border: 1px solid var(--line); border-radius: 6px; white-space: pre-wrap; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 0.4rem 0.75rem 0.4rem 0; border-bottom: 1px solid var(--line); }
.action { display: inline-block; padding: 0.5rem 1rem; border: 1px solid var(--link); border-radius: 6px; text-decoration: none; }
`;
