import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, onTestFinished, test } from 'vitest';
import type { CentreAcknowledgement } from '../history/store.ts';
import { FileOperationsLog } from '../operations/file-log.ts';
import { Acknowledgements } from './acknowledgements.ts';

async function desk(history: (noted: readonly CentreAcknowledgement[]) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-acknowledgements-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const clock = new FakeClock(Date.UTC(2026, 5, 1));
  const reported: CentreAcknowledgement[] = [];
  const acknowledgements = new Acknowledgements({
    operations: new FileOperationsLog(join(folder, 'operations.jsonl'), clock),
    history: { noteAcknowledgements: history },
    onNoted: (one) => reported.push(one),
    clock,
    logger: silentLogger(),
  });
  const operations = async () =>
    (await readFile(join(folder, 'operations.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { subject: string; data: object }).data);
  return { acknowledgements, reported, operations };
}

const noted = { gateway: 'gw-1', alarm: 'gate/yard/-/1', by: 'anna' };

test('an acknowledgement at the centre is in the operations log and in the history before a page shows it', async () => {
  const stored: CentreAcknowledgement[] = [];
  const { acknowledgements, reported, operations } = await desk(async (some) => {
    expect(await operations()).toHaveLength(1);
    stored.push(...some);
  });
  await acknowledgements.record(noted);
  expect(await operations()).toEqual([{ ...noted, operation: 'alarm-acknowledged' }]);
  expect([stored, reported]).toEqual([[{ ...noted, at: Date.UTC(2026, 5, 1) }], stored]);
});

test('an acknowledgement that the history does not store fails with the reason', async () => {
  const { acknowledgements, reported } = await desk(async () => {
    throw new ForpostError('FORPOST_HISTORY_FAILED', 'the disk is full');
  });
  await expect(acknowledgements.record(noted)).rejects.toThrow(/did not note.*the disk is full/);
  expect(reported).toEqual([]);
});
