/** What goes on for longest: it begins first, so that at the end no core waits for one file. */
const LONG = [
  ...['sim/cli', 'sim/sweep', 'sim/past-failures', 'sim/replay-cli', 'sim/repeats', 'sim/compare', 'sim/fuzz'],
  ...['integration/overlay', 'integration/sweep', 'integration/report', 'integration/first-study'],
  ...['integration/media', 'integration/chain', 'integration/demo', 'integration/node-daemon', 'integration/ctl'],
].map((name) => `dist/test/${name}.test.js`);

/** Place of a file among the long ones; behind them all when it is none. */
function place(file) {
  const at = LONG.findIndex((name) => file.endsWith(name));
  return at < 0 ? LONG.length : at;
}

/** AVA runs what `tsc -b` compiled; `test/tools/run.ts` picks the folders. */
export default {
  files: ['dist/test/**/*.test.js'],
  require: ['./dist/test/tools/fast-check.js'],
  sortTestFiles: (a, b) => place(a) - place(b) || (a < b ? -1 : 1),
  timeout: '5m',
};
