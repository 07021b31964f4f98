/** Labels at 0, 1, 2 ... on an axis of nines. */
export const NINES: readonly string[] = ['0 %', '90 %', '99 %', '99.9 %', '99.99 %', '100 %'];

const DECADES = NINES.length - 1;

/**
 * Where a share stands on an axis on which each step divides the loss by ten: 0.9 at 1, 0.99 at 2. Nothing lost stands at
 * the end, and a loss too small to tell from that just before it.
 */
export function nines(share: number): number {
  const loss = 1 - share;
  if (loss <= 0) return DECADES;
  return Math.max(0, Math.min(DECADES - 0.05, -Math.log10(loss)));
}
