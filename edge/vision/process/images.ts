/**
 * Loads sharp when the first picture is written, not at the start: sharp is a quarter of the code that the main thread
 * loads, and after a kill the cameras must be watched again within 3 s.
 *
 * Always: sharp has one thread, because decoding and inference share the cores, and no cache, because no picture comes
 * twice.
 */
import type { SharpConstructor } from 'sharp';

let loading: Promise<SharpConstructor> | undefined;

/** Returns the same promise at each call. */
export function loadSharp(): Promise<SharpConstructor> {
  loading ??= import('sharp').then(({ default: sharp }) => {
    sharp.concurrency(1);
    sharp.cache(false);
    return sharp;
  });
  return loading;
}
