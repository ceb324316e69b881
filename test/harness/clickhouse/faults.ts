/** The failures of the tests' ClickHouse server. */

/**
 * - cut-before: the connection breaks before the statement runs
 * - cut-after: the statement runs, and the connection breaks before its answer
 * - cut-within: the statement runs, and half of its answer arrives
 * - exception-within: status 200, half of the answer, then an exception, as from a server that fails after it began to answer
 * - code-only: status 200 with `X-ClickHouse-Exception-Code`, as from a proxy that changes statuses
 * - memory: exception 241, as when other queries have taken the memory
 * - hang: no answer until the client gives up
 */
export const faults = [
  'cut-before',
  'cut-after',
  'cut-within',
  'exception-within',
  'code-only',
  'memory',
  'hang',
] as const;
export type Fault = (typeof faults)[number];
