/**
 * What a class of nodes may be up to. `freeloader` lends nothing; `capacity-liar` promises four times the uplink that it
 * has; what the others do to their messages is the business of the protocol under test.
 */
export const BEHAVIOURS = {
  honest: 'does what the protocol asks for',
  freeloader: 'lends no uplink at all, and watches like anybody',
  'black-hole': 'takes consumers on, keeps their leases alive, and sends them no chunk',
  delayer: 'sends every chunk 1.5 s late, control at once',
  polluter: 'changes the payload of every chunk that it passes on',
  'depth-liar': 'claims to stand one hop from the publisher',
  'capacity-liar': 'promises four times the uplink that it has',
} as const;

export type Behaviour = keyof typeof BEHAVIOURS;

/** What a node of this behaviour says it lends, bits per second. */
export function claimedUplink(behaviour: Behaviour, uplink: number): number {
  if (behaviour === 'freeloader') return 0;
  return behaviour === 'capacity-liar' ? 4 * uplink : uplink;
}

/** What it really lends. */
export function lentUplink(behaviour: Behaviour, uplink: number): number {
  return behaviour === 'freeloader' ? 0 : uplink;
}
