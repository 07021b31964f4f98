import { Presets, SingleBar } from 'cli-progress';

const STEPS = 1000;

/** A progress bar on standard error, on terminals only. */
export class Progress {
  readonly #bar: SingleBar | null = null;

  constructor(label: string, wanted: boolean) {
    if (!wanted || !process.stderr.isTTY) return;
    const format = `${label} [{bar}] {percentage} % | {eta_formatted} left`;
    this.#bar = new SingleBar(
      { format, clearOnComplete: true, hideCursor: null, stream: process.stderr },
      Presets.rect,
    );
    this.#bar.start(STEPS, 0);
  }

  /** @param share done, 0 to 1 */
  update(share: number): void {
    this.#bar?.update(Math.floor(share * STEPS));
  }

  stop(): void {
    this.#bar?.stop();
  }
}
