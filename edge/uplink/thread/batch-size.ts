/**
 * The size of a lane's batches follows the link: a batch is as large as goes out in about a second, or in three times
 * the session's quickest answer where distance alone takes that long. Pure.
 *
 * Always: the first batch is small, so that a slow link does not meet a batch that runs into the deadline; the size
 * doubles with each early answer, and never passes `maxEvents`.
 */
import type { BatchInHand, ForwarderSettings, ForwarderState } from './forwarder-state.ts';

/** How long a batch should take, and how many times the quickest answer where that alone is longer. */
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

/** The most events that the batch behind the one on its way may have. */
export function largestNext(state: ForwarderState, settings: ForwarderSettings): number {
  return Math.min(settings.maxEvents, state.size * 2);
}
