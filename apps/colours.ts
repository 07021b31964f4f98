import picocolors from 'picocolors';

const { NO_COLOR = '', FORCE_COLOR = '' } = process.env;

/** Colours for a terminal; elsewhere plain text, also where a build server would have them, since programs read it. */
export const colours = picocolors.createColors(
  NO_COLOR === '' && (FORCE_COLOR !== '' || (process.stdout.isTTY === true && process.env['TERM'] !== 'dumb')),
);
