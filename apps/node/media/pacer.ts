import type { LoopFragment, SampleLoop } from './sample-loop.js';

/** What the pacer needs of a real clock: microseconds that never run backwards, and a timer that can be cancelled. */
export interface PacerClock {
  now(): number;
  /** Calls `wake` once, not before `at`; returns a function that cancels. */
  wakeAt(at: number, wake: () => void): () => void;
}

/** Fragments that may be emitted at once after a delay of the process; older ones are skipped. */
const MAX_BURST = 20;

/**
 * Emits each fragment of the loop when its last picture is due, as a camera would: fragment `n` at `start + mediaTime + duration`.
 * After a long pause (a suspended machine) the missed fragments are left out, up to the next keyframe. Returns a function that stops.
 */
export function paceLoop(
  loop: SampleLoop,
  clock: PacerClock,
  emit: (fragment: LoopFragment, n: number) => void,
): () => void {
  const start = clock.now();
  const state: { next: number; cancel: (() => void) | null; stopped: boolean } = {
    next: 0,
    cancel: null,
    stopped: false,
  };
  const dueAt = (n: number): number => {
    const fragment = loop.fragment(n);
    return start + fragment.mediaTime + fragment.duration;
  };
  const wake = (): void => {
    const current = loop.fragmentAt(clock.now() - start);
    if (current - state.next > MAX_BURST) {
      state.next = current;
      while (!loop.fragment(state.next).keyframe) state.next++;
    }
    while (!state.stopped && dueAt(state.next) <= clock.now()) {
      const n = state.next++;
      emit(loop.fragment(n), n);
    }
    if (!state.stopped) state.cancel = clock.wakeAt(dueAt(state.next), wake);
  };
  wake();
  return () => {
    state.stopped = true;
    state.cancel?.();
  };
}
