import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { makeFolder } from '../../experiments/make-folder.js';
import { UsageError } from '../exit-codes.js';
import { openBrowser } from './open-browser.js';

interface ReportFlags {
  readonly out?: string;
  readonly open?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const NEWEST = join('runs', 'latest');
const PAGE = 'report.html';

const EXAMPLES = `
Examples:
  astral sim w02 && astral report                          the run that was just made
  astral compare w02@100 --out results && astral report results
  astral report runs/mine --out paper/run.html --open      elsewhere, and shown in the browser

The page needs no script and no network. Every figure is also an SVG file, with a white background and 85 or 180 mm wide,
in the folder figures beside the page; captions.txt there says what each shows and what makes it again.`;

/** Adds \`astral report\`. */
export function addReport(program: Command): void {
  program
    .command('report')
    .description('one page with figures of a run, a comparison or a sweep')
    .argument('[what]', 'run directory, or the --out of compare or sweep', NEWEST)
    .option('--out <file>', 'the page; report.html in the directory itself, unless given')
    .option('--open', 'show it in the browser')
    .option('--json', 'print one JSON document: the page and the names of its figures')
    .option('-q, --quiet', 'print nothing')
    .addHelpText('after', EXAMPLES)
    .action(async (what: string, flags: ReportFlags) => await report(what, flags));
}

async function report(what: string, flags: ReportFlags): Promise<void> {
  if (!existsSync(what) || !statSync(what).isDirectory()) {
    const hint = what === NEWEST ? 'there is no run here yet' : `${what} is no directory`;
    throw new UsageError(`${hint}; make a run with: astral sim w02`);
  }
  const path = flags.out ?? join(what, PAGE);
  makeFolder(dirname(path));
  const figures = join(dirname(path), 'figures');
  // Charts take a while to load, and no other command draws any.
  const { NothingToReport, writeReport } = await import('../../experiments/report/report.js');
  const written = await writeReport(what, path, figures).catch((error: unknown) => {
    throw error instanceof NothingToReport ? new UsageError(error.message) : error;
  });
  const { href } = pathToFileURL(resolve(path));
  if (flags.json === true) {
    const names = written.figures.map((name) => join(figures, `${name}.svg`));
    console.log(
      JSON.stringify({ schema: 'astral.report/1', page: path, title: written.title, figures: names }, null, 2),
    );
  } else if (flags.quiet !== true) {
    console.log(`page     ${href}\nfigures  ${figures}: ${written.figures.length} SVG files`);
  }
  if (flags.open === true && !openBrowser(href) && flags.quiet !== true) {
    console.error('no browser to show it in; open the page by its address');
  }
}
