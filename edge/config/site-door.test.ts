import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { CameraLogins } from '../console/camera-save-route.ts';
import { GatewaySocket } from '../console/socket.ts';
import { lockFile } from '../outbox/sqlite/lock.ts';
import { SiteDocument } from '../site/document.ts';
import { writeCameraLogin } from './camera-logins.ts';
import type { SiteDoor } from './door.ts';
import { loadSite } from './load-site.ts';
import { withSiteDoor } from './site-door.ts';

const text = `# home
site: { id: home, timezone: Europe/Berlin }
devices: []
`;
const named = text.replace('id: home,', 'id: home, name: Home,');

function rig(deep = '') {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-door-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const data = join(folder, deep, 'data');
  mkdirSync(data, { recursive: true });
  const [site_file, secrets_file] = [join(folder, 'site.yaml'), join(folder, 'secrets.yaml')];
  writeFileSync(site_file, text);
  writeFileSync(secrets_file, 'mqtt: {}\nconsole: {}\n');
  const installation = { data, site_file, secrets_file };
  const through = <T>(run: (door: SiteDoor) => Promise<T>) => withSiteDoor(installation, 'root', run);
  const runs = async () => {
    const load = (next: string) => loadSite(site_file, secrets_file, next);
    const document = new SiteDocument({ file: site_file, data, load, clock: new FakeClock() });
    await document.open();
    const cameraLogins: CameraLogins = {
      write: (camera, login) => writeCameraLogin(installation, camera, login),
      change: async (camera, login) => void writeCameraLogin(installation, camera, login),
    };
    const socket = new GatewaySocket({ folder: data, document, cameraLogins, logger: silentLogger() });
    await socket.start();
    onTestFinished(() => socket.stop());
    return { document, socket };
  };
  return { ...installation, through, runs };
}

describe.each([
  ['the file, while no gateway runs', false],
  ['the running gateway', true],
])('the command line through %s', (_, isRunning) => {
  test('adds a camera with its log-in, changes the log-in alone, and refuses both together', async () => {
    const { through, runs, ...files } = rig();
    if (isRunning) await runs();
    const secrets = () => loadSite(files.site_file, files.secrets_file).secrets.cameras;
    const save = (url: string | undefined, password: string) =>
      through(async (door) => {
        const { revision } = await door.show();
        const edits = url === undefined ? [] : [{ set: ['cameras', 'yard', 'url'], value: url }];
        return door.saveCamera(String(revision.number), 'yard', edits, { user: 'viewer', password }, '');
      });
    expect(await save('rtsp://10.0.0.7/sub', 'a: #1')).toMatchObject({ revision: { number: 2 } });
    expect(secrets()).toEqual({ yard: { user: 'viewer', password: 'a: #1' } });
    expect(await save(undefined, 'second')).toMatchObject({ unchanged: { number: 2 } });
    expect(secrets()?.yard?.password).toBe('second');
    await expect(save('gopher://10.0.0.7/', 'third')).rejects.toThrow();
    expect(secrets()?.yard?.password).toBe('second');
  });

  test('shows, changes and undoes the site, and says what differs', async () => {
    const { through, runs, site_file: file } = rig();
    const running = isRunning ? await runs() : undefined;
    expect(await through((door) => door.show())).toMatchObject({ document: text, revision: { number: 1 } });
    expect(await through((door) => door.check(named))).toEqual({
      changes: [expect.objectContaining({ message: 'the site renamed to Home' })],
      problems: [],
    });
    expect(await through((door) => door.put('1', named, 'nicer'))).toMatchObject({
      revision: { number: 2, why: 'nicer', author: { kind: 'command-line', name: 'root' } },
    });
    expect(readFileSync(file, 'utf8')).toBe(named);
    expect(running?.document.newest.number ?? 2).toBe(2);
    expect(await through((door) => door.diff('1'))).toMatchObject([{ message: 'the site renamed to Home' }]);
    expect(await through((door) => door.undo('2', '1', ''))).toMatchObject({ revision: { number: 3 } });
    expect((await through((door) => door.history())).map(({ number }) => number)).toEqual([3, 2, 1]);
    expect((await through((door) => door.show('2'))).document).toBe(named);
  });

  test('takes up an edit by hand', async () => {
    const { through, runs, site_file: file } = rig();
    if (isRunning) await runs();
    await through((door) => door.show());
    writeFileSync(file, named);
    expect(await through((door) => door.byHand())).toMatchObject({
      changes: [{ message: 'the site renamed to Home' }],
    });
    await expect(through((door) => door.put('1', text, ''))).rejects.toThrow(
      'edited by hand (the site renamed to Home)',
    );
    expect(await through((door) => door.apply('nicer'))).toMatchObject({
      revision: { number: 2, why: 'nicer', author: { kind: 'command-line', name: 'root' } },
    });
    expect(await through((door) => door.apply(''))).toMatchObject({ unchanged: { number: 2 } });
  });

  test('refuses with the reason, and changes nothing', async () => {
    const { through, runs, site_file: file } = rig();
    if (isRunning) await runs();
    await expect(through((door) => door.put('1', `${text}kettles: []\n`, ''))).rejects.toThrow('unknown key "kettles"');
    await through((door) => door.put('1', named, ''));
    await expect(through((door) => door.put('1', `${text}# mine\n`, ''))).rejects.toMatchObject({
      code: 'FORPOST_SITE_CONFLICT',
      message: expect.stringContaining('the site renamed to Home'),
    });
    await expect(through((door) => door.show('77'))).rejects.toThrow('revision 77 is not kept');
    expect(readFileSync(file, 'utf8')).toBe(named);
  });
});

test('the gateway’s socket is for its own user, and a path that is too long for a socket works', async () => {
  const { through, runs, data } = rig('a-folder-with-a-long-name/'.repeat(5));
  const { socket } = await runs();
  expect(socket.problems()).toEqual([]);
  expect(statSync(join(data, 'gateway.sock')).mode & 0o777).toBe(0o600);
  expect(await through((door) => door.show())).toMatchObject({ document: text });
});

test('a gateway that does not answer at its socket keeps its document', async () => {
  const { through, data, site_file: file } = rig();
  const lock = lockFile(join(data, 'gateway.lock'));
  onTestFinished(() => lock?.release());
  await expect(through((door) => door.put('1', named, ''))).rejects.toThrow('does not answer at its socket');
  expect(readFileSync(file, 'utf8')).toBe(text);
});

test('a data folder that takes no socket stops no start', async () => {
  const { runs, data } = rig();
  if (process.geteuid?.() === 0) rmSync(data, { recursive: true });
  else chmodSync(data, 0o500);
  expect((await runs()).socket.problems()).toEqual([expect.stringContaining('gateway.sock cannot be made')]);
});
