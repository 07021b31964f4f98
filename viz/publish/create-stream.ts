export type Created = { readonly ok: true; readonly slug: string } | { readonly ok: false; readonly why: string };

/** Makes a stream of this name at the page's own node, or finds the one that the node has under it. */
export async function createStream(name: string): Promise<Created> {
  try {
    const response = await fetch('/streams', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, media: 'push' }),
    });
    const answer: unknown = await response.json();
    if (typeof answer !== 'object' || answer === null) return { ok: false, why: 'the node answers nonsense' };
    if ('error' in answer) return { ok: false, why: String(answer.error) };
    const stream = 'stream' in answer ? answer.stream : null;
    return typeof stream === 'object' && stream !== null && 'slug' in stream && typeof stream.slug === 'string'
      ? { ok: true, slug: stream.slug }
      : { ok: false, why: 'the node answers nonsense' };
  } catch {
    return { ok: false, why: 'the node does not answer' };
  }
}
