import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { configProblems } from '@forpost/shared/config/yaml.ts';
import { expect, onTestFinished, test } from 'vitest';
import { loadSite } from '../load-site.ts';
import { DocumentChecks } from './document-checks.ts';

test('a thread that fails fails its question alone, and one thread answers many', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-check-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [file, secretsFile] = [join(folder, 'site.yaml'), join(folder, 'secrets.yaml')];
  const more = { clock: systemClock, smallLetters: 0, idleMs: 3_600_000 };
  const checks = new DocumentChecks({ file, secretsFile, data: folder, ...more });
  const failed = checks.edited(text, null as never).catch((error: Error) => error.message);
  expect(await failed).toMatch(/null/);
  const names = Array.from({ length: 12 }, (_, n) => text.replace('id: yard', `id: yard, name: "${n}"`));
  const changes = await Promise.all(names.map((named) => checks.compare(text, named)));
  expect(changes.map(([one]) => one?.message)).toEqual(names.map((_, n) => `camera yard renamed to ${n}`));
  await checks.stop();
});

const text = `site: { id: home, timezone: UTC }
devices: []
cameras: [{ id: yard, url: "rtsp://10.0.0.7/s" }]
`;

test('a large document is checked and compared in a thread of its own, with the same answers', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-check-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [file, secretsFile] = [join(folder, 'site.yaml'), join(folder, 'secrets.yaml')];
  writeFileSync(secretsFile, 'mqtt: {}\nconsole: {}\n');
  const checks = new DocumentChecks({ file, secretsFile, data: folder, clock: systemClock, smallLetters: 0 });
  const { site, secrets } = loadSite(file, secretsFile, text);
  const named = text.replace('id: yard', 'id: yard, name: Yard');
  const refused = checks.load(`${text}kettles: []\n`).catch(configProblems);
  expect(await Promise.all([checks.load(text), checks.compare(text, named)])).toEqual([
    { site, secrets },
    [{ message: 'camera yard renamed to Yard', message_i18n: expect.anything() }],
  ]);
  expect(JSON.parse(await checks.values(named))).toMatchObject({ cameras: [{ name: 'Yard' }] });
  expect(await refused).toEqual([expect.stringContaining('site.yaml:4:1: unknown key "kettles"')]);
});
