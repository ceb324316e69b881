import { rmSync } from 'node:fs';
import { eventTypes } from '@forpost/shared/event/event.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { expect, test } from 'vitest';
import { refusalEntry } from '../../uplink/refusal.ts';
import { noEpochs } from '../epoch-list.ts';
import { lossesOf } from './salvage.ts';
import { draft, outboxIn, sink, temporaryFolder } from './test-support.ts';
import { FileDisk } from './writer-disk.ts';

test('what was refused for good is still explained when the file that holds the explanation is put aside', async () => {
  const folder = temporaryFolder();
  try {
    const outbox = outboxIn(folder);
    await outbox.start();
    const { epoch, file } = outbox;
    await outbox.append({ events: [draft(1), draft(2)] });
    const event = { ...draft(1), epoch, sequence: 1 };
    const stamp = { received: 5, uptime: 5, boot: 'boot-1', clock: 'synced' } as const;
    const entry = refusalEntry({ sink, event, reason: 'too large' }, asId('gw-1'), stamp);
    await outbox.append({ ...entry, reserved: true });
    // the cursor goes past it: its gap record is all that tells of it, and waits
    outbox.acknowledge(sink, epoch, 'telemetry', 1);
    await outbox.append({ events: [draft(3)] });
    await outbox.stop();
    const { gaps } = lossesOf(new FileDisk(file, 0, ''), file, noEpochs, [sink]);
    const telemetry = gaps.filter(({ lane }) => lane === 'telemetry');
    expect(telemetry).toMatchObject([
      { epoch, from: '1', to: '1', reason: expect.stringContaining('too large') },
      { epoch, from: '2', to: null },
    ]);
    expect(entry.events[0]?.type).toBe(eventTypes.gap);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
