import { area, axisBottom, curveStepAfter, drag, pointer, scaleLinear, select, type Selection } from 'd3';
import type { Time } from '../../core/units.js';
import type { Mark, Second, Series } from './series.js';
import { clockOf } from './wording.js';

const HEIGHT = 84;
const MARGIN = { left: 10, right: 10, top: 8, bottom: 20 };
/** Time that the chart spans at least. */
const SHORTEST: Time = 30_000_000;
/** The bars of missed chunks reach the top at this share, so that a small trouble is seen. */
const FULL_MISS = 0.1;

/** The chart of the run below the picture: viewers, missed chunks, crashes, faults, and where the picture is. */
export class TimelineView {
  readonly #svg: Selection<SVGSVGElement, unknown, null, undefined>;
  readonly #x = scaleLinear();
  #width = 0;

  constructor(svg: SVGSVGElement, scrub: (time: Time) => void) {
    this.#svg = select(svg);
    for (const name of ['viewers', 'missed', 'crashes', 'faults', 'axis', 'head']) {
      this.#svg.append('g').attr('class', name);
    }
    this.#svg
      .select('.head')
      .append('line')
      .attr('y1', 0)
      .attr('y2', HEIGHT - MARGIN.bottom);
    this.#svg.select('.head').append('circle').attr('r', 4).attr('cy', 4);
    this.#svg.select('.viewers').append('path');
    const seek = (event: unknown): void => {
      const [begin = 0, end = 0] = this.#x.domain();
      scrub(Math.min(end, Math.max(begin, this.#x.invert(pointer(event, svg)[0]))) * 1e6);
    };
    this.#svg.call(drag<SVGSVGElement, unknown>().on('start', seek).on('drag', seek));
    this.#svg.on('click', seek);
  }

  /** Draws what happened between the two times. */
  draw(series: Series, begin: Time, end: Time): void {
    this.#width = this.#svg.node()?.clientWidth ?? 0;
    if (this.#width === 0) return;
    this.#svg.attr('viewBox', `0 0 ${this.#width} ${HEIGHT}`);
    const bottom = HEIGHT - MARGIN.bottom;
    this.#x
      .domain([begin / 1e6, Math.max(end, begin + SHORTEST) / 1e6])
      .range([MARGIN.left, this.#width - MARGIN.right]);
    const first = Math.floor(begin / 1e6);
    const seconds = series.seconds
      .slice(first, Math.ceil(end / 1e6))
      .map((second, at) => ({ ...second, at: first + at }));
    const most = Math.max(1, ...seconds.map(({ viewers }) => viewers));
    const y = scaleLinear([0, most * 1.1], [bottom, MARGIN.top]);
    const shape = area<Second & { at: number }>()
      .x(({ at }) => this.#x(at))
      .y0(bottom)
      .y1(({ viewers }) => y(viewers))
      .curve(curveStepAfter);
    this.#svg.select('.viewers path').attr('d', shape(seconds));
    this.#bars(seconds, bottom);
    this.#marks(series.marks, bottom);
    const axis = axisBottom(this.#x)
      .ticks(Math.max(2, Math.min(this.#width / 90, (end - begin) / 1e6)))
      .tickSizeOuter(0)
      .tickFormat((value) => clockOf(Number(value) * 1e6));
    this.#svg.select<SVGGElement>('.axis').attr('transform', `translate(0,${bottom})`).call(axis);
  }

  /** Moves the mark of the moment shown. */
  point(time: Time): void {
    this.#svg.select('.head').attr('transform', `translate(${this.#width === 0 ? 0 : this.#x(time / 1e6)},0)`);
  }

  #bars(seconds: readonly (Second & { at: number })[], bottom: number): void {
    const wide = Math.max(1, this.#x(1) - this.#x(0) - 0.5);
    const miss = scaleLinear([0, FULL_MISS], [0, bottom - MARGIN.top]).clamp(true);
    const troubled = seconds.filter(({ missed }) => missed > 0);
    this.#svg
      .select('.missed')
      .selectAll<SVGRectElement, (typeof troubled)[number]>('rect')
      .data(troubled)
      .join((enter) => {
        const bar = enter.append('rect');
        bar.append('title');
        return bar;
      })
      .attr('x', ({ at }) => this.#x(at))
      .attr('width', wide)
      .attr('y', ({ missed, played }) => bottom - Math.max(1.5, miss(missed / (missed + played))))
      .attr('height', ({ missed, played }) => Math.max(1.5, miss(missed / (missed + played))))
      .select('title')
      .text(({ at, missed, played }) => `${clockOf(at * 1e6)}: ${missed} of ${missed + played} chunks missed`);
    this.#svg
      .select('.crashes')
      .selectAll<SVGCircleElement, (typeof seconds)[number]>('circle')
      .data(seconds.filter(({ crashes }) => crashes > 0))
      .join((enter) => {
        const dot = enter.append('circle');
        dot.append('title');
        return dot;
      })
      .attr('cx', ({ at }) => this.#x(at + 0.5))
      .attr('cy', bottom - 3)
      .attr('r', ({ crashes }) => Math.min(4, 1.4 + Math.sqrt(crashes)))
      .select('title')
      .text(({ at, crashes }) => `${clockOf(at * 1e6)}: ${crashes} crashed`);
  }

  #marks(marks: readonly Mark[], bottom: number): void {
    const groups = this.#svg
      .select('.faults')
      .selectAll<SVGGElement, Mark>('g')
      .data(marks)
      .join((enter) => {
        const group = enter.append('g');
        group.append('rect').attr('y', MARGIN.top - 4);
        group.append('path').attr('d', 'M-5,0 L5,0 L0,8 Z');
        group.append('title');
        return group;
      })
      .attr('transform', ({ at }) => `translate(${this.#x(at / 1e6)},0)`);
    groups
      .select('rect')
      .attr('height', bottom - MARGIN.top + 4)
      .attr('width', ({ at, until }) => Math.max(1, until === null ? 1 : this.#x(until / 1e6) - this.#x(at / 1e6)));
    groups.select('title').text(({ at, label }) => `${clockOf(at)}: ${label}`);
  }
}
