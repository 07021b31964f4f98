/** Option of the programs that `astral up` starts: standard input is a pipe from whoever started them. */
export const TIED = '--tied';
export const TIED_ABOUT = 'end when standard input closes, as it does when the program that started this one is gone';

/** Ends this process as SIGTERM does once standard input closes, also after a `kill -9` of the program at its other end. */
export function endWithParent(): void {
  let gone = false;
  const end = (): void => {
    if (!gone) process.kill(process.pid, 'SIGTERM');
    gone = true;
  };
  process.stdin.on('end', end).on('close', end).on('error', end);
  process.stdin.resume();
}
