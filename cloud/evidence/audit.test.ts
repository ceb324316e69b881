import { FakeClock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, test } from 'vitest';
import type { Operation } from '../operations/operations.ts';
import { EvidenceAudit } from './audit.ts';

function rig() {
  const clock = new FakeClock();
  const world = { down: false, written: [] as Operation[] };
  const append = async (operation: Operation) => {
    await Promise.resolve();
    if (world.down) throw new ForpostError('FORPOST_SINK_UNREACHABLE', 'Kafka: nobody listens');
    world.written.push(operation);
  };
  const audit = new EvidenceAudit({ append }, clock, silentLogger());
  const look = (by: string, sha256 = 'ab') =>
    audit.recordViewing({ by, gateway: 'gw-1', evidence: '00aa', sha256, alarm: 'gate/yard/-/1' });
  return { clock, world, look };
}

test('the many requests of a person who views a clip make one record, also where they come at once', async () => {
  const { clock, world, look } = rig();
  await Promise.all([look('anna'), look('anna'), look('anna')]);
  await look('anna');
  expect(world.written).toEqual([
    {
      operation: 'evidence-viewed',
      by: 'anna',
      gateway: 'gw-1',
      subject: 'gate/yard/-/1',
      alarm: 'gate/yard/-/1',
      evidence: '00aa',
      sha256: 'ab',
    },
  ]);
  await look('ben');
  await look('anna', 'cd');
  clock.advance(61_000);
  await look('anna');
  expect(world.written).toHaveLength(4);
});

test('evidence is not shown while the audit cannot be written, and is shown once it can', async () => {
  const { world, look } = rig();
  world.down = true;
  const both = await Promise.allSettled([look('anna'), look('anna')]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(look('anna')).rejects.toThrow('nobody listens');
  world.down = false;
  await look('anna');
  expect(world.written).toHaveLength(1);
});
