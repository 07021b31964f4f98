/** A stream as the node lists it. */
export interface StreamEntry {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  /** The node knows of it and neither publishes nor receives it. */
  readonly idle: boolean;
}

/** The node answers no stranger: this page was not opened through the address that the node prints. */
export type Refusal = 'locked' | 'unreachable';

export type Answer = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: Refusal };

/** Trades the one-time code in the address for a session, and takes it out of the address. */
export async function redeemCode(): Promise<void> {
  const code = location.hash.slice(1).replace(/^code=/, '');
  if (code === '') return;
  history.replaceState(null, '', location.pathname + location.search);
  await fetch('/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code }),
  }).catch(() => null);
}

/** Reads a resource of this page's own node. */
export async function ask(path: string): Promise<Answer> {
  try {
    const response = await fetch(path, { headers: { accept: 'application/json' } });
    if (response.status === 401 || response.status === 403) return { ok: false, why: 'locked' };
    return response.ok ? { ok: true, value: await response.json() } : { ok: false, why: 'unreachable' };
  } catch {
    return { ok: false, why: 'unreachable' };
  }
}

/** The streams in an answer of `/streams`; what is not one is left out. */
export function streamsOf(answer: unknown): StreamEntry[] {
  const list = typeof answer === 'object' && answer !== null && 'streams' in answer ? answer.streams : null;
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null || !('slug' in entry) || typeof entry.slug !== 'string') return [];
    const name = 'name' in entry && typeof entry.name === 'string' ? entry.name : entry.slug;
    const id = 'id' in entry && typeof entry.id === 'string' ? entry.id : entry.slug;
    const idle = 'own' in entry && entry.own === false && 'watching' in entry && entry.watching === false;
    return [{ id, slug: entry.slug, name, idle }];
  });
}

/** One stream by its slug, its id or a start of that; null unless the node knows it. */
export async function findStream(name: string): Promise<StreamEntry | null> {
  const answer = await ask(`/stream/${encodeURIComponent(name)}`);
  const { value } = answer.ok ? answer : { value: null };
  const stream: unknown = typeof value === 'object' && value !== null && 'stream' in value ? value.stream : null;
  return streamsOf({ streams: [stream] })[0] ?? null;
}

/** Whether the node has media of the stream, which it shows to its own pages without a session. */
export async function hasMedia(name: string): Promise<boolean> {
  const init = `/stream/${encodeURIComponent(name)}/hls/init.mp4`;
  return (await fetch(init, { method: 'HEAD' }).catch(() => null))?.ok === true;
}

/** Lets the node receive the stream from now on: it asks others for tickets. Resolves to why it does not, else null. */
export async function watch(slug: string): Promise<string | null> {
  const response = await fetch(`/stream/${encodeURIComponent(slug)}/tickets`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  }).catch(() => null);
  if (response?.ok === true) return null;
  const said: unknown = await response?.json().catch(() => null);
  const why = typeof said === 'object' && said !== null && 'error' in said ? said.error : null;
  return typeof why === 'string' ? why : 'The node does not answer.';
}
