/** What a run of tests came to. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** A directive after the title says that the test did not run. */
const RESULT = /^(not ok|ok) \d+ - (.*?)(?: # ([A-Z]{4})\b.*)?$/;
/** The parts of TAP that say nothing to a reader: version, plan, closing counts. */
const NOISE = /^(?:TAP version \d+|\d+\.\.\d+|# (?:tests|pass|skip|fail) \d+|)$/;

/** Counts one line of AVA's TAP into the tally; answers the line to show in its place, or null. */
export function countLine(tally: Tally, line: string): string | null {
  const result = RESULT.exec(line);
  if (result === null) return NOISE.test(line) ? null : line;
  const [, verdict, title, directive] = result;
  if (directive !== undefined) {
    tally.skipped++;
    return `  - ${title} (${directive.toLowerCase()})`;
  }
  if (verdict === 'ok') {
    tally.passed++;
    return `  ✔ ${title}`;
  }
  tally.failed++;
  return `  ✘ ${title}`;
}

/** The closing line of every run; machines count by it. */
export function closingLine(tally: Tally): string {
  return `${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`;
}
