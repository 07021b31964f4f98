/**
 * Seconds since it was made: the shorter of elapsed time and processor time, since the first is too long where other
 * programs take their turns, and the second where helper threads collect garbage beside the work.
 */
export function startStopwatch(): () => number {
  const begin = performance.now();
  const cpu = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return Math.min((performance.now() - begin) / 1e3, (user + system) / 1e6);
  };
}
