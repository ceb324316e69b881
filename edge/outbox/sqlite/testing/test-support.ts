/** What the tests of the outbox on SQLite share: events to append, and an outbox in a folder of its own. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import type { MqttState } from '../../../mqtt-state/mqtt-state.ts';
import type { EventDraft } from '../../outbox.ts';
import type { SqliteOutboxOptions } from '../main/outbox-options.ts';
import { SqliteOutbox } from '../main/sqlite-outbox.ts';

export const sink = 'kafka';
export const newEpoch = () => randomBytes(8).toString('hex');

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'forpost-outbox-'));
}

export function outboxIn(folder: string, change: Partial<SqliteOutboxOptions> = {}): SqliteOutbox {
  return new SqliteOutbox({
    folder,
    sinks: [sink],
    clock: systemClock,
    logger: silentLogger(),
    newEpoch,
    stamp: () => ({ clock: 'synced', boot: 'boot-1' }),
    ...change,
    // most tests need an outbox that sheds at once
    limits: { shedAfterMs: 0, ...change.limits },
  });
}

/** The broker's state that a started outbox has found in its file. */
export function recalled(outbox: SqliteOutbox): MqttState {
  let found: MqttState | undefined;
  outbox.mqttState.recall((remembered) => {
    found = remembered;
  });
  if (found === undefined) throw new Error('the outbox has read nothing yet');
  return found;
}

export function draft(n: number, change: Partial<EventDraft> = {}): EventDraft {
  return {
    lane: 'telemetry',
    type: 'forpost.reading.v1',
    device: asId('meter'),
    time: 1_700_000_000_000 + n,
    received: 1_700_000_000_100 + n,
    clock: 'synced',
    boot: 'boot-1',
    uptime: 1000.5 + n,
    data: `{"values":{"power_w":${n}}}`,
    ...change,
  };
}
