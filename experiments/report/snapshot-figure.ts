import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { SECOND } from '../../core/units.js';
import type { Scenario } from '../../sim/scenario/shape.js';
import type { Paper } from '../../viz/charts/paper.js';
import { CROWD, Snapshots } from '../../viz/charts/snapshots.js';
import type { Figure } from './figure.js';
import type { RunData } from './run-data.js';

/** The overlay at a few moments; none where no recording was kept. */
export async function snapshotFigures(paper: Paper, { recording, scenario }: RunData): Promise<Figure[]> {
  if (recording === null || scenario.viewers > CROWD) return [];
  const snapshots = new Snapshots(paper, momentsOf(scenario));
  const bytes = createReadStream(recording);
  const lines = createInterface({ input: bytes.pipe(createGunzip()), crlfDelay: Infinity });
  for await (const line of lines) if (!snapshots.add(line)) break;
  lines.close();
  bytes.destroy();
  const drawing = snapshots.finish();
  if (drawing === null) return [];
  return [
    {
      name: 'overlay',
      title: 'The overlay',
      text: 'Rings are hops from the publisher. Each node hangs on one of its providers: a relay in the tree in which it works, a leaf in one of its trees. Lines have the colour of their sub-stream.',
      drawing,
    },
  ];
}

/** Before, in and after what happens; where nothing does, while it grows, in the middle and near the end. In seconds. */
export function momentsOf({ duration, ramp, quiet, faults, cliff }: Scenario): number[] {
  const end = duration / SECOND;
  const marked = faults.find((fault) => fault.marked) ?? faults[0];
  const [at, lasts] = marked === undefined ? [cliff?.at, cliff?.within] : [marked.at, marked.for];
  const moments =
    at === undefined
      ? [ramp / SECOND / 2, (ramp + duration) / SECOND / 2, (duration - Math.min(quiet, duration / 10)) / SECOND]
      : [
          at / SECOND - 1,
          (at + Math.min(lasts ?? 2 * SECOND, 30 * SECOND)) / SECOND,
          (at + (lasts ?? 0)) / SECOND + 20,
        ];
  return [...new Set(moments.map((each) => Math.round(Math.max(1, Math.min(each, end - 1)) * 10) / 10))];
}
