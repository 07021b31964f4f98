import { slugify } from '../node/slugs.js';
import { html, type Html } from './html.js';
import type { ListedNode, ListedStream } from './listing.js';
import { LOCAL_NODE } from './local-node.js';

function page(title: string, content: Html, script: Html = html``): string {
  const frame = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · astral</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/style.css" />
        ${script}
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

/** On pages that say whether the visitor's own node runs. */
const LOOK = html`<script src="/local-node.js" defer></script>`;
const LOCAL_STATE = html`<p id="local-node" role="status">Looking for your node…</p>`;

/** What there is, at a glance. */
export function homePage(streams: readonly ListedStream[], nodes: readonly ListedNode[]): string {
  const supernodes = nodes.filter((node) => node.supernode).length;
  return page(
    'On the air',
    html`<p class="lead">
        Live streams, carried from viewer to viewer: whoever watches also passes on what their line has to spare.
      </p>
      ${streamList(streams)}
      <dl class="figures">
        <div>
          <dt>Streams</dt>
          <dd>${streams.length}</dd>
        </div>
        <div>
          <dt>Nodes</dt>
          <dd>${nodes.length}</dd>
        </div>
        <div>
          <dt>Supernodes</dt>
          <dd>${supernodes}</dd>
        </div>
      </dl>
      ${LOCAL_STATE}`,
    LOOK,
  );
}

export function streamsPage(streams: readonly ListedStream[]): string {
  return page('Streams', streamList(streams));
}

function streamList(streams: readonly ListedStream[]): Html {
  if (streams.length === 0) return html`<p class="empty">Nobody publishes a stream at the moment.</p>`;
  const rows = streams.map(
    (stream) =>
      html`<li>
        <a href="/stream/${encodeURIComponent(stream.slug)}">${stream.name}</a>
        <span class="id">${fingerprint(stream.id)}</span> <span class="count">${countOf(stream.nodes, 'node')}</span>
        <p>${stream.description}</p>
      </li>`,
  );
  return html`<ul class="list">
    ${rows}
  </ul>`;
}

/** @param origin where nodes find this directory */
export function streamPage(stream: ListedStream, origin: string): string {
  const watch = `${LOCAL_NODE}/?stream=${encodeURIComponent(stream.id)}`;
  return page(
    stream.name,
    html`<p>${stream.description}</p>
      <p>
        <a class="action" rel="noreferrer" href="${watch}">Watch with your own node</a>
        <a class="aside" href="/stream/${encodeURIComponent(stream.slug)}/publish">It is yours? Publish</a>
      </p>
      ${LOCAL_STATE}
      <p>
        The stream comes to your browser through the node on your own machine, which also passes it on to others. If the
        page does not open, your node is not running. Start it, and ask it for the stream:
      </p>
      <pre>npx astralnode --directory ${origin} --watch ${stream.id}</pre>
      <dl>
        <dt>Stream</dt>
        <dd class="id">${stream.id}</dd>
        <dt>Publisher</dt>
        <dd class="id">${stream.source ?? 'not announced'}</dd>
        <dt>Carried by</dt>
        <dd>${countOf(stream.nodes, 'node')}</dd>
      </dl>`,
    LOOK,
  );
}

/** Publishing is done on the publisher's own node, which alone has the key of the stream. */
export function publishPage(stream: ListedStream | null, slug: string): string {
  const name = stream?.name ?? slug;
  return page(
    `Publish ${name}`,
    html`<p>
        A stream is published by the node that holds its key, on the machine of its publisher. If that is yours, its own
        page takes your camera, your screen or an encoder:
      </p>
      <p>
        <a class="action" rel="noreferrer" href="${LOCAL_NODE}/publish?stream=${encodeURIComponent(slug)}"
          >Publish with your own node</a
        >
      </p>
      ${LOCAL_STATE}
      <p>From the command line, a stream that an encoder pushes begins with:</p>
      <pre>npx astralctl create ${slugify(name) || 'NAME'} --push</pre>`,
    LOOK,
  );
}

export function nodesPage(nodes: readonly ListedNode[]): string {
  if (nodes.length === 0) return page('Nodes', html`<p class="empty">No node has announced itself.</p>`);
  const rows = nodes.map(
    (node) =>
      html`<tr>
        <td class="id"><a href="/node/${encodeURIComponent(node.uuid)}">${node.uuid.slice(0, 16)}…</a></td>
        <td>${addressOf(node)}</td>
        <td class="${node.supernode ? 'supernode' : 'ordinary'}">${roleOf(node)}</td>
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

export function nodePage(node: ListedNode): string {
  return page(
    `Node ${fingerprint(node.uuid)}`,
    html`<dl>
      <dt>Node</dt>
      <dd class="id">${node.uuid}</dd>
      <dt>Address</dt>
      <dd>${addressOf(node)}</dd>
      <dt>Role</dt>
      <dd>${roleOf(node)}</dd>
    </dl>`,
  );
}

function roleOf(node: ListedNode): string {
  return node.supernode ? 'supernode' : 'ordinary';
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
  --ink: light-dark(#16202a, #e8edf2);
  --faint: light-dark(#5a6875, #9aa9b7);
  --paper: light-dark(#f6f7f8, #0f151b);
  --raised: light-dark(#ffffff, #18212a);
  --line: light-dark(#dde2e7, #2a3641);
  --link: light-dark(#0b6bcb, #6cb6ff);
  --good: light-dark(#1a7f4b, #5fd39a);
  --care: light-dark(#a15c00, #f0b35c);
  --supernode: light-dark(#d1232a, #ff5d5d);
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 0 1.25rem 4rem; max-width: 56rem; font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
header { display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; align-items: baseline; padding: 1.1rem 0; border-bottom: 1px solid var(--line); }
nav { display: flex; flex-wrap: wrap; gap: 1.1rem; }
a { color: var(--link); text-underline-offset: 0.15em; }
nav a { text-decoration: none; color: var(--faint); }
nav a:hover { color: var(--link); }
.name { font-weight: 650; letter-spacing: 0.02em; text-decoration: none; color: var(--link); }
h1 { margin: 1.6rem 0 0.6rem; font-size: 1.6rem; line-height: 1.25; font-weight: 650; overflow-wrap: anywhere; }
.lead { margin-top: 0; color: var(--faint); max-width: 42rem; }
.list { list-style: none; margin: 1.2rem 0; padding: 0; display: grid; gap: 0.7rem; }
.list li { padding: 0.9rem 1.1rem; background: var(--raised); border: 1px solid var(--line); border-radius: 10px; overflow-wrap: anywhere; }
.list li > a { font-weight: 600; text-decoration: none; margin-right: 0.5rem; }
.list li > a:hover { text-decoration: underline; }
.list p { margin: 0.25rem 0 0; color: var(--faint); }
.id, pre { font-family: ui-monospace, monospace; font-size: 0.85rem; overflow-wrap: anywhere; }
.list .id, .count { color: var(--faint); font-size: 0.85rem; margin-right: 0.5rem; }
.empty { padding: 2rem 1.1rem; text-align: center; color: var(--faint); border: 1px dashed var(--line); border-radius: 10px; }
dt { color: var(--faint); font-size: 0.9rem; }
dd { margin: 0 0 0.75rem; }
.figures { display: flex; flex-wrap: wrap; gap: 0.7rem; margin: 1.2rem 0; }
.figures div { flex: 1 1 8rem; padding: 0.7rem 1.1rem; background: var(--raised); border: 1px solid var(--line); border-radius: 10px; }
.figures dd { margin: 0; font-size: 1.5rem; font-weight: 650; font-variant-numeric: tabular-nums; }
pre { padding: 0.85rem 1.1rem; background: var(--raised); border: 1px solid var(--line); border-radius: 10px; white-space: pre-wrap; }
table { border-collapse: collapse; width: 100%; }
th { font-weight: 500; font-size: 0.9rem; color: var(--faint); }
th, td { text-align: left; padding: 0.5rem 0.75rem 0.5rem 0; border-bottom: 1px solid var(--line); }
.supernode { color: var(--supernode); font-weight: 600; }
.action { display: inline-block; margin-right: 0.9rem; padding: 0.55rem 1.1rem; background: var(--link); color: light-dark(#ffffff, #0f151b); font-weight: 600; border-radius: 8px; text-decoration: none; }
.aside { font-size: 0.92rem; }
#local-node { color: var(--faint); }
#local-node.up { color: var(--good); }
#local-node.down { color: var(--care); }
`;
