import type { Effect } from '../../core/journal/effects.js';
import { NOWHERE, Witness } from '../../core/journal/witness.js';
import type { Input, Machine } from '../../core/machine.js';
import type { Command } from '../../core/message.js';
import type { NodeId, Time } from '../../core/units.js';
import type { View } from '../../core/view.js';
import type { Entry } from '../protocols.js';
import type { RecordedRun } from './recorded-run.js';

/** A message of whatever protocol; all have a type. */
type AnyMessage = { readonly type: string };
export type AnyInput = Input<AnyMessage, Command>;
export type AnyEffect = Effect<AnyMessage>;

/** What a node was told, and what it wanted done. */
export interface Step {
  readonly at: Time;
  readonly input: AnyInput;
  readonly effects: readonly AnyEffect[];
}

/** One life of a node: from a start to a crash, a leave or the end of the run. */
export interface Life {
  readonly steps: readonly Step[];
  /** Hash of all its effects, in the run and when its inputs were given to another machine alone. */
  readonly effects: string;
  readonly alone: string;
  /** Steps until the two first differ; null when they never do. */
  readonly differsAfter: number | null;
}

interface Recording {
  readonly steps: { readonly at: Time; readonly input: AnyInput; readonly before: string; effects: AnyEffect[] }[];
  readonly hash: () => string;
  /** The same inputs to a machine of its own; hashes before each, and at the end. */
  readonly again: () => { readonly before: readonly string[]; readonly end: string };
}

/**
 * Runs a recorded run again, keeps what one node is told, then gives that to a fresh machine alone, with no world around
 * it. Equal effects show that the node depends on nothing else.
 */
export function alone(
  recorded: RecordedRun,
  entry: Entry,
  node: NodeId,
  onProgress: (share: number) => void,
): { readonly digest: string; readonly lives: readonly Life[] } {
  const { scenario, seed } = recorded;
  const lives: Recording[] = [];
  const between = <N>(id: NodeId, make: () => Machine<N, Command, View>): Machine<N, Command, View> => {
    if (id !== node) return make();
    const [witness, recording] = record(make);
    lives.push(recording);
    return witness;
  };
  const run = entry.begin(scenario, {
    ...{ seed, check: 'off', between },
    onProgress: (now, end) => onProgress(now / end),
  });
  run.runTo(scenario.duration);
  return { digest: run.digest, lives: lives.map(judge) };
}

function record<N>(make: () => Machine<N, Command, View>): readonly [Witness<N, Command, View>, Recording] {
  type OwnStep = { at: Time; input: Input<N, Command>; before: string; effects: Effect<N>[] };
  const steps: OwnStep[] = [];
  const witness = new Witness<N, Command, View>(make(), {
    input: (at, input, before) => steps.push({ at, input, before, effects: [] }),
    effect: (_at, effect) => steps.at(-1)?.effects.push(effect),
  });
  const again = (): ReturnType<Recording['again']> => {
    const before: string[] = [];
    const twin = new Witness<N, Command, View>(make(), { input: (_at, _input, hash) => before.push(hash) });
    for (const { at, input } of steps) twin.handle(at, input, NOWHERE);
    return { before, end: twin.effects };
  };
  return [witness, { steps: steps as unknown as Recording['steps'], hash: () => witness.effects, again }];
}

function judge({ steps, hash, again }: Recording): Life {
  const { before, end } = again();
  const place = steps.findIndex((step, index) => before[index] !== step.before);
  const effects = hash();
  const differsAfter = place >= 0 ? place : effects === end ? null : steps.length;
  return { steps, effects, alone: end, differsAfter };
}
