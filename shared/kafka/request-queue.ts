/**
 * kafkajs' request queue without its busy timer. After each answer `scheduleCheckPendingRequests` sets a timer to
 * `throttledUntil - now`, even when nothing is throttled and nothing waits. That time is in the past: Node prints a
 * TimeoutNegativeWarning and fires after 1 ms, and the check sets the next timer, a thousand times a second for each
 * connection as long as it lives (kafkajs issue 1751).
 *
 * Always: a waiting request is still checked, because only an empty queue sets no timer; adding a request sets it.
 */
import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

const calmed = new WeakSet<object>();

/** Changes the class for the whole process, once. `importer`: `import.meta.url` of a package that depends on kafkajs. */
export function calmRequestQueue(importer: string): void {
  const queue: unknown = createRequire(importer)('kafkajs/src/network/requestQueue');
  if (!isQueueClass(queue) || calmed.has(queue)) return;
  calmed.add(queue);
  const { prototype } = queue;
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0) schedule.call(this);
  };
}

/** Checks the expected shape: a kafkajs that has changed stays untouched. */
function isQueueClass(queue: unknown): queue is { readonly prototype: RequestQueue } {
  return typeof queue === 'function' && typeof queue.prototype?.scheduleCheckPendingRequests === 'function';
}
