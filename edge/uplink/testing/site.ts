/** For tests of the uplink: the outbox and the uplink of a gateway, which are stopped and removed after the test. */
import { rm } from 'node:fs/promises';
import { systemClock } from '@forpost/shared/clock.ts';
import { asId, type GatewayId, type Lane, type SiteId } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, vi } from 'vitest';
import type { SqliteOutbox } from '../../outbox/sqlite/main/sqlite-outbox.ts';
import { draft, outboxIn, temporaryFolder } from '../../outbox/sqlite/testing/test-support.ts';
import { Uplink, type UplinkOptions } from '../uplink.ts';

export const gateway: GatewayId = asId('gw-1');
export const site: SiteId = asId('home');
export const logger = silentLogger();

export const folders: string[] = [];
/** parts to stop after the test, the last one first */
export const running: { stop(): Promise<void> }[] = [];

/** Stops all parts, the last one first. */
export async function stopAll(): Promise<void> {
  for (const part of running.splice(0).reverse()) await part.stop();
}

/** To be called after each test. */
export async function removeSites(): Promise<void> {
  await stopAll();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
}

/** Starts a gateway's outbox, and makes an uplink on it, which the test starts. */
export async function outboxAndUplink(
  changed: Partial<UplinkOptions> & Pick<UplinkOptions, 'sinks'>,
  folder = temporaryFolder(),
) {
  folders.push(folder);
  const outbox = outboxIn(folder);
  await outbox.start();
  running.push(outbox);
  let counter = 0;
  const uplink = new Uplink({
    secrets: {},
    identity: { site, gateway },
    outboxFile: outbox.file,
    inHand: outbox.inHand,
    acknowledge: (...ack) => outbox.acknowledge(...ack),
    onCommit: (listener) => outbox.onCommit(listener),
    status: () => statusNow(++counter),
    clock: systemClock,
    random: Math.random,
    logger,
    ...changed,
  });
  running.push(uplink);
  return { outbox, uplink };
}

const statusNow = (counter: number): GatewayStatus => ({
  site,
  gateway,
  name: 'Home',
  version: '0.1.0',
  starts: 1,
  counter,
  at: new Date().toISOString(),
  clock: 'synced',
  boot: 'boot-1',
  uptime: 1,
  revision: 'r',
  lanes: [],
  uplinks: [],
  cameras: [],
  devices: [],
  problems: [],
});

/** Appends `count` events to a lane, numbered from `from`, a hundred in an entry. */
export async function append(outbox: SqliteOutbox, lane: Lane, from: number, count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, i) => draft(from + i, { lane }));
  const waits: Promise<unknown>[] = [];
  for (let i = 0; i < events.length; i += 100) waits.push(outbox.append({ events: events.slice(i, i + 100) }));
  await Promise.all(waits);
}

export const soon = { timeout: 60_000, interval: 20 };

/** Waits until the uplink has sent everything. */
export const live = (uplink: Uplink) =>
  vi.waitFor(() => expect(uplink.statuses()).toMatchObject([{ state: 'live', events: 0 }]), soon);
