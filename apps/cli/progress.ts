import { Presets, SingleBar } from 'cli-progress';

const STEPS = 1000;
const CLEAR_LINE = '\r\u001B[K';

/** A progress bar on standard error, on terminals only. */
export class Progress {
  readonly #bar: SingleBar | null = null;

  constructor(label: string, wanted: boolean) {
    if (!wanted || !process.stderr.isTTY) return;
    const format = `${label} [{bar}] {percentage} % | {eta_formatted} left{beside}`;
    this.#bar = new SingleBar(
      { format, clearOnComplete: true, hideCursor: null, stream: process.stderr, barsize: 24, etaBuffer: 100 },
      Presets.rect,
    );
    this.#bar.start(STEPS, 0, { beside: '' });
  }

  /**
   * @param share done, 0 to 1
   * @param beside what else goes on
   */
  update(share: number, beside = ''): void {
    this.#bar?.update(Math.floor(share * STEPS), { beside: beside === '' ? '' : ` | ${beside}` });
  }

  /** Prints a line for good; the bar goes on below it. */
  above(line: string): void {
    if (this.#bar !== null) process.stderr.write(CLEAR_LINE);
    console.log(line);
  }

  stop(): void {
    this.#bar?.stop();
  }
}
