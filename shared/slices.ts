/**
 * Runs long computations in slices, so that the event loop handles packets between two of them.
 *
 * Always: a slice ends with the first step after `sliceMs`; a step itself is not cut, so steps are small.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Far below the time that an alert may take (5 ms). */
const sliceMs = 1;

/** The result of `steps`, which yields between two steps. @throws what a step throws */
export async function inSlices<T>(steps: Generator<void, T, void>): Promise<T> {
  let until = performance.now() + sliceMs;
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return step.value;
    if (performance.now() < until) continue;
    await nextTurn();
    until = performance.now() + sliceMs;
  }
}

/** The result of `steps`, in one turn. @throws what a step throws */
export function atOnce<T>(steps: Generator<void, T, void>): T {
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}
