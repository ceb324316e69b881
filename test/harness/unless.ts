/**
 * The only way to skip a test or a suite before it runs: options of `test` and `describe` that carry the reason as metadata of
 * the task. A title is no place for the reason, because Vitest shortens titles.
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

/** @param reason why the test cannot run, without a full stop; undefined: it can run */
export function unless(reason: string | undefined): {
  readonly skip?: boolean;
  readonly meta?: { readonly skipReason: string };
} {
  return reason === undefined ? {} : { skip: true, meta: { skipReason: reason } };
}

/** Why this process may not do what only root on Linux may: mount a tmpfs, raise a priority. */
export const withoutLinuxRoot =
  process.platform === 'linux' && process.getuid?.() === 0 ? undefined : 'only root on Linux can run it';
