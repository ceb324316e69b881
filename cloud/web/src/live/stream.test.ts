import { afterEach, expect, test, vi } from 'vitest';
import { correctClock } from '../time.ts';
import { type Connection, LiveStream } from './stream.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  correctClock(new Date().toISOString());
});

test('the time since when the page is not live comes from the centre’s clock, and not from the computer’s', () => {
  const sources: EventTarget[] = [];
  class Source extends EventTarget {
    constructor() {
      super();
      sources.push(this);
    }
    close(): void {}
  }
  vi.stubGlobal('EventSource', Source);
  vi.stubGlobal('window', globalThis);
  vi.useFakeTimers({ now: Date.parse('2026-11-30T12:00:00Z') });
  const tenMinutes = 600_000;
  correctClock(new Date(Date.now() + tenMinutes).toISOString());
  const connections: Connection[] = [];
  const stream = new LiveStream({ connection: (one) => connections.push(one), message: () => {}, ended: () => {} });
  stream.start();
  sources[0]?.dispatchEvent(new Event('error'));
  stream.stop();
  const lost = connections.at(-1);
  expect(lost).toEqual({ state: 'lost', since: Date.now() + tenMinutes });
});

test('a capability receives its own messages, also when it subscribes after the stream has connected', () => {
  const sources: EventTarget[] = [];
  class Source extends EventTarget {
    constructor() {
      super();
      sources.push(this);
    }
    close(): void {}
  }
  vi.stubGlobal('EventSource', Source);
  vi.stubGlobal('window', globalThis);
  const stream = new LiveStream({ connection: () => {}, message: () => {}, ended: () => {} });
  const received: string[] = [];
  const tell = (name: string, text: string) =>
    sources.at(-1)?.dispatchEvent(new MessageEvent(name, { data: JSON.stringify({ text }) }));
  const hear = (name: string) =>
    stream.listen<{ readonly text: string }>(name, ({ text }) => void received.push(`${name}: ${text}`));
  hear('note');
  stream.start();
  const stop = hear('visit');
  hear('visit');
  tell('note', 'in the cellar');
  tell('visit', 'at noon');
  stop();
  tell('visit', 'at one');
  stream.stop();
  expect(received).toEqual(['note: in the cellar', 'visit: at noon', 'visit: at noon', 'visit: at one']);
});
