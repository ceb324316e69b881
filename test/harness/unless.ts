/**
 * The one way to skip a test or a suite before it runs: options of `test` and `describe` that carry the reason as
 * metadata of the task. Vitest shortens titles, so no reason stands in one.
 *
 *   describe('the real clip', unless(withoutSharedData), () => { … });
 *
 * A test that finds out only while it runs calls `context.skip('why')`.
 */
declare module 'vitest' {
  interface TaskMeta {
    /** Why this test or suite is skipped; `scripts/test/reporter.ts` prints it. */
    skipReason?: string;
  }
}

/** `reason` in words without a full stop; undefined where the test can run. */
export function unless(reason: string | undefined): {
  readonly skip?: boolean;
  readonly meta?: { readonly skipReason: string };
} {
  return reason === undefined ? {} : { skip: true, meta: { skipReason: reason } };
}

/** For what only root on Linux may do: mount a tmpfs, set a priority. */
export const withoutLinuxRoot =
  process.platform === 'linux' && process.getuid?.() === 0 ? undefined : 'it takes root on Linux';
