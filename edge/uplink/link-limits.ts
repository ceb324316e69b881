/** Limits of a test of the link (link-test.ts): the main thread waits by them, the uplink's thread works by them. */

export const stepMs = 5_000;
export const openMs = 15_000;
/** Further servers of the same cluster are not tested. */
export const mostServers = 6;
/** Three steps of a server, the opening of a session, and the messages between the threads. */
export const longestTryMs = 3 * stepMs + openMs + 5_000;
