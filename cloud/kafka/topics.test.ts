import { topicPlans } from '@forpost/shared/event/topics.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import { expectRussian } from '@forpost/shared/texts/testing/untranslated.ts';
import kafkajs from 'kafkajs';
import { expect, test } from 'vitest';
import { settingProblems, waitForLeaders } from './topics.ts';

const asPlanned = {
  'message.timestamp.type': 'LogAppendTime',
  'retention.ms': '2592000000',
  'compression.type': 'zstd',
};
const of = (name: keyof typeof topicPlans, change: Readonly<Record<string, string>>) =>
  settingProblems(`forpost.${name}`, topicPlans[name], new Map(Object.entries({ ...asPlanned, ...change })));

test('a topic with the planned settings, a longer retention or the producer’s compression is no problem', () => {
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
] as const)('of %s with %j is reported with what is lost and what to set', (name, change, words) => {
  const problems = of(name, change);
  expect(problems.map(inEnglish)).toEqual([expect.stringMatching(words)]);
  for (const problem of problems) expectRussian(problem, '');
});

/** A broker that answers each request for metadata with the next of these; the last one for ever. */
function broker(...answers: readonly (Error | readonly number[])[]) {
  let asked = 0;
  return {
    asked: () => asked,
    async fetchTopicMetadata() {
      const answer = answers[Math.min(asked++, answers.length - 1)];
      if (answer instanceof Error) throw answer;
      const partitions = (answer ?? []).map((leader, partitionId) => ({
        partitionErrorCode: 0,
        partitionId,
        leader,
        replicas: [],
        isr: [],
        offlineReplicas: [],
      }));
      return { topics: [{ name: 'forpost.alerts', partitions }] };
    },
  };
}
const protocolError = (type: string, code: number) =>
  new kafkajs.KafkaJSProtocolError(Object.assign(new Error(type), { type, code, retriable: true }));
const unknown = protocolError('UNKNOWN_TOPIC_OR_PARTITION', 3);

test('the centre waits until each partition of a new topic has a leader, also where the broker does not know the topic', async () => {
  const slow = broker(unknown, [0, -1], [0, 0]);
  await waitForLeaders(slow, ['forpost.alerts']);
  expect(slow.asked()).toBe(3);
});

test('a permanent error is reported at once, and a lasting retryable error after the time-out', async () => {
  const closed = broker(protocolError('TOPIC_AUTHORIZATION_FAILED', 29));
  await expect(waitForLeaders(closed, ['forpost.alerts'])).rejects.toThrow('TOPIC_AUTHORIZATION_FAILED');
  expect(closed.asked()).toBe(1);
  await expect(waitForLeaders(broker(unknown), ['forpost.alerts'], 150)).rejects.toThrow('UNKNOWN_TOPIC_OR_PARTITION');
});
