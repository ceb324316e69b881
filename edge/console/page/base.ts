/** Where the page lies: behind a proxy it may be under a path, which the document says. */

/** in front of every path of the API; without a slash at its end */
export const base = globalThis.document?.querySelector<HTMLMetaElement>('meta[name="forpost-base"]')?.content ?? '.';
