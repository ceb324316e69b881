/**
 * Adapts the size of a lane's batches to the link: sending a batch should take about a second, or three times the
 * session's quickest answer if the latency of the link alone is that long. Pure.
 *
 * Always: the first batch is small, so that it meets its deadline on a slow link. The size at most doubles with each
 * quick answer, and never exceeds `maxEvents`.
 */
import type { BatchInHand, ForwarderSettings, ForwarderState } from './forwarder-state.ts';

/** The time that a batch should take, and the multiple of the quickest answer if that is longer. */
const targetMs = 1_000;
const targetAnswers = 3;

/**
 * The size of the batch after one that took `tookMs`.
 * @returns events of the next batch, and ms of the session's quickest answer
 */
export function sizeAfter(state: ForwarderState, batch: BatchInHand, tookMs: number, settings: ForwarderSettings) {
  const quickestMs = Math.min(state.quickestMs ?? Number.POSITIVE_INFINITY, tookMs);
  const target = Math.min(Math.max(targetMs, quickestMs * targetAnswers), settings.sendDeadlineMs / targetAnswers);
  const fitting = Math.floor((batch.count * target) / Math.max(tookMs, 1));
  if (tookMs > target) return { quickestMs, size: Math.max(1, Math.min(state.size, fitting)) };
  // a batch that was not full says nothing about the time that a larger one takes
  if (!batch.full && batch.count < state.size) return { quickestMs, size: state.size };
  const larger = tookMs <= target / 2 ? state.size * 2 : Math.max(state.size, fitting);
  return { quickestMs, size: Math.min(settings.maxEvents, larger) };
}

/** The largest number of events of the batch after the outstanding one. */
export function largestNext(state: ForwarderState, settings: ForwarderSettings): number {
  return Math.min(settings.maxEvents, state.size * 2);
}
