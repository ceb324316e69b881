import { ForpostError } from '@forpost/shared/errors.ts';
import { expect, test } from 'vitest';
import type { RotateRequest } from '../credential-door.ts';
import type { Knocker } from './knocker.ts';
import { createReplace } from './replace.ts';

const knocker = (principal: string | null, password: string) =>
  ({ knock: { principal }, password: Buffer.from(password) }) as unknown as Knocker;

function rig(refuse = false) {
  const asked: (readonly [string, RotateRequest])[] = [];
  const replace = createReplace({
    nameOf: (id) => `name of ${id}`,
    credentials: {
      rotate: async (id, request) => {
        if (refuse) throw new ForpostError('FORPOST_CONFIG_INVALID', 'secrets.yaml takes no write');
        asked.push([id, request]);
        return { id, user: 'plug', graceUntil: null, ...(request.password === undefined ? { password: 'made' } : {}) };
      },
    },
  });
  return { replace, asked };
}

test('a known device that comes back with another password gets its identity: with a long password its own, else a new one', async () => {
  const { replace, asked } = rig();
  expect(await replace(knocker('meter', 'a long new password'), { id: 'meter' })).toEqual({
    id: 'meter',
    name: 'name of meter',
  });
  expect(await replace(knocker('meter', 'short'), { id: 'meter' })).toEqual({
    id: 'meter',
    name: 'name of meter',
    credential: { user: 'plug', password: 'made' },
  });
  // the old password ends at once
  expect(asked).toEqual([
    ['meter', { graceS: 0, password: 'a long new password' }],
    ['meter', { graceS: 0 }],
  ]);
});

test('nobody gets an identity that he does not claim, and a refusal says why', async () => {
  const { replace, asked } = rig();
  expect(await replace(knocker(null, 'x'), { id: 'meter' })).toMatchObject({ refused: 'unknown' });
  expect(await replace(knocker('pump', 'x'), { id: 'meter' })).toMatchObject({ refused: 'unknown' });
  expect(asked).toEqual([]);
  const refused = await rig(true).replace(knocker('meter', 'x'), { id: 'meter' });
  expect(refused).toMatchObject({ refused: 'problems', problems: ['secrets.yaml takes no write'] });
});
