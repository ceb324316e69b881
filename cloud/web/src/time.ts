/**
 * The page's clock: the browser's clock, corrected by the centre's time from the stream, so that "3 s ago" is right on a
 * computer whose clock is wrong. Only this file reads the time and sets repeating timers.
 */
import { useSyncExternalStore } from 'react';

let offsetMs = 0;
let nowMs = Date.now();
let timer: number | undefined;
const listeners = new Set<() => void>();

/** Corrects the clock by the centre's time. */
export function correctClock(centreIso: string): void {
  const centre = Date.parse(centreIso);
  if (Number.isFinite(centre)) offsetMs = centre - Date.now();
}

/** ms since 1970 by the centre's clock. */
export function centreNow(): number {
  return Date.now() + offsetMs;
}

/** ms since 1970 by the centre's clock; the component is drawn again each second. */
export function useNow(): number {
  const read = () => nowMs;
  return useSyncExternalStore(subscribe, read, read);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    nowMs = centreNow();
    timer = window.setInterval(() => {
      nowMs = centreNow();
      for (const one of listeners) one();
    }, 1000);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    window.clearInterval(timer);
    timer = undefined;
  };
}
