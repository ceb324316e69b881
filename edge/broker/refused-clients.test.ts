import { FakeClock } from '@forpost/shared/clock.ts';
import { expect, test } from 'vitest';
import { type Refused, RefusedClients } from './refused-clients.ts';

const clock = new FakeClock(1_000_000);
const refused = (more: Partial<Refused> = {}): Refused => ({
  kind: 'publish',
  principal: 'oven',
  user: 'oven',
  clientId: 'c',
  address: '10.0.0.7',
  what: 'a/b',
  ...more,
});

test('a repeated refusal is counted in one entry, which moves to the top', () => {
  const clients = new RefusedClients(clock);
  clients.note(refused());
  clock.advance(1000);
  clients.note(refused({ what: 'other' }));
  clock.advance(1000);
  clients.note(refused({ clientId: 'another' }));
  expect(clients.list().map(({ what, count, last, first }) => [what, count, last - first])).toEqual([
    ['a/b', 2, 2000],
    ['other', 1, 0],
  ]);
});

test('guesses with a thousand client ids are one entry, and a thousand unknown users evict no known one', () => {
  const clients = new RefusedClients(clock);
  clients.note(refused());
  for (let n = 0; n < 1000; n++) {
    clock.advance(1);
    clients.note(refused({ kind: 'password', clientId: `c${n}`, what: '' }));
    clients.note(refused({ kind: 'stranger', principal: null, user: `user-${n}`, what: '' }));
    clients.note(refused({ what: `topic/${n}`, principal: 'plug' }));
  }
  expect(clients.list('oven').map(({ kind, count }) => [kind, count])).toEqual([
    ['password', 1000],
    ['publish', 1],
  ]);
  expect(clients.list('plug')).toHaveLength(20);
  expect(clients.list().length).toBe(2 + 20 + 50);
  expect(clients.list().filter(({ principal }) => principal === null)[0]?.user).toBe('user-999');
});

test('at the limit of entries the newest stay', () => {
  const clients = new RefusedClients(clock);
  for (let n = 0; n < 5000; n++) clients.note(refused({ principal: `meter-${n}` }));
  expect(clients.list()).toHaveLength(300);
  expect(clients.list()[0]?.principal).toBe('meter-4999');
});

test('the entry of a wrong password ends when its user logs in, and not when another user is refused', () => {
  const clients = new RefusedClients(clock);
  const wrong = refused({ kind: 'password', what: '' });
  clients.note(wrong);
  clients.note(refused());
  clients.letIn('other');
  clients.letIn('oven');
  expect(clients.list().map(({ kind, over }) => [kind, over])).toEqual([
    ['publish', false],
    ['password', true],
  ]);
  clients.note(wrong);
  expect(clients.list()[0]).toMatchObject({ kind: 'password', count: 2, over: false });
});

test('long texts of clients are shortened', () => {
  const clients = new RefusedClients(clock);
  const long = 'x'.repeat(70_000);
  clients.note(refused({ user: long, clientId: long, what: long }));
  expect(JSON.stringify(clients.list()).length).toBeLessThan(1000);
});

test('entries survive a restart, except damaged ones and those of devices that the site no longer has', () => {
  const before = new RefusedClients(clock);
  before.note(refused());
  before.note(refused({ principal: 'gone' }));
  before.note(refused({ kind: 'stranger', principal: null }));
  const clients = new RefusedClients(clock);
  const noted: unknown[] = [...before.list(), { ...before.list()[0], count: 'many' }, { kind: 'other' }, null, 7];
  clients.recall(JSON.parse(JSON.stringify(noted)), (principal) => principal === 'oven');
  const kept = before.list().filter(({ principal }) => principal !== 'gone');
  expect(clients.list()).toEqual(kept.map((one) => ({ ...one, over: true })));
  for (const nothing of [undefined, null, {}, 'x']) clients.recall(nothing, () => true);
  expect(clients.list()).toHaveLength(2);
});
