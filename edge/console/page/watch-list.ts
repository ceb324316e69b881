/** Whose boxes the page asks for, where a site has more cameras than the gateway tells one page of. */

/** As the gateway has it (`maxWatched` in `../live.ts`). */
export const mostWatched = 16;

/**
 * At most `mostWatched` of `cameras`, in their order: those that are `wanted` (seen, drawn on or tested now), then
 * those of `before`, so that the list changes only where it must (each change is another stream), then the others.
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
