import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { eventTypes, type GapData } from '@forpost/shared/event/event.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { expect, test } from 'vitest';
import { refusalEntry } from '../../../../uplink/refusal.ts';
import { openReader } from '../../reader/sqlite-reader.ts';
import { draft, outboxIn, sink, temporaryFolder } from '../../testing/test-support.ts';

/** The ranges of the first epoch's telemetry that gap records in the outbox name. */
function namedIn(file: string, epoch: string): readonly string[] {
  const reader = openReader(file);
  try {
    return reader
      .newest('alerts', 100)
      .filter(({ type }) => type === eventTypes.gap)
      .map(({ data }) => JSON.parse(data) as GapData)
      .filter((gap) => gap.epoch === epoch && gap.lane === 'telemetry')
      .map(({ from, to, reason }) => `${from}-${to} ${reason.slice(0, 30)}`)
      .toSorted();
  } finally {
    reader.close();
  }
}

test.each([
  ['can still be read', false],
  ['is lost with it', true],
])(
  'after damage of the file an event that was refused for good is still explained; its gap record %s',
  async (_, isLost) => {
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
      // the cursor has passed the event: only its waiting gap record names it
      outbox.acknowledge(sink, epoch, 'telemetry', 1);
      await outbox.append({ events: [draft(3)] });
      await outbox.stop();
      const content = readFileSync(file);
      if (isLost) content.fill(0xa5);
      // only the schema is damaged: no table can be found any more
      else content.fill(0xa5, 100, 4096);
      writeFileSync(file, content);
      const next = outboxIn(folder);
      await next.start();
      await next.stop();
      if (isLost) expect(namedIn(file, epoch)).toEqual(['1-3 lost: the outbox was damaged a']);
      else expect(namedIn(file, epoch)).toEqual([expect.stringMatching(/^1-1 .*too large/)]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
