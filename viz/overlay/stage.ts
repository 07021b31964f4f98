import { drag, select, zoom, zoomIdentity, type D3DragEvent, type ZoomBehavior, type ZoomTransform } from 'd3';
import type { NodeId } from '../../core/units.js';
import { kinOf, type Graph } from './graph.js';
import type { LayoutMode } from './layout-protocol.js';
import { paint } from './painter.js';
import { readPalette } from './palette.js';
import { Places } from './places.js';

const REACH = 14;
const MIN_ZOOM = 0.1;
const MAX_ZOOM = 8;
const MARGIN = 46;

export interface StageHandlers {
  readonly hover: (id: NodeId | null, x: number, y: number) => void;
  readonly select: (id: NodeId | null) => void;
}

/** The canvas: places, camera, pointer. */
export class Stage {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #places = new Places();
  readonly #zoom: ZoomBehavior<HTMLCanvasElement, unknown>;
  #palette = readPalette();
  #graph: Graph | null = null;
  #camera: ZoomTransform = zoomIdentity;
  /** Follow the graph's extent until somebody moves the picture. */
  #fits = true;
  #width = 1;
  #height = 1;
  #dirty = true;
  #hovered: NodeId | null = null;
  selected: NodeId | null = null;
  matches: ReadonlySet<NodeId> | null = null;
  you: NodeId | null = null;

  constructor(canvas: HTMLCanvasElement, handlers: StageHandlers) {
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('this browser draws no canvas');
    this.#canvas = canvas;
    this.#context = context;
    this.#zoom = zoom<HTMLCanvasElement, unknown>().scaleExtent([MIN_ZOOM, MAX_ZOOM]);
    this.#connectPointer(handlers);
    new ResizeObserver(() => this.#resize()).observe(canvas);
    this.#resize();
  }

  /** Draws this graph from now on. */
  show(graph: Graph, mode: LayoutMode): void {
    this.#graph = graph;
    this.#places.arrange(graph, mode);
    this.#dirty = true;
  }

  recolour(): void {
    this.#palette = readPalette();
    this.#dirty = true;
  }

  touch(): void {
    this.#dirty = true;
  }

  /** Shows all of it, and goes on doing so. */
  fit(): void {
    this.#fits = true;
    this.#dirty = true;
  }

  /** Draws a frame if anything has changed. `beat` moves the chunks; null leaves them out. */
  frame(milliseconds: number, beat: number | null): void {
    const moved = this.#places.ease(milliseconds);
    if (this.#fits && (moved || this.#dirty)) this.#follow(milliseconds);
    if (this.#graph === null || !(moved || this.#dirty || beat !== null)) return;
    this.#dirty = false;
    const focused = this.#hovered ?? this.selected;
    const node = focused === null ? undefined : this.#graph.index.get(focused);
    paint(this.#context, this.#palette, {
      graph: this.#graph,
      place: (id) => this.#places.of(id),
      camera: this.#camera,
      width: this.#width,
      height: this.#height,
      focus: node === undefined ? null : { node, kin: kinOf(this.#graph, node) },
      selected: this.selected,
      matches: this.matches,
      you: this.you,
      beat,
    });
  }

  #resize(): void {
    const { clientWidth, clientHeight } = this.#canvas;
    const ratio = Math.min(2, devicePixelRatio);
    this.#width = Math.max(1, clientWidth);
    this.#height = Math.max(1, clientHeight);
    this.#canvas.width = Math.round(this.#width * ratio);
    this.#canvas.height = Math.round(this.#height * ratio);
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#dirty = true;
  }

  /** Moves the camera towards one that shows everything. */
  #follow(milliseconds: number): void {
    let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
    this.#graph?.nodes.forEach(({ id }, at) => {
      const place = this.#places.of(id);
      if (place === undefined || this.#graph?.depth[at] === null) return;
      left = Math.min(left, place.toX);
      right = Math.max(right, place.toX);
      top = Math.min(top, place.toY);
      bottom = Math.max(bottom, place.toY);
    });
    if (left > right) return;
    const roomX = (this.#width - 2 * MARGIN) / Math.max(120, right - left);
    const roomY = (this.#height - 2 * MARGIN) / Math.max(120, bottom - top);
    const k = Math.min(2.2, Math.max(MIN_ZOOM, Math.min(roomX, roomY)));
    const x = this.#width / 2 - (k * (left + right)) / 2;
    const y = this.#height / 2 - (k * (top + bottom)) / 2;
    const share = 1 - Math.exp(-milliseconds / 160);
    const now = this.#camera;
    const next = zoomIdentity
      .translate(now.x + (x - now.x) * share, now.y + (y - now.y) * share)
      .scale(now.k + (k - now.k) * share);
    this.#dirty ||= Math.abs(x - now.x) + Math.abs(y - now.y) > 0.5;
    select(this.#canvas).call((each) => this.#zoom.transform(each, next));
  }

  #connectPointer({ hover, select: choose }: StageHandlers): void {
    const canvas = select(this.#canvas);
    this.#zoom.on('zoom', ({ transform, sourceEvent }: { transform: ZoomTransform; sourceEvent: unknown }) => {
      this.#camera = transform;
      if (sourceEvent !== null && sourceEvent !== undefined) this.#fits = false;
      this.#dirty = true;
    });
    type Held = { id: NodeId; x: number; y: number };
    type Drag = D3DragEvent<HTMLCanvasElement, unknown, Held>;
    const dragged = drag<HTMLCanvasElement, unknown, Held | undefined>()
      .subject(({ x, y }: { x: number; y: number }) => {
        const id = this.#nearest(x, y);
        return id === null ? undefined : { id, x, y };
      })
      .on('drag', ({ x, y, subject }: Drag) => {
        const [toX, toY] = this.#camera.invert([x, y]);
        this.#fits = false;
        this.#places.hold(subject.id, toX, toY);
        this.#dirty = true;
      })
      .on('end', ({ subject }: Drag) => this.#places.release(subject.id));
    canvas.call(dragged).call(this.#zoom).on('dblclick.zoom', null);
    this.#canvas.addEventListener('click', ({ offsetX, offsetY }) => choose(this.#nearest(offsetX, offsetY)));
    const point = (id: NodeId | null, x: number, y: number): void => {
      hover(id, x, y);
      if (id === this.#hovered) return;
      this.#hovered = id;
      this.#canvas.style.cursor = id === null ? 'grab' : 'pointer';
      this.#dirty = true;
    };
    this.#canvas.addEventListener('pointermove', ({ offsetX, offsetY, buttons }) => {
      if (buttons === 0) point(this.#nearest(offsetX, offsetY), offsetX, offsetY);
    });
    this.#canvas.addEventListener('pointerleave', () => point(null, 0, 0));
  }

  #nearest(x: number, y: number): NodeId | null {
    let [best, reach]: [NodeId | null, number] = [null, REACH];
    for (const { id } of this.#graph?.nodes ?? []) {
      const place = this.#places.of(id);
      if (place === undefined) continue;
      const [dx, dy] = [this.#camera.applyX(place.x) - x, this.#camera.applyY(place.y) - y];
      const distance = Math.sqrt(dx * dx + dy * dy);
      if (distance < reach) [best, reach] = [id, distance];
    }
    return best;
  }
}
