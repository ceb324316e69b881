import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { expect, onTestFinished, test } from 'vitest';
import { loadSite } from '../config/load-site.ts';
import type { Prepared } from './change.ts';
import { LiveSite, type LiveSiteOptions, type SiteNote, type SitePart } from './live-site.ts';

const text = `site: { id: home, timezone: Europe/Berlin }
devices: []
cameras:
  - { id: yard, name: Yard, url: "rtsp://10.0.0.7/yard" }
`;
const nothing = { zones: [], lines: [], masks: [], motion_masks: [] };
const zone = {
  id: 'gate',
  points: [
    [0, 0],
    [1, 0],
    [1, 1],
  ] as [number, number][],
};
const drawn = { ...nothing, zones: [zone] };
const anna = { kind: 'page', name: 'anna' } as const;

async function rig(answers: Readonly<Record<string, (log: string[]) => Prepared>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-site-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [file, secrets] = [join(folder, 'site.yaml'), join(folder, 'secrets.yaml')];
  writeFileSync(file, text);
  writeFileSync(secrets, 'mqtt: {}\nconsole: {}\n');
  const [log, notes, failed]: [string[], SiteNote[], string[]] = [[], [], []];
  const parts = Object.entries(answers).map(
    ([name, answer]): SitePart => ({
      name,
      prepare() {
        log.push(`${name} prepares`);
        return answer(log);
      },
    }),
  );
  const options: LiveSiteOptions = {
    file,
    data: folder,
    clock: new FakeClock(),
    parts,
    site: loadSite(file, secrets).site,
    load: (next) => loadSite(file, secrets, next),
    onChanged: (note) => notes.push(note),
    onFailed: (part) => failed.push(part),
  };
  const live = new LiveSite(options);
  await live.start();
  return { live, options, log, notes, failed, read: () => readFileSync(file, 'utf8') };
}

const takes = (name: string) => (log: string[]) => ({ commit: () => log.push(`${name} commits`) });

test('a drawn scene is the site from then on, and the history says who drew what', async () => {
  const { live, notes } = await rig();
  const before = live.current.revision;
  const saved = await live.saveScene('yard', before, drawn, 'anna');
  expect(saved).toEqual({ revision: live.current.revision });
  expect(live.current.cameras[0]?.zones).toEqual([zone]);
  expect(notes).toEqual([
    {
      change: 'site-changed',
      by: 'anna',
      revision: 2,
      from: before,
      to: live.current.revision,
      message: 'anna changed the site (revision 2): camera yard: zone gate added',
    },
  ]);
});

test('a scene drawn over an older revision changes nothing, and names what others changed', async () => {
  const { live } = await rig();
  const { revision } = live.current;
  await live.saveScene('yard', revision, drawn, 'anna');
  expect(await live.saveScene('yard', revision, nothing, 'boris')).toEqual({
    conflict: 'somebody else has changed the site meanwhile (camera yard: zone gate added): look at it before you save',
  });
  expect(live.current.cameras[0]?.zones).toEqual([zone]);
});

test('every part prepares before the first one commits, and all commit in one turn in their order', async () => {
  const { live, log } = await rig({ rules: takes('rules'), devices: takes('devices') });
  await live.saveScene('yard', live.current.revision, drawn, 'anna');
  expect(log).toEqual(['rules prepares', 'devices prepares', 'rules commits', 'devices commits']);
});

test('a change that one part refuses reaches no part and no file', async () => {
  const { live, log, read, notes } = await rig({
    rules: takes('rules'),
    devices: () => ({ refused: ['needs a restart'] }),
  });
  const { current } = live;
  expect(await live.saveScene('yard', current.revision, drawn, 'anna')).toEqual({ problems: ['needs a restart'] });
  expect(log).toEqual(['rules prepares', 'devices prepares']);
  expect([live.current, read(), notes]).toEqual([current, text, []]);
});

test('a part that fails to commit is reported, and all others take the change', async () => {
  const fails = () => ({
    commit: () => {
      throw new Error('a defect');
    },
  });
  const { live, log, failed } = await rig({ rules: fails, devices: takes('devices') });
  const edit = (old: string) => `${old}# more\n`;
  expect(await live.document.change({ seen: '1', author: anna, why: '', edit })).toHaveProperty('revision');
  expect([log.at(-1), failed]).toEqual(['devices commits', ['rules']]);
});

test('an edit by hand that the start has found is told to the history with what it changed', async () => {
  const { live, notes, options } = await rig();
  live.reportHandEdit();
  expect(notes).toEqual([]);
  writeFileSync(options.file, text.replace('name: Yard', 'name: Court'));
  const next = new LiveSite(options);
  await next.start();
  next.reportHandEdit();
  expect(notes).toMatchObject([
    { by: 'somebody with an editor', revision: 2, message: expect.stringContaining('camera yard renamed to Court') },
  ]);
});
