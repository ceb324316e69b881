import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { registerProblems } from '@forpost/shared/http/problem.ts';
import { useSchemas } from '@forpost/shared/http/validation.ts';
import { isCredentialOf, parseMadeHash } from '@forpost/shared/made-credential.ts';
import Fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { DocumentChecks } from '../config/check/document-checks.ts';
import { loadSite } from '../config/load-site.ts';
import { SiteDocument } from '../site/document.ts';
import { registerSiteRoutes } from './site-routes.ts';

const text = `# home
site: { id: home, timezone: UTC }
devices: []
`;
const named = text.replace('id: home,', 'id: home, name: Home,');

async function rig() {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-routes-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [file, secrets] = [join(folder, 'site.yaml'), join(folder, 'secrets.yaml')];
  writeFileSync(file, text);
  writeFileSync(secrets, 'mqtt: {}\nconsole: {}\n');
  const load = (next: string) => loadSite(file, secrets, next);
  const document = new SiteDocument({ file, data: folder, load, clock: new FakeClock() });
  await document.open();
  const checks = new DocumentChecks({ file, secretsFile: secrets, data: folder, clock: new FakeClock() });
  const app = Fastify();
  registerProblems(app);
  useSchemas(app);
  registerSiteRoutes(app, {
    document,
    authorOf: () => ({ kind: 'page', name: 'anna' }),
    passwordsFor: (next) => checks.givePasswords(next),
  });
  onTestFinished(() => app.close());
  const ask = async (method: 'GET' | 'PUT' | 'PATCH' | 'POST', url: string, payload?: object, seen?: string) => {
    const headers = seen === undefined ? {} : { 'if-match': seen };
    const answer = await app.inject({ method, url: `/api/v1/site${url}`, headers, ...(payload && { payload }) });
    return { status: answer.statusCode, etag: answer.headers.etag, body: answer.json() };
  };
  return { ask, read: () => readFileSync(file, 'utf8'), mqtt: () => parse(readFileSync(secrets, 'utf8')).mqtt };
}

test('a change over the newest ETag makes a revision; one over an old ETag is refused with the newest', async () => {
  const { ask } = await rig();
  const { etag, body } = await ask('GET', '');
  expect(body).toMatchObject({ document: text, revision: { number: 1 } });
  expect(await ask('PUT', '', { document: named })).toMatchObject({ status: 428 });
  const put = await ask('PUT', '', { document: named, why: 'nicer' }, etag);
  expect(put).toMatchObject({ status: 200, body: { revision: { number: 2, author: { name: 'anna' }, why: 'nicer' } } });
  const second = await ask('PUT', '', { document: `${text}# mine\n` }, etag);
  expect(second).toMatchObject({
    status: 412,
    etag: put.etag,
    body: { conflict: 'seen', newest: { number: 2 }, changes: [{ message: 'the site renamed to Home' }] },
  });
  expect((await ask('GET', '/diff?from=1')).body.changes).toMatchObject([{ message: 'the site renamed to Home' }]);
  expect(await ask('POST', '/undo', { to: '1' }, '2')).toMatchObject({ body: { revision: { number: 3 } } });
  expect((await ask('GET', '/revisions')).body.revisions).toHaveLength(3);
  expect(await ask('GET', '/revisions/2')).toMatchObject({ body: { document: named } });
  expect(await ask('GET', '/revisions/9')).toMatchObject({ status: 404 });
});

test('a device that a program adds gets a password in the answer, once, and only its hash is kept', async () => {
  const { ask, mqtt, read } = await rig();
  const edits = [{ set: ['devices', 'meter-7'], value: { decoder: 'native' } }];
  expect(await ask('PATCH', '', { edits }, '1')).toMatchObject({
    status: 422,
    body: { problems: [expect.stringContaining('the device "meter-7" has no password')] },
  });
  const { body } = await ask('PATCH', '', { edits, passwords: true }, '1');
  expect(body.passwords).toMatchObject([{ id: 'meter-7' }]);
  expect(isCredentialOf(body.passwords[0].password, parseMadeHash(mqtt()['meter-7'])!)).toBe(true);
  expect(read()).toContain('# home');
});

test('a change that is refused leaves no password behind', async () => {
  const { ask, mqtt, read } = await rig();
  const edits = [{ set: ['devices', 'meter-7'], value: { decoder: 'nativ' } }];
  expect(await ask('PATCH', '', { edits, passwords: true }, '1')).toMatchObject({
    status: 422,
    body: { problems: [expect.stringContaining('there is no decoder "nativ"; did you mean "native"?')] },
  });
  expect([mqtt(), read()]).toEqual([{}, text]);
});

test('a form reads the values with their ETag, and a refusal names the field by its path', async () => {
  const { ask } = await rig();
  const { etag, body } = await ask('GET', '/values');
  expect(body).toMatchObject({ values: { site: { id: 'home' }, devices: [] }, revision: { number: 1 } });
  const edits = [{ set: ['devices', 'meter-7'], value: { decoder: 'nativ' } }];
  const refused = await ask('PATCH', '', { edits, passwords: true }, etag);
  expect(refused).toMatchObject({ status: 422, body: { mistakes: [{ path: ['devices', 'meter-7', 'decoder'] }] } });
  expect(refused.body.mistakes[0].message).toContain('nativ');
});
