import { FakeClock } from '@forpost/shared/clock.ts';
import { beforeEach, expect, test } from 'vitest';
import type { ConsoleStatus } from '../view.ts';
import { LoggedOutError } from './api.ts';
import { GatewayConnection } from './connection.ts';

class FakeStream extends EventTarget {
  closed = false;
  readonly watch: string;
  constructor(watch: string) {
    super();
    this.watch = watch;
  }
  close(): void {
    this.closed = true;
  }
  say(name: string, data: unknown): void {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) }));
  }
}

const named = (name: string) => ({ name }) as ConsoleStatus;
let clock: FakeClock;
let questions: PromiseWithResolvers<string | null>[];
let streams: FakeStream[];
let told: string[];
let fetchStatus: () => Promise<ConsoleStatus>;
let connection: GatewayConnection;

const settled = () => new Promise((resolve) => setImmediate(resolve));
const open = () => streams.filter(({ closed }) => !closed);

beforeEach(() => {
  clock = new FakeClock();
  questions = [];
  streams = [];
  told = [];
  fetchStatus = async () => named('asked');
  connection = new GatewayConnection(
    {
      sessionUser: () => {
        const question = Promise.withResolvers<string | null>();
        questions.push(question);
        return question.promise;
      },
      fetchStatus: () => fetchStatus(),
      openStream: (watch) => {
        const stream = new FakeStream(watch);
        streams.push(stream);
        return stream as unknown as EventSource;
      },
      after: (delayMs, run) => clock.after(delayMs, run),
    },
    {
      status: ({ name }) => told.push(`status ${name}`),
      scene: ({ camera }) => told.push(`scene ${camera}`),
      pairing: ({ knockers }) => told.push(`pairing ${knockers.length}`),
      time: (at) => told.push(`time ${at}`),
      answers: () => told.push('answers'),
      lost: (problem) => told.push(`lost ${problem}`),
      loggedOut: () => told.push('logged out'),
    },
  );
});

test('two requests with two answers open one stream, and the late answer changes nothing', async () => {
  connection.begin();
  connection.begin();
  questions[1]?.resolve('installer');
  await settled();
  questions[0]?.resolve('installer');
  await settled();
  expect(streams).toHaveLength(1);
  expect(told).toEqual(['status asked', 'answers']);
});

test('a failed request after a newer one was answered does not count as a gateway that does not answer', async () => {
  connection.begin();
  connection.begin();
  questions[1]?.resolve('installer');
  await settled();
  questions[0]?.reject(new Error('too late'));
  await settled();
  clock.advance(10_000);
  expect(told).not.toContain('lost too late');
  expect(open()).toHaveLength(1);
  expect(questions).toHaveLength(2);
});

test('a page that becomes hidden during a request opens no stream, whichever answer comes', async () => {
  connection.begin();
  connection.rest();
  questions[0]?.resolve('installer');
  await settled();
  const status = Promise.withResolvers<ConsoleStatus>();
  fetchStatus = () => status.promise;
  connection.begin();
  questions[1]?.resolve('installer');
  await settled();
  connection.rest();
  status.resolve(named('late'));
  await settled();
  expect(streams).toEqual([]);
  expect(told).toEqual([]);
});

test('a stream that ended or fell silent is reported and opened again after a while; its later events are ignored', async () => {
  connection.begin();
  questions[0]?.resolve('installer');
  await settled();
  streams[0]?.say('tick', { at: '1' });
  streams[0]?.dispatchEvent(new Event('error'));
  streams[0]?.dispatchEvent(new Event('error'));
  streams[0]?.say('status', named('of a closed stream'));
  expect(told).toEqual(['status asked', 'answers', 'time 1', 'lost ']);
  expect(open()).toEqual([]);
  clock.advance(3000);
  questions[1]?.resolve('installer');
  await settled();
  clock.advance(11_000);
  streams[1]?.say('tick', { at: '2' });
  clock.advance(11_000);
  expect(told.filter((one) => one === 'lost ')).toHaveLength(1);
  clock.advance(1000);
  expect(told.filter((one) => one === 'lost ')).toHaveLength(2);
  expect(open()).toEqual([]);
});

test('an ended log-in does not count as a gateway that does not answer', async () => {
  fetchStatus = () => Promise.reject(new LoggedOutError('log in'));
  for (const user of ['installer', null]) {
    connection.begin();
    questions.at(-1)?.resolve(user);
    await settled();
  }
  clock.advance(60_000);
  expect(told).toEqual(['logged out', 'logged out']);
  expect(questions).toHaveLength(2);
});

test('other cameras to watch replace the stream by a new one, the same cameras do not', async () => {
  connection.watch(['yard']);
  connection.begin();
  questions[0]?.resolve('installer');
  await settled();
  connection.watch(['yard']);
  connection.watch(['yard', 'barn']);
  expect(streams.map(({ watch, closed }) => [watch, closed])).toEqual([
    ['yard', true],
    ['yard,barn', false],
  ]);
});
