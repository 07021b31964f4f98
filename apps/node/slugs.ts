/** What a stream is called in addresses and listings. */
export interface Named {
  /** The canonical name: derived from the publisher's stream key. */
  readonly id: string;
  readonly name: string;
}

const MAX_SLUG = 48;
const SHORT_ID = 8;

/** A label for addresses: lower-case ASCII letters, digits and single hyphens; empty for a name without any. */
export function slugify(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
  return plain.slice(0, MAX_SLUG).replace(/^-|-$/g, '');
}

/**
 * Labels for streams. A slug is a convenience, never an identity: the first stream to come keeps the plain one, a later
 * one of the same name carries the start of its id, and every stream also answers to its id and to a start of it that no other has.
 */
export class SlugTable {
  readonly #bySlug = new Map<string, string>();
  readonly #byId = new Map<string, string>();

  /** The slug of the stream, given now or before. */
  of(stream: Named): string {
    const given = this.#byId.get(stream.id);
    if (given !== undefined) return given;
    const plain = slugify(stream.name);
    const short = stream.id.slice(0, SHORT_ID);
    const labels = plain === '' ? [short, stream.id] : [plain, `${plain}-${short}`, stream.id];
    const slug = labels.find((label) => !this.#bySlug.has(label)) ?? stream.id;
    this.#bySlug.set(slug, stream.id);
    this.#byId.set(stream.id, slug);
    return slug;
  }

  /** The id of the stream that goes by this slug or id; null if there is none. */
  resolve(slugOrId: string): string | null {
    if (this.#byId.has(slugOrId)) return slugOrId;
    const labelled = this.#bySlug.get(slugOrId);
    if (labelled !== undefined || slugOrId.length < SHORT_ID) return labelled ?? null;
    const begun = [...this.#byId.keys()].filter((id) => id.startsWith(slugOrId));
    return begun.length === 1 ? (begun[0] ?? null) : null;
  }

  delete(id: string): void {
    const slug = this.#byId.get(id);
    this.#byId.delete(id);
    if (slug !== undefined) this.#bySlug.delete(slug);
  }
}
