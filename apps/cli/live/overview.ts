import { z } from 'zod';
import { REPORT_ROUTE } from '../../report.js';

/** What of a node's reported view the overview needs. */
const Views = z.array(
  z.looseObject({
    node: z.string(),
    name: z.string().optional(),
    view: z.looseObject({
      role: z.enum(['ordinary', 'supernode']),
      streams: z.array(
        z.looseObject({
          publisher: z.boolean(),
          watching: z.boolean(),
          paths: z.array(
            z.looseObject({ sub: z.number(), depth: z.number(), via: z.string().nullable(), starving: z.boolean() }),
          ),
          player: z.looseObject({ state: z.string(), played: z.number(), missed: z.number() }).nullable(),
        }),
      ),
    }),
  }),
);

/** How one node of a live network fares, as it reports itself. */
export interface Standing {
  readonly node: string;
  readonly name: string;
  readonly supernode: boolean;
  readonly publisher: boolean;
  /** Hops from the publisher on each sub-stream; null where it has no provider. */
  readonly depths: readonly (number | null)[];
  /** Nodes that feed it, by id. */
  readonly providers: readonly string[];
  readonly player: { readonly state: string; readonly played: number; readonly missed: number } | null;
}

/** Asks a directory how its nodes fare; only those that report are in it. */
export async function standings(webUrl: string, signal?: AbortSignal): Promise<Standing[]> {
  const answer = await fetch(new URL(REPORT_ROUTE, webUrl), { signal: signal ?? null });
  const views = Views.parse(await answer.json());
  return views.map(({ node, name, view }) => {
    const [stream] = view.streams;
    const paths = stream?.paths ?? [];
    const publisher = stream?.publisher === true;
    const via = paths.map((path) => path.via).filter((each) => each !== null);
    return {
      node,
      name: name ?? node.slice(0, 8),
      supernode: view.role === 'supernode',
      publisher,
      depths: paths.map((path) => (path.via === null && !publisher ? null : path.depth)),
      providers: [...new Set(via)],
      player: stream?.player ?? null,
    };
  });
}

/** The largest number of hops on any sub-stream; -1 for a node that is not fed. */
export function depthOf({ depths }: Standing): number {
  return Math.max(-1, ...depths.map((depth) => depth ?? -1));
}

/** The viewer that is farthest from the publisher: by its deepest sub-stream, then by all of them, then by name. */
export function deepest(all: readonly Standing[]): Standing | null {
  const sum = ({ depths }: Standing): number => depths.reduce((total: number, depth) => total + (depth ?? 0), 0);
  const viewers = all.filter((each) => !each.publisher && each.player !== null);
  const [first] = viewers.toSorted((a, b) => depthOf(b) - depthOf(a) || sum(b) - sum(a) || (a.name < b.name ? -1 : 1));
  return first ?? null;
}

/** Whether every viewer plays and is fed on every sub-stream. */
export function allPlay(all: readonly Standing[], viewers: number): boolean {
  const fed = all.filter(
    ({ publisher, depths, player }) =>
      !publisher && player?.state === 'playing' && depths.length > 0 && depths.every((depth) => depth !== null),
  );
  return fed.length >= viewers;
}
