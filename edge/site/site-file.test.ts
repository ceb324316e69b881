import { spawnSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { loadSite } from '../config/load-site.ts';
import { type CameraScene, withScene } from './scene-edit.ts';
import { SiteFile } from './site-file.ts';

const text = `# the farm of the Hubers
site: { id: farm-7, timezone: Europe/Berlin }
devices: []
cameras:
  - id: gate   # at the road
    url: rtsp://10.0.0.6:554/stream
  # the one on the barn
  - id: yard
    url: rtsp://10.0.0.7:554/stream
    zones:
      # the tractor stands here
      - { id: drive, name: Drive, points: [[0, 0], [1, 0], [1, 1], [0, 1]] } # never smaller
      - { id: door, points: [[0, 0], [0.2, 0], [0.2, 0.3]] }
rules:
  - { id: intruder, kind: zone-entered, camera: yard, zone: drive } # nobody at night
`;
const corners = [
  [0, 0],
  [1, 0],
  [1, 1],
] as [number, number][];

function rig() {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-site-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [file, secrets] = [join(folder, 'site.yaml'), join(folder, 'secrets.yaml')];
  writeFileSync(file, text);
  writeFileSync(secrets, 'mqtt: {}\nconsole: {}\n');
  return {
    folder,
    file,
    site: () => loadSite(file, secrets).site,
    siteFile: new SiteFile({ file, data: join(folder, 'data'), load: (next) => loadSite(file, secrets, next).site }),
  };
}
const drawn = (more: Partial<CameraScene> = {}): CameraScene => ({
  zones: [{ id: 'drive', name: 'Drive', points: corners }],
  lines: [],
  masks: [],
  motion_masks: [],
  ...more,
});

test('what is drawn is saved, and every comment and everything else of the file stays', async () => {
  const { siteFile, site, file, folder } = rig();
  const before = site();
  const line: [[number, number], [number, number]] = [
    [0.123456, 0.5],
    [1, 0.5],
  ];
  const scene = drawn({
    lines: [{ id: 'fence', points: line }],
    masks: [{ points: corners }],
    motion_masks: [{ points: corners }],
  });
  const saved = await siteFile.save(before.revision, (old) => withScene(old, 'yard', scene));
  const after = site();
  expect(saved).toEqual({ site: after });
  expect(after.revision).not.toBe(before.revision);
  const { zones: _, ...yard } = before.cameras[1]!;
  expect(after.cameras).toEqual([
    before.cameras[0],
    {
      ...yard,
      zones: scene.zones,
      lines: [
        {
          id: 'fence',
          points: [
            [0.1235, 0.5],
            [1, 0.5],
          ],
        },
      ],
      masks: scene.masks,
      motion_masks: scene.motion_masks,
    },
  ]);
  expect({ ...after, cameras: [], revision: '' }).toEqual({ ...before, cameras: [], revision: '' });
  const written = readFileSync(file, 'utf8');
  for (const comment of text.match(/# .*/g) ?? []) expect(written).toContain(comment);
  expect(readFileSync(`${file}.before`, 'utf8')).toBe(text);
  expect(readdirSync(folder).sort()).toEqual(['secrets.yaml', 'site.yaml', 'site.yaml.before']);
});

test('of two people who save over the same revision the second gets a conflict, and nothing is lost', async () => {
  const { siteFile, site, file } = rig();
  const { revision } = site();
  const save = (name: string) =>
    siteFile.save(revision, (old) =>
      withScene(
        old,
        'yard',
        drawn({
          lines: [
            {
              id: name,
              points: [
                [0, 0],
                [1, 1],
              ],
            },
          ],
        }),
      ),
    );
  const [first, second] = await Promise.all([save('one'), save('two')]);
  expect(first).toHaveProperty('site');
  expect(second).toEqual({ conflict: site().revision });
  expect(site().cameras[1]?.lines?.map(({ id }) => id)).toEqual(['one']);
  writeFileSync(file, `${readFileSync(file, 'utf8')}# by hand\n`);
  expect(await siteFile.save(revision, (old) => old)).toHaveProperty('conflict');
});

test('a change that the next start would refuse is refused in words, and the file stays as it was', async () => {
  const { siteFile, site, file, folder } = rig();
  const { revision } = site();
  const crossing = [
    [0, 0],
    [1, 1],
    [1, 0],
    [0, 1],
  ] as [number, number][];
  const wrong = await siteFile.save(revision, (old) =>
    withScene(old, 'yard', drawn({ zones: [{ id: 'drive', points: crossing }] })),
  );
  expect(wrong).toEqual({ problems: [expect.stringMatching(/^the zone "drive" of camera "yard" crosses itself/)] });
  const unwatched = await siteFile.save(revision, (old) => withScene(old, 'yard', drawn({ zones: [] })));
  expect(unwatched).toEqual({
    problems: [expect.stringMatching(/rule "intruder": camera "yard" has no zone "drive"/)],
  });
  expect(readFileSync(file, 'utf8')).toBe(text);
  expect(readdirSync(folder).sort()).toEqual(['secrets.yaml', 'site.yaml']);
});

test('a camera without anything drawn gets it, and loses it again without a trace', () => {
  const more = withScene(text, 'gate', drawn());
  expect(withScene(more, 'gate', { zones: [], lines: [], masks: [], motion_masks: [] })).toBe(
    withScene(text, 'gate', { zones: [], lines: [], masks: [], motion_masks: [] }),
  );
  expect(() => withScene(text, 'nobody', drawn())).toThrow(/has no camera "nobody"/);
});

test('a link stays a link, and its target is saved', async () => {
  const { siteFile, site, file, folder } = rig();
  mkdirSync(join(folder, 'dotfiles'));
  renameSync(file, join(folder, 'dotfiles/site.yaml'));
  symlinkSync('dotfiles/site.yaml', file);
  expect(await siteFile.save(site().revision, (old) => withScene(old, 'yard', drawn()))).toHaveProperty('site');
  expect(lstatSync(file).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(folder, 'dotfiles/site.yaml.before'), 'utf8')).toBe(text);
  expect(site().cameras[1]?.zones?.map(({ id }) => id)).toEqual(['drive']);
});

const isRoot = process.geteuid?.() === 0;

test('a file in a folder that takes no new file is saved, and its text before is kept with the data', async ({
  skip,
}) => {
  if (!isRoot) return skip('mounts need root');
  if (spawnSync('unshare', ['-m', 'true']).status !== 0) return skip('this machine lets nobody mount in a namespace');
  const { file, folder } = rig();
  const etc = join(folder, 'etc');
  mkdirSync(etc);
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(etc, 'site.yaml'), '');
  const here = (name: string) => JSON.stringify(fileURLToPath(new URL(name, import.meta.url)));
  const code = `import { SiteFile } from ${here('./site-file.ts')}; import { loadSite } from ${here('../config/load-site.ts')};
    const [file, secrets, data] = ${JSON.stringify([join(etc, 'site.yaml'), join(folder, 'secrets.yaml'), join(folder, 'data')])};
    const { site } = loadSite(file, secrets);
    const saved = await new SiteFile({ file, data, load: (text) => loadSite(file, secrets, text).site }).save(site.revision, (old) => old + '# more\\n');
    console.log(JSON.stringify(Object.keys(saved)), saved.problems ?? '');`;
  const script = [
    ...['set -e', 'mount --make-rprivate /', `mount --bind "${etc}" "${etc}"`, `mount -o remount,bind,ro "${etc}"`],
    ...[`mount --bind "${file}" "${etc}/site.yaml"`, `"${process.execPath}" --input-type=module-typescript -e "$CODE"`],
  ].join('\n');
  const { stdout, stderr } = spawnSync('unshare', ['-m', 'bash', '-c', script], {
    encoding: 'utf8',
    env: { ...process.env, CODE: code },
  });
  expect([stdout, stderr]).toEqual(['["site"] \n', '']);
  expect(readFileSync(file, 'utf8')).toBe(`${text}# more\n`);
  expect(readFileSync(join(folder, 'data/site.yaml.before'), 'utf8')).toBe(text);
});

test('the line ends and the byte order mark of Windows stay', async () => {
  const { siteFile, site, file } = rig();
  writeFileSync(file, `\ufeff${text.replaceAll('\n', '\r\n')}`);
  expect(await siteFile.save(site().revision, (old) => withScene(old, 'yard', drawn()))).toHaveProperty('site');
  const written = readFileSync(file, 'utf8');
  expect(written.replaceAll('\r\n', '')).not.toContain('\n');
  expect(written.startsWith('\ufeff# the farm')).toBe(true);
});
