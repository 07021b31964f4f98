import { closeSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { validate } from '../../core/config.js';
import { parseEntry, parseHeader, JOURNAL_VERSION, type JournalHeader } from '../../core/journal/journal.js';
import { Replay } from '../../core/journal/replay.js';
import { alone, type Step } from '../../experiments/replay/alone.js';
import type { Entry } from '../../experiments/protocols.js';
import type { RecordedRun } from '../../experiments/replay/recorded-run.js';
import { recordOf } from '../../sim/inputs.js';
import { createCrypto } from '../../transports/crypto.js';
import { EXIT, UsageError } from '../exit-codes.js';
import { VERSION } from '../version.js';
import { Progress } from './progress.js';
import { LOG_LEGEND, logLine } from './replay-log.js';
import { inputLine } from './replay-text.js';
import { count } from './sim-table.js';

export interface NodeFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly log?: boolean;
}

/** `astral replay RUN --node ID`: what one node was told and did, and that it does the same alone. */
export function replayNode(recorded: RecordedRun, entry: Entry, node: string, flags: NodeFlags): number {
  const progress = new Progress(recorded.scenario.name, flags.quiet !== true);
  const { digest, lives } = alone(recorded, entry, node, (share) => progress.update(share));
  progress.stop();
  if (lives.length === 0) throw new UsageError(`no peer ${node} in this run; astral replay RUN --at 60s names some`);
  const same = lives.every(({ differsAfter }) => differsAfter === null) && digest === recorded.digest;
  const told = lives.map(({ steps, differsAfter, ...rest }) => ({ ...rest, inputs: steps.length, differsAfter }));
  const document = { schema: 'astral.replay-node/1', version: VERSION, run: recorded.path, node, same, lives: told };
  if (flags.json === true) console.log(JSON.stringify(document, null, 2));
  else {
    console.log(LOG_LEGEND);
    for (const [index, { steps }] of lives.entries()) {
      if (lives.length > 1) console.log(`life ${index + 1}`);
      printSteps(steps);
    }
    for (const { effects, alone: other, inputs, differsAfter } of told) {
      const verdict =
        differsAfter === null
          ? `the same effects alone: hash ${effects}`
          : `DIFFERENT effects alone after ${count(differsAfter)}: hash ${other}, not ${effects}`;
      console.log(`${count(inputs)} inputs; ${verdict}`);
    }
    if (digest !== recorded.digest) console.log(`the run itself is not the recorded one: digest ${digest}`);
  }
  return same ? EXIT.done : EXIT.failed;
}

/** Lines go out by the hundred: a log has tens of thousands. */
function printSteps(steps: readonly Step[]): void {
  for (let from = 0; from < steps.length; from += 100) {
    const lines = steps.slice(from, from + 100).map((step, index) => logLine(from + index + 1, step));
    console.log(lines.join('\n'));
  }
}

/** `astral replay FILE`: a live node's journal, fed to the same class. */
export function replayJournal(path: string, flags: NodeFlags): number {
  const lines = linesOf(path);
  const first = lines.next();
  const header = headerOf(path, first.done === true ? '' : first.value);
  let number = 0;
  const listener = (at: number, input: Step['input'], effects: Step['effects']): void => {
    number++;
    if (flags.log === true && flags.json !== true) console.log(logLine(number, { at, input, effects }));
  };
  if (flags.log === true && flags.json !== true) console.log(LOG_LEGEND);
  const replay = new Replay(header, createCrypto(), listener);
  let line = 1;
  let broken: number | null = null;
  let last = 0;
  for (const text of lines) {
    line++;
    if (broken !== null) throw new UsageError(`${path}: line ${broken} is no entry of a journal`);
    const entry = parseEntry(text);
    if (entry === null) broken = line;
    else {
      if (entry.kind === 'input') last = entry.at;
      replay.feed(entry);
    }
    if (replay.difference !== null) break;
  }
  replay.finish();
  return tellJournal(path, header, replay, last, flags);
}

function tellJournal(path: string, header: JournalHeader, replay: Replay, last: number, flags: NodeFlags): number {
  const { inputs, compared, difference, ended, effects } = replay;
  const event = difference === null ? null : recordOf(difference.at, header.node, difference.input, 0);
  if (flags.json === true) {
    const told =
      difference === null ? null : { index: difference.index, why: difference.why, detail: difference.detail, event };
    const document = { schema: 'astral.replay-journal/1', version: VERSION, journal: path, node: header.node };
    console.log(
      JSON.stringify(
        { ...document, same: difference === null, inputs, compared, ended, effects, difference: told },
        null,
        2,
      ),
    );
  } else if (difference === null) {
    const rest = ended ? '' : '\nthe journal was cut off, so the effects of its last input could not be compared';
    console.log(
      `node ${header.node}\nthe same effects after each of ${count(compared)} inputs in ${(last / 1e6).toFixed(1)} s, hash ${effects}${rest}`,
    );
  } else {
    const { why, detail, index } = difference;
    console.log(
      `node ${header.node}\nDIFFERENT after input ${count(index + 1)}: ${why}, ${detail}\n  ${inputLine(event)}`,
    );
  }
  return difference === null ? EXIT.done : EXIT.failed;
}

function headerOf(path: string, line: string): JournalHeader {
  const header = parseHeader(line);
  if (header === null) {
    throw new UsageError(
      `${path} is no journal of form ${JOURNAL_VERSION}; astralnode --journal FILE writes one, and a directory of a run is replayed, too`,
    );
  }
  const problems = validate(header.config);
  if (problems.length > 0) throw new UsageError(problems.map((each) => `${path}: config.${each.path} ${each.message}`));
  if (header.protocol !== 'astral') throw new UsageError(`${path} is of protocol ${header.protocol}, not of astral`);
  return header;
}

const CHUNK = 1 << 20;

/** Lines of a file, one piece of it in memory at a time. A last line without its end is half, and left out. */
function* linesOf(path: string): Generator<string, void> {
  const file = openSync(path, 'r');
  const decoder = new StringDecoder('utf8');
  const buffer = Buffer.alloc(CHUNK);
  let rest = '';
  try {
    for (let bytes = readSync(file, buffer); bytes > 0; bytes = readSync(file, buffer)) {
      const lines = (rest + decoder.write(buffer.subarray(0, bytes))).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } finally {
    closeSync(file);
  }
}
