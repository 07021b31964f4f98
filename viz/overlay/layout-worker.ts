import type { LayoutAnswer, LayoutRequest } from './layout-protocol.js';
import { Layout } from './layout.js';

/** The layout on a thread of its own, so that neither drawing nor scrolling waits for it. */
const scope = self as unknown as DedicatedWorkerGlobalScope;
const FRAME_MS = 16;

const layout = new Layout();
let graph = 0;
let timer: number | null = null;

scope.addEventListener('message', ({ data }: MessageEvent<LayoutRequest>) => {
  if (data.type === 'graph') {
    graph++;
    layout.setGraph(data);
  } else if (data.type === 'hold') layout.hold(data.id, data.x, data.y);
  else layout.release(data.id);
  timer ??= scope.setTimeout(step, 0);
});

function step(): void {
  const begin = performance.now();
  layout.step();
  const answer: LayoutAnswer = { graph, positions: layout.positions() };
  scope.postMessage(answer, [answer.positions.buffer]);
  const rest = Math.max(1, FRAME_MS - (performance.now() - begin));
  timer = layout.moving ? scope.setTimeout(step, rest) : null;
}
