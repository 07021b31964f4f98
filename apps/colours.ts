import { isatty } from 'node:tty';
import picocolors from 'picocolors';

const { NO_COLOR = '', FORCE_COLOR = '', TERM = '' } = process.env;
const STDOUT = 1;

/** Colours for a terminal; elsewhere plain text, also where a build server would have them, since programs read it. */
export const colours = picocolors.createColors(
  NO_COLOR === '' && (FORCE_COLOR !== '' || (isatty(STDOUT) && TERM !== 'dumb')),
);
