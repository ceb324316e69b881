/**
 * QoS 1: a publish is repeated until it is acknowledged. With an `id` in its payload the reading is promised once; without one
 * it is only promised not to be lost.
 */
import type { MqttClient } from 'mqtt';
import {
  connected,
  type Device,
  type DeviceOptions,
  keyOf,
  openClient,
  type Promised,
  readingsTopic,
} from './device.ts';

const window = 6;
const resendMs = 50;
/** one of this many readings exceeds the rule's limit */
const overloadEvery = 40;
const overloadW = 6000;

export class QosOneDevice implements Device {
  readonly id: string;
  readonly promised: Promised;
  readonly acknowledged = new Set<string>();
  readonly sessionsLost = 0;
  published = 0;
  readonly #options: DeviceOptions;
  readonly #withId: boolean;
  #client: MqttClient;
  #restarted = Promise.withResolvers<void>();
  #workers: Promise<unknown> | undefined;
  #stopping = false;
  #closed = false;

  constructor(options: DeviceOptions, withId: boolean) {
    this.id = options.id;
    this.#options = options;
    this.#withId = withId;
    this.promised = withId ? 'once' : 'at-least-once';
    this.#client = openClient(options, { clean: true });
  }

  async start(): Promise<void> {
    await connected(this.#client);
    this.#workers = Promise.all(Array.from({ length: window }, () => this.#publishOn()));
    // `finish` waits for it and reports the error
    this.#workers.catch(() => undefined);
  }

  /** The client forgets its open publishes; the readings themselves are kept, and sent again. */
  async restart(): Promise<void> {
    const before = this.#client;
    this.#client = openClient(this.#options, { clean: true });
    const { resolve } = this.#restarted;
    this.#restarted = Promise.withResolvers<void>();
    before.end(true);
    resolve();
  }

  async finish(withinMs: number): Promise<void> {
    this.#stopping = true;
    await within(withinMs, `the acknowledgements of ${this.id}`, this.#workers ?? Promise.resolve());
    // leave no alarm active
    await within(withinMs, `the last acknowledgement of ${this.id}`, this.#deliver(this.#reading(10)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopping = true;
    this.#restarted.resolve();
    this.#client.end(true);
  }

  async #publishOn(): Promise<void> {
    const { random, pauseMs } = this.#options;
    while (!this.#stopping) {
      const overload = this.published % overloadEvery === overloadEvery - 1;
      await this.#deliver(this.#reading(overload ? overloadW : random.int(10, 4000)));
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  #reading(power: number): object {
    const n = ++this.published;
    const time = this.#options.time?.();
    return {
      ...(this.#withId ? { id: `r${n}` } : {}),
      ...(time === undefined ? {} : { time }),
      values: { power_w: power, ...(this.#withId ? {} : { energy_wh: n }), ...this.#options.padding },
    };
  }

  async #deliver(reading: object): Promise<void> {
    const payload = JSON.stringify(reading);
    while (!this.#closed) {
      const restarted = this.#restarted.promise;
      try {
        const sent = this.#client.publishAsync(readingsTopic(this.id), payload, { qos: 1 }).then(() => true);
        if ((await Promise.race([sent, restarted])) === true) {
          this.acknowledged.add(keyOf(this.id, reading as Record<string, unknown>) ?? '');
          return;
        }
        sent.catch(() => undefined);
      } catch {
        // the library gives up some publishes when a connection closes: send those again, as a meter would
        await new Promise((resolve) => setTimeout(resolve, resendMs));
      }
    }
  }
}

/** @throws Error naming `what` after `ms` */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${ms} ms in vain: ${what}`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
