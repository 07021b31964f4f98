import { InvalidArgumentError } from 'commander';

/** A port from the command line; 0 lets the system choose. */
export function portNumber(value: string): number {
  const number = Number(value);
  if (!/^\d{1,5}$/.test(value) || number > 65_535) throw new InvalidArgumentError('It must be a port, 0 to 65535.');
  return number;
}
