import type { ReactiveControllerHost } from 'lit';
import { expect, test } from 'vitest';
import { LoggedOutError } from '../api.ts';
import { Work } from './work.ts';

class Host extends EventTarget implements ReactiveControllerHost {
  drawn = 0;
  readonly updateComplete = Promise.resolve(true);
  addController(): void {}
  removeController(): void {}
  requestUpdate(): void {
    this.drawn++;
  }
}

test('work shows that it runs, and why it failed', async () => {
  const host = new Host();
  const work = new Work(host);
  const held = Promise.withResolvers<void>();
  const done = work.run(() => held.promise);
  expect([work.busy, host.drawn]).toEqual([true, 1]);
  held.reject(new Error('the disk is full'));
  await done;
  expect([work.busy, work.problem, host.drawn]).toEqual([false, 'the disk is full', 2]);
  await work.run(async () => undefined);
  expect(work.problem).toBe('');
});

test('a log-in that has ended leads to the log-in page, whatever was asked', async () => {
  const host = new Host();
  let loggedOut = 0;
  host.addEventListener('logged-out', () => loggedOut++);
  await new Work(host).run(() => Promise.reject(new LoggedOutError()));
  await new Work(host).run(() => Promise.reject(new Error('another')));
  expect(loggedOut).toBe(1);
});
