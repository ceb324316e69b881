/** Limits of a try of the link (link-test.ts), which the main thread knows too. */

export const stepMs = 5_000;
export const openMs = 15_000;
/** More servers of one cluster say nothing new. */
export const mostServers = 6;
/** Three steps of a server, the opening of a session, and the way between the threads. */
export const longestTryMs = 3 * stepMs + openMs + 5_000;
