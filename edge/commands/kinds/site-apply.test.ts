import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { FakeClock } from '@forpost/shared/clock.ts';
import { wordsOf } from '@forpost/shared/texts/sentence.ts';
import { expect, onTestFinished, test } from 'vitest';
import { loadSite } from '../../config/load-site.ts';
import { LiveSite } from '../../site/live-site.ts';
import type { CommandContext } from '../command-kind.ts';
import { siteApply } from './site-apply.ts';

const text = `site: { id: home, timezone: UTC } # ours
devices: []
`;
const named = text.replace('id: home,', 'id: home, name: Home,');

async function rig(content = text) {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-command-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [file, secrets] = [join(folder, 'site.yaml'), join(folder, 'secrets.yaml')];
  writeFileSync(file, content);
  writeFileSync(secrets, 'mqtt: {}\nconsole: {}\n');
  const live = new LiveSite({
    file,
    data: folder,
    clock: new FakeClock(),
    parts: [],
    site: loadSite(file, secrets).site,
    load: (next: string) => loadSite(file, secrets, next),
    onChanged: () => {},
    onFailed: () => {},
  });
  await live.start();
  const context = { changeSite: (change, author) => live.changeForCentre(change, author) } as CommandContext;
  const run = async (values: object) => {
    const { outcome, message } = await siteApply.run({ revision: '1', ...values }, context, 'olga');
    return { outcome, message: wordsOf(message) };
  };
  return { live, run, read: () => readFileSync(file, 'utf8') };
}

test.each([
  ['a document', { document: named }],
  ['a compressed document', { document_gzip: gzipSync(named).toString('base64') }],
  ['edits', { edits: [{ set: ['site', 'name'], value: 'Home' }] }],
])('the centre changes the site by %s, and the same command again changes nothing more', async (_, values) => {
  const { live, run, read } = await rig();
  const applied = { outcome: 'applied', message: 'revision 2 is the site now' };
  expect([await run({ ...values, why: 'asked for' }), await run(values)]).toEqual([applied, applied]);
  expect(live.document.newest).toMatchObject({ number: 2, author: { kind: 'centre', name: 'olga' }, why: 'asked for' });
  expect([live.current.name, read()]).toEqual(['Home', expect.stringContaining('# ours')]);
});

test('a command over an old revision, or with an invalid document, is refused with the reason', async () => {
  const { live, run, read } = await rig();
  await live.document.change({ seen: '1', author: { kind: 'page', name: 'anna' }, why: '', edit: () => named });
  expect(await run({ document: `${text}# mine\n` })).toMatchObject({
    outcome: 'refused',
    message: expect.stringContaining('the site renamed to Home'),
  });
  expect(await run({ revision: '2', document: `${named}kettles: []\n` })).toMatchObject({
    outcome: 'refused',
    message: expect.stringContaining('unknown key "kettles"'),
  });
  expect(await run({ document: text, edits: [] })).toMatchObject({ outcome: 'refused' });
  expect(await run({ document_gzip: 'bm90IGd6aXA=' })).toMatchObject({ outcome: 'refused' });
  expect(read()).toBe(named);
});

test('a site that is local only is not changed by the centre', async () => {
  const { run, read } = await rig(text.replace('timezone: UTC', 'timezone: UTC, local_only: true'));
  expect(await run({ edits: [{ set: ['site', 'local_only'], value: false }] })).toEqual({
    outcome: 'refused',
    message: 'the site says local_only: its document is changed on the site alone',
  });
  expect(read()).toContain('local_only: true');
});
