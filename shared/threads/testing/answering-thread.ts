/** The other thread of calls.test.ts: it doubles numbers, keeps silent, or ends without an answer. */
import { parentPort } from 'node:worker_threads';
import { Answerer, type CallMessage } from '../calls.ts';

export type TestCalls = {
  readonly double: { readonly question: number; readonly answer: number };
  readonly never: { readonly question: null; readonly answer: null };
  readonly end: { readonly question: null; readonly answer: null };
};

const port = parentPort;
const answerer = new Answerer<TestCalls>(
  {
    double: (value) => value * 2,
    never: () => new Promise(() => {}),
    end: () => process.exit(0),
  },
  8,
);
port?.on('message', (message: CallMessage<TestCalls>) =>
  answerer.answer(message, (answer) => port.postMessage(answer)),
);
