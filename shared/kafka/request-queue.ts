/**
 * kafkajs' request queue without its busy timer. After each answer its `scheduleCheckPendingRequests` sets a timer to
 * `throttledUntil - now`, also where nothing is throttled and nothing waits: that is in the past, so Node prints a
 * TimeoutNegativeWarning, fires after 1 ms, and the check sets the next one, a thousand times a second for each
 * connection as long as it lives (kafkajs issue 1751).
 *
 * Always: a request that waits is still looked at, because only a queue with nothing in it sets no timer; whoever
 * puts a request in sets it then.
 */
import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

const calmed = new WeakSet<object>();

/** Changes the class for the whole process, once. `importer`: the `import.meta.url` of who has kafkajs among its packages. */
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

/** Another version of kafkajs may have moved it: then it stays as it is. */
function isQueueClass(queue: unknown): queue is { readonly prototype: RequestQueue } {
  return typeof queue === 'function' && typeof queue.prototype?.scheduleCheckPendingRequests === 'function';
}
