import { topicPlans } from '@forpost/shared/event/topics.ts';
import { expect, test } from 'vitest';
import { settingProblems } from './topics.ts';

const asPlanned = {
  'message.timestamp.type': 'LogAppendTime',
  'retention.ms': '2592000000',
  'compression.type': 'zstd',
};
const of = (name: keyof typeof topicPlans, change: Readonly<Record<string, string>>) =>
  settingProblems(topicPlans[name], new Map(Object.entries({ ...asPlanned, ...change })));

test('a topic as it is planned, and one that keeps for longer or packs as it comes, is no problem', () => {
  expect(of('telemetry', { 'cleanup.policy': 'delete' })).toEqual([]);
  expect(of('alerts', { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'compression.type': 'producer' })).toEqual(
    [],
  );
  expect(of('status', { 'cleanup.policy': 'compact,delete' })).toEqual([]);
});

test.each([
  ['telemetry', { 'message.timestamp.type': 'CreateTime' }, /client’s clock.*LogAppendTime/],
  ['telemetry', { 'cleanup.policy': 'compact' }, /only the newest record is kept.*cleanup.policy=delete/],
  ['status', { 'cleanup.policy': 'delete' }, /is not compacted.*cleanup.policy=compact/],
  ['alerts', { 'retention.ms': '3600000' }, /after 60 min, read or not/],
  ['alerts', { 'compression.type': 'lz4' }, /lz4, which is not read here.*compression.type=zstd/],
] as const)('of %s with %j is told what is lost and what to set', (name, change, words) => {
  expect(of(name, change)).toEqual([expect.stringMatching(words)]);
});
