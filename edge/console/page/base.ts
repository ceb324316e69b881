/** The page's base path, which its document names: behind a proxy the page may be under a path. */

/** Prefix of every path of the API; without a slash at its end. */
export const base = globalThis.document?.querySelector<HTMLMetaElement>('meta[name="forpost-base"]')?.content ?? '.';
