/**
 * sharp, loaded when the first picture is written and not with the process: it is a quarter of what the process's own
 * thread loads, and after a kill that thread is to see again within 3 s.
 *
 * Always: one thread and no cache of its own: two cores are shared with decoding and inference, and no picture comes
 * twice.
 */
import type { SharpConstructor } from 'sharp';

let loading: Promise<SharpConstructor> | undefined;

/** The same each time. */
export function loadSharp(): Promise<SharpConstructor> {
  loading ??= import('sharp').then(({ default: sharp }) => {
    sharp.concurrency(1);
    sharp.cache(false);
    return sharp;
  });
  return loading;
}
