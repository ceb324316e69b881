/** Chooses the cameras whose scenes the page watches, where a site has more cameras than one page may watch. */

/** The gateway's limit (`maxWatched` in `../live.ts`). */
export const mostWatched = 16;

/**
 * At most `mostWatched` of `cameras`, in their order. First come the `wanted` ones (in view, drawn on or tested), then
 * those of `before`, then the others: so the list changes only where it must, because each change opens a new stream.
 */
export function watchList(
  cameras: readonly string[],
  wanted: ReadonlySet<string>,
  before: readonly string[],
): readonly string[] {
  const known = new Set(cameras);
  const first = [...new Set([...wanted, ...before, ...cameras])].filter((id) => known.has(id));
  const chosen = new Set(first.slice(0, mostWatched));
  return cameras.filter((id) => chosen.has(id));
}
