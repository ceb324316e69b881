import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { calmRequestQueue } from './request-queue.ts';

const queueClass = createRequire(import.meta.url)('kafkajs/src/network/requestQueue');

function aQueue() {
  const silent = { debug() {}, warn() {} };
  const queue = new queueClass({
    maxInFlightRequests: 1,
    requestTimeout: 1_000,
    clientId: 'c',
    broker: 'b',
    logger: silent,
  });
  const sent: number[] = [];
  const push = (correlationId: number) =>
    queue.push({
      entry: { correlationId, reject() {}, resolve() {} },
      expectResponse: true,
      sendRequest: () => sent.push(correlationId),
    });
  return {
    queue,
    sent,
    push,
    answered: (correlationId: number) => queue.fulfillRequest({ correlationId, payload: null, size: 0 }),
  };
}

test('an empty queue of kafkajs sets no timer, and a waiting request is still sent', async () => {
  calmRequestQueue(import.meta.url);
  const { queue, sent, push, answered } = aQueue();
  push(1);
  push(2);
  expect(sent).toEqual([1]);
  answered(1);
  expect(sent).toEqual([1, 2]);
  answered(2);
  clearTimeout(queue.throttleCheckTimeoutId);
  queue.throttleCheckTimeoutId = null;
  queue.checkPendingRequests();
  expect(queue.throttleCheckTimeoutId).toBeNull();

  // while the broker throttles, requests wait; afterwards they are sent
  queue.maybeThrottle(30);
  push(3);
  expect(sent).toEqual([1, 2]);
  await expect.poll(() => sent).toEqual([1, 2, 3]);
  queue.destroy();
});
