import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isComparison, readComparison } from './compare-data.js';
import { writeFigures } from './figure.js';
import { pageHtml, type Page } from './page.js';
import { newPaper } from './paper.js';
import { Unreadable } from './parquet.js';
import { isRun, readRun } from './run-data.js';
import { runReport } from './run-report.js';
import { studyReport } from './study-report.js';
import { isSweep, readSweep } from './sweep-data.js';

/** Name of the page in a directory of results. */
const REPORT = 'report.html';

/** Thrown for a folder that holds nothing to report on. */
export class NothingToReport extends Error {
  override readonly name = 'NothingToReport';
}

/** Reads a directory of results and makes its page. */
async function pageOf(folder: string): Promise<Page> {
  const paper = newPaper();
  if (isRun(folder)) return runReport(paper, await readRun(folder));
  if (isComparison(folder)) return studyReport(paper, await readComparison(folder));
  if (isSweep(folder)) return studyReport(paper, await readSweep(folder));
  throw new NothingToReport(
    `${folder} holds neither a run (summary.json), a comparison (compare.json) nor a sweep (results.parquet)`,
  );
}

/** Where a report was written, and what is in it. */
export interface WrittenReport {
  readonly path: string;
  readonly title: string;
  /** Names of the figures, in their order. */
  readonly figures: readonly string[];
}

/** Writes the page; with `figures`, every figure also as a file in that folder, to which the page links. */
export async function writeReport(folder: string, path: string, figures: string | null): Promise<WrittenReport> {
  const page = await pageOf(folder).catch((error: unknown) => {
    throw error instanceof Unreadable ? new NothingToReport(error.message) : error;
  });
  const all = page.sections.flatMap((section) => section.figures ?? []);
  if (figures !== null) writeFigures(figures, all, page.source);
  writeFileSync(path, pageHtml(page, figures !== null));
  return { path, title: page.title, figures: all.map(({ name }) => name) };
}

/** The page in its own directory, as the commands that make the results leave it. */
export async function reportInPlace(folder: string, figures: boolean): Promise<void> {
  await writeReport(folder, join(folder, REPORT), figures ? join(folder, 'figures') : null);
}
