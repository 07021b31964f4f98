/** AVA runs what `tsc -b` compiled; `test/tools/run.ts` picks the folders. */
export default {
  files: ['dist/test/**/*.test.js'],
  require: ['./dist/test/tools/fast-check.js'],
  timeout: '5m',
};
