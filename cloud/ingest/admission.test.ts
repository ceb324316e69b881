/** Ingest cannot refuse a Kafka record: it moves the records of a replaced box to the dead letters. */
import { instanceHeader, replayHeader } from '@forpost/shared/event/codec.ts';
import { expect, test } from 'vitest';
import type { Claim } from '../gateways/takeovers.ts';
import { supersededSender } from './admission.ts';

const claims: Claim[] = [];
const admission = {
  superseded: (claim: Claim) => {
    claims.push(claim);
    return claim.instance === 'new' ? undefined : 'replaced';
  },
};
const record = (headers: Record<string, string>) => ({
  headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
  timestamp: '1700',
});

test('a record is judged by the instance in its header and the broker’s time stamp', () => {
  expect(supersededSender(admission, 'gw-1', record({}))).toBe('replaced');
  expect(supersededSender(admission, 'gw-1', record({ [instanceHeader]: 'new' }))).toBeUndefined();
  expect(claims).toEqual([
    { gateway: 'gw-1', instance: undefined, at: 1700 },
    { gateway: 'gw-1', instance: 'new', at: 1700 },
  ]);
});

test('a replayed record is accepted, whichever box sent it', () => {
  expect(supersededSender(admission, 'gw-1', record({ [replayHeader]: '1' }))).toBeUndefined();
});
