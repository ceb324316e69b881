/** For tests of the outbox on SQLite: a folder for each test, and outboxes in it that are stopped afterwards. */
import { rmSync } from 'node:fs';
import { asId } from '@forpost/shared/event/ids.ts';
import { afterEach, beforeEach, expect } from 'vitest';
import type { SqliteOutboxOptions } from '../main/outbox-options.ts';
import type { SqliteOutbox } from '../main/sqlite-outbox.ts';
import { openReader } from '../reader/sqlite-reader.ts';
import { outboxIn, temporaryFolder } from './test-support.ts';

/** Waits for a condition; a busy machine may take its time. */
export const soon = <T>(what: () => T) => expect.poll(what, { timeout: 10_000, interval: 10 });

/** of the test that runs */
export let folder: string;
let running: SqliteOutbox[];

/** Makes a folder before each test of this file, and removes it and its outboxes afterwards. */
export function folderForEachTest(): void {
  beforeEach(() => {
    folder = temporaryFolder();
    running = [];
  });

  afterEach(async () => {
    for (const outbox of running) await outbox.stop();
    rmSync(folder, { recursive: true, force: true });
  });
}

export async function started(change: Partial<SqliteOutboxOptions> = {}): Promise<SqliteOutbox> {
  const outbox = outboxIn(folder, change);
  running.push(outbox);
  await outbox.start();
  return outbox;
}

/** All events of a lane that can be read. */
export function everything(file: string, epoch: string, lane: 'alerts' | 'telemetry' = 'telemetry') {
  const reader = openReader(file);
  const events = reader.read(asId(epoch), lane, 0, 1_000_000, 1e9);
  reader.close();
  return events;
}
