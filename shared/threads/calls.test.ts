import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { beforeEach, describe, expect, test } from 'vitest';
import { FakeClock, systemClock } from '../clock.ts';
import { ForpostError } from '../errors.ts';
import { Answerer, type AnswerMessage, Caller, type CallMessage } from './calls.ts';
import type { TestCalls } from './testing/answering-thread.ts';

const unanswered = { code: 'FORPOST_CALL_UNANSWERED', retryable: true };

describe('a thread that asks', () => {
  let clock: FakeClock;
  let caller: Caller<TestCalls>;
  let sent: CallMessage<TestCalls>[];

  beforeEach(() => {
    clock = new FakeClock();
    caller = new Caller({ peer: 'the thread', clock, maxOpen: 2 });
    sent = [];
    caller.connect((message) => sent.push(message));
  });

  test('gets each answer for its own question, in whatever order the answers come', async () => {
    const first = caller.call('double', 1, 1000);
    const second = caller.call('double', 2, 1000);
    caller.receive({ kind: 'answer', id: sent[1]?.id ?? -1, answer: 4 });
    caller.receive({ kind: 'answer', id: sent[0]?.id ?? -1, answer: 2 });
    expect(await Promise.all([first, second])).toEqual([2, 4]);
    expect(caller.open).toBe(0);
  });

  test('gets the other thread’s error with its code', async () => {
    const asked = caller.call('double', 1, 1000);
    caller.receive({ kind: 'call-failed', id: 0, code: 'FORPOST_OUTBOX_FULL', message: 'no space' });
    await expect(asked).rejects.toMatchObject({ code: 'FORPOST_OUTBOX_FULL', message: 'no space' });
  });

  test('gives up after the timeout, and a later answer changes nothing', async () => {
    const asked = caller.call('never', null, 1000);
    clock.advance(1000);
    await expect(asked).rejects.toMatchObject({
      ...unanswered,
      message: expect.stringContaining('"never" within 1 s'),
    });
    expect(caller.open).toBe(0);
    caller.receive({ kind: 'answer', id: 0, answer: null });
  });

  test('gets an error at once when the other thread ends, and asks the next thread under new ids', async () => {
    const lost = caller.call('double', 1, 1000);
    caller.disconnect('its thread ended');
    await expect(lost).rejects.toMatchObject({ ...unanswered, message: expect.stringContaining('its thread ended') });
    await expect(caller.call('double', 1, 1000)).rejects.toMatchObject(unanswered);
    caller.connect((message) => sent.push(message));
    const next = caller.call('double', 3, 1000);
    caller.receive({ kind: 'answer', id: 0, answer: 2 });
    caller.receive({ kind: 'answer', id: sent[1]?.id ?? -1, answer: 6 });
    expect(await next).toBe(6);
    expect(sent.map(({ id }) => id)).toEqual([0, 1]);
  });

  test('has a bounded number of open questions: one more is refused at once', async () => {
    const open = [caller.call('never', null, 1000), caller.call('never', null, 1000)];
    await expect(caller.call('never', null, 1000)).rejects.toMatchObject(unanswered);
    expect(sent).toHaveLength(2);
    caller.disconnect('the test is over');
    await Promise.allSettled(open);
  });

  test('gets an error for a question that cannot be cloned, and keeps no open call for it', async () => {
    caller.connect(() => {
      throw new Error('could not be cloned');
    });
    await expect(caller.call('double', 1, 1000)).rejects.toMatchObject({ code: 'FORPOST_PART_FAILED' });
    expect(caller.open).toBe(0);
  });
});

describe('a thread that answers', () => {
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  test('sends one answer for each question, and an error with its code where the handler throws or rejects', async () => {
    const answers: AnswerMessage[] = [];
    const answerer = new Answerer<TestCalls>(
      {
        double: (value) => {
          if (value < 0) throw new RangeError('negative');
          return value * 2;
        },
        never: () => Promise.reject(new ForpostError('FORPOST_OUTBOX_STOPPED', 'stopped')),
        end: () => null,
      },
      8,
    );
    const post = (answer: AnswerMessage) => answers.push(answer);
    answerer.answer({ kind: 'call', name: 'double', id: 1, question: 4 }, post);
    answerer.answer({ kind: 'call', name: 'double', id: 2, question: -4 }, post);
    answerer.answer({ kind: 'call', name: 'never', id: 3, question: null }, post);
    await turn();
    expect(answers.toSorted((a, b) => a.id - b.id)).toEqual([
      { kind: 'answer', id: 1, answer: 8 },
      { kind: 'call-failed', id: 2, code: 'FORPOST_PART_FAILED', message: 'negative' },
      { kind: 'call-failed', id: 3, code: 'FORPOST_OUTBOX_STOPPED', message: 'stopped' },
    ]);
  });

  test('answers no more questions at a time than its bound, and refuses the rest at once', async () => {
    const answers: AnswerMessage[] = [];
    const { promise, resolve } = Promise.withResolvers<null>();
    const answerer = new Answerer<TestCalls>({ double: () => 0, never: () => promise, end: () => null }, 1);
    answerer.answer({ kind: 'call', name: 'never', id: 1, question: null }, (answer) => answers.push(answer));
    answerer.answer({ kind: 'call', name: 'double', id: 2, question: 1 }, (answer) => answers.push(answer));
    expect(answers).toMatchObject([{ kind: 'call-failed', id: 2, code: 'FORPOST_CALL_UNANSWERED' }]);
    resolve(null);
    await turn();
    answerer.answer({ kind: 'call', name: 'double', id: 3, question: 1 }, (answer) => answers.push(answer));
    await turn();
    expect(answers.slice(1)).toEqual([
      { kind: 'answer', id: 1, answer: null },
      { kind: 'answer', id: 3, answer: 0 },
    ]);
  });
});

test('between real threads: an answer comes, a silent call times out, and the end of the thread rejects what is open', async () => {
  const worker = new Worker(new URL('./testing/answering-thread.ts', import.meta.url));
  const caller = new Caller<TestCalls>({ peer: 'the test’s thread', clock: systemClock, maxOpen: 8 });
  caller.connect((message) => worker.postMessage(message));
  worker.on('message', (message: AnswerMessage) => caller.receive(message));
  worker.once('exit', () => caller.disconnect('its thread ended'));
  expect(await caller.call('double', 21, 30_000)).toBe(42);
  await expect(caller.call('never', null, 10)).rejects.toMatchObject(unanswered);
  const exit = once(worker, 'exit');
  await expect(caller.call('end', null, 30_000)).rejects.toThrow('its thread ended');
  await exit;
});
