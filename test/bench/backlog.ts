/**
 * Makes a backlog: an outbox writes readings into the file of a stopped gateway, as after a time offline. Counts
 * the readings in Kafka.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { encodeEvent } from '@forpost/shared/event/codec.ts';
import { eventTypes } from '@forpost/shared/event/event.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import type { Admin } from 'kafkajs';
import type { EventDraft } from '../../edge/outbox/outbox.ts';
import { SqliteOutbox } from '../../edge/outbox/sqlite/main/sqlite-outbox.ts';
import { testClient } from '../../scripts/kafka/testing.ts';
import type { TestSite } from '../harness/site.ts';
import { benchDevices, siteDevice } from './devices.ts';

const entryEvents = 100;
const chunkEvents = 20_000;
const beganMs = Date.UTC(2026, 0, 1);

/** Reading `n` of a site with one reading a second over all meters. */
export function backlogEvent(n: number): EventDraft {
  const time = beganMs + n * 1000;
  return {
    lane: 'telemetry',
    type: eventTypes.reading,
    device: siteDevice(n % benchDevices),
    time,
    received: time + 3,
    clock: 'synced',
    boot: '0f6d1a52-7c19-4d0e-9c57-2f3f5d1f6a10',
    uptime: n * 1000 + 0.25,
    data: JSON.stringify({ values: { power_w: 300 + (n % 977) / 10, energy_wh: 1_000_000 + n, voltage_v: 229.4 } }),
  };
}

/** The same reading as the Kafka record of a test gateway. */
export function backlogRecord(n: number): string {
  const epoch = asId<'epoch'>('0123456789abcdef');
  return encodeEvent(asId('test-site'), asId('test-gateway'), { ...backlogEvent(n), epoch, sequence: n + 1 });
}

/** Writes `events` readings for the sink `kafka` into the outbox of a site whose gateway is stopped. */
export async function writeBacklog(site: TestSite, events: number): Promise<void> {
  const outbox = new SqliteOutbox({
    folder: join(site.folder, 'gateway'),
    sinks: ['kafka'],
    clock: systemClock,
    logger: silentLogger(),
    newEpoch: () => randomBytes(8).toString('hex'),
    stamp: () => ({ clock: 'synced', boot: 'bench' }),
  });
  await outbox.start();
  try {
    for (let at = 0; at < events; at += chunkEvents) {
      const entries: Promise<unknown>[] = [];
      for (let n = at; n < Math.min(at + chunkEvents, events); n += entryEvents) {
        const count = Math.min(entryEvents, events - n);
        entries.push(outbox.append({ events: Array.from({ length: count }, (_, i) => backlogEvent(n + i)) }));
      }
      await Promise.all(entries);
    }
  } finally {
    await outbox.stop();
  }
}

/** Counts the records of a topic over all its partitions. */
export class TopicCount {
  readonly #admin: Admin;
  readonly #topic: string;

  private constructor(admin: Admin, topic: string) {
    this.#admin = admin;
    this.#topic = topic;
  }

  static async open(brokers: readonly string[], topic: string): Promise<TopicCount> {
    const admin = testClient(brokers).admin();
    await admin.connect();
    return new TopicCount(admin, topic);
  }

  async now(): Promise<number> {
    const offsets = await this.#admin.fetchTopicOffsets(this.#topic);
    return offsets.reduce((sum, { high }) => sum + Number(high), 0);
  }

  close(): Promise<void> {
    return this.#admin.disconnect();
  }
}
