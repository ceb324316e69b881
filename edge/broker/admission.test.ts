import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AdmissionQueue } from './admission.ts';

const limits = { maxPending: 3, maxPendingBytes: 100 };
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test('publishes are delivered once and in the order in which they came, whatever the order of their commits', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc
        .array(fc.boolean(), { minLength: 1, maxLength: 12 })
        .chain((ok) => fc.tuple(fc.constant(ok), fc.shuffledSubarray([...ok.keys()], { minLength: ok.length }))),
      async ([ok, order]) => {
        const queue = new AdmissionQueue(limits);
        const left: [number, boolean][] = [];
        const deferred = ok.map(() => Promise.withResolvers<void>());
        ok.forEach((_, i) => {
          queue.enter(deferred[i]!.promise, 1, (error) => left.push([i, error === undefined]));
        });
        for (const i of order) {
          if (ok[i]) deferred[i]!.resolve();
          else deferred[i]!.reject(new Error('disk'));
          await settled();
          const free = left.length;
          expect(left).toEqual(ok.slice(0, free).map((well, n) => [n, well]));
        }
        expect(left.length).toBe(ok.length);
      },
    ),
    { numRuns: 50 },
  );
});

test('a connection may send until it reaches the limit of messages or of bytes, and again once they are delivered', async () => {
  const queue = new AdmissionQueue(limits);
  const finish = [10, 10].map((bytes) => queue.enter(Promise.resolve(), bytes, () => undefined));
  expect(queue.hasRoom).toBe(true);
  finish.push(queue.enter(Promise.resolve(), 10, () => undefined));
  expect(queue.hasRoom).toBe(false);
  await settled();
  expect(queue).toMatchObject({ hasRoom: false, waiting: 0, pending: 3 });
  for (const done of finish) {
    done();
    done();
  }
  expect(queue.pending).toBe(0);
  queue.enter(Promise.resolve(), 100, () => undefined);
  expect(queue.hasRoom).toBe(false);
});
