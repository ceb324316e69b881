import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { catalogue } from '@forpost/shared/texts/catalogue/all.ts';
import { texts } from '@forpost/shared/texts/texts.ts';
import { afterEach, expect, test } from 'vitest';
import { addUser, changeLanguage, changePassword, changeRole, listUsers } from '../access/edit-users.ts';
import { buildApi } from '../api/api.ts';
import { Capabilities } from '../api/capability.ts';
import { testServices } from '../testing/centre.ts';
import { language } from './capability.ts';

const releases: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
});

/** A centre with the viewer `wall`, who has logged in. */
async function centre() {
  const { services, remove } = await testServices(systemClock);
  releases.push(remove);
  const { users, folder } = services;
  await users.start();
  releases.push(() => users.stop());
  await addUser(folder, 'wall', 'right', 'viewer');
  await users.refresh();
  const app = buildApi({
    capabilities: Capabilities.of([language], services),
    users,
    clock: systemClock,
    logger: silentLogger(),
    webFolder: join(tmpdir(), 'no-such-page'),
  });
  releases.push(() => app.close());
  const logIn = (password = 'right') =>
    app.inject({ method: 'POST', url: '/api/v1/login', payload: { user: 'wall', password } });
  const headers = { cookie: `forpost-centre=${(await logIn()).cookies[0]?.value}` };
  const choose = (chosen: string, sent: { cookie?: string } = headers) =>
    app.inject({ method: 'POST', url: '/api/v1/session/language', headers: sent, payload: { language: chosen } });
  const session = async () => (await app.inject({ url: '/api/v1/session', headers })).json();
  return { folder, logIn, choose, session };
}

test('each person, a viewer too, chooses the language of the page, and gets it at each log-in in each browser', async () => {
  const { logIn, choose, session, folder } = await centre();
  expect(await session()).not.toHaveProperty('language');
  expect((await choose('ru')).json()).toEqual({ language: 'ru' });
  expect(await session()).toMatchObject({ user: 'wall', role: 'viewer', language: 'ru' });
  expect((await logIn()).json()).toMatchObject({ language: 'ru' });
  // the command line changes the same choice
  await changeLanguage(folder, 'wall', 'en');
  expect((await logIn()).json()).toMatchObject({ language: 'en' });
});

test('an unknown language and a choice without a log-in change nothing', async () => {
  const { choose, session } = await centre();
  const refused = await choose('tlh');
  expect([refused.statusCode, refused.json().detail]).toEqual([400, expect.stringMatching(/language/)]);
  expect((await choose('ru', {})).statusCode).toBe(401);
  expect(await session()).not.toHaveProperty('language');
});

test('a person’s language outlives a new password and another role', async () => {
  const { folder } = await centre();
  await changeLanguage(folder, 'wall', 'ru');
  await changePassword(folder, 'wall', 'another one');
  await changeRole(folder, 'wall', 'operator');
  expect((await listUsers(folder)).get('wall')).toMatchObject({ role: 'operator', language: 'ru' });
  await expect(changeLanguage(folder, 'wal', 'ru')).rejects.toThrow(/there is no user "wal".*wall/);
});

test('a wrong password is refused in English and as a message, which a page says in its own language', async () => {
  const { logIn } = await centre();
  const { detail, detailI18n } = (await logIn('wrong')).json();
  expect(detail).toBe('this user and password do not open the centre');
  expect(texts('ru', catalogue.ru).say(detailI18n, detail)).toBe('центр: неверное имя или пароль');
});
