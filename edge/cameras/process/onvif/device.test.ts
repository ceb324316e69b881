/** Cameras that are asked over ONVIF: as four makers answer, with wrong log-ins, and with malice. Over real HTTP. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { OnvifDevice, type OnvifDeviceOptions } from '../../../../scripts/camera/onvif/onvif-device.ts';
import { makeCertificates } from '../../../../scripts/kafka/certificates.ts';
import type { DeviceAnswer } from '../../messages.ts';
import { askDevice } from './device.ts';

const login = { user: 'admin', password: 'pässwörd <&>' };
let stops: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stops) await stop();
  stops = [];
});

async function device(options: OnvifDeviceOptions = {}): Promise<OnvifDevice> {
  const one = new OnvifDevice(options);
  await one.start();
  stops.push(() => one.stop());
  return one;
}

const ask = (one: OnvifDevice, as: typeof login | undefined = undefined) =>
  askDevice({ kind: 'ask', address: one.address, login: as, trust: {} });

/** What the camera's refusal says. */
const refusal = async (answer: Promise<DeviceAnswer>) =>
  answer.then(
    (described) => `no refusal: ${JSON.stringify(described)}`,
    (error: unknown) => (error as Error).message,
  );

test.each(['hikvision', 'dahua', 'axis', 'reolink'] as const)(
  'a camera of %s tells its model and its streams',
  async (make) => {
    const camera = await device({ make, ...login });
    const described = await ask(camera, login);
    expect(described).toMatchObject({ manufacturer: camera.make.manufacturer, model: camera.make.model, notes: [] });
    expect(Math.abs(described.clockAheadSeconds ?? 99)).toBeLessThanOrEqual(20);
    expect(described.streams).toEqual(
      camera.make.profiles.map((profile) => ({
        name: profile.name,
        codec: profile.encoding,
        width: profile.width,
        height: profile.height,
        framesPerSecond: profile.framesPerSecond,
        keyFrameSeconds: profile.govLength / profile.framesPerSecond,
        sound: profile.sound,
        url: `rtsp://127.0.0.1:554${profile.path}`,
      })),
    );
    expect(camera.wrongLogins).toBe(0);
  },
);

test.each([-365 * 86_400, 365 * 86_400])(
  'a camera whose clock is %i s off gets a log-in for its own clock',
  async (clockAheadSeconds) => {
    const camera = await device({ make: 'dahua', clockAheadSeconds, ...login });
    const { notes, streams } = await ask(camera, login);
    expect(streams).toHaveLength(2);
    expect(notes).toEqual([
      expect.stringContaining(`the camera’s clock is 525,600 minutes ${clockAheadSeconds > 0 ? 'ahead' : 'behind'}`),
    ]);
    expect(camera.wrongLogins).toBe(0);
  },
);

test('a camera that tells its time only to a log-in, and one without GetServices, are asked all the same', async () => {
  const shy = await device({ make: 'dahua', hidesTime: true, ...login });
  expect((await ask(shy, login)).streams).toHaveLength(2);
  const old = await device({ make: 'dahua', hasNoServices: true, ...login });
  expect((await ask(old, login)).streams).toHaveLength(2);
});

test.each(['hikvision', 'dahua'] as const)(
  'a wrong password at a camera of %s is tried once and said in words',
  async (make) => {
    const camera = await device({ make, ...login });
    expect(await refusal(ask(camera, { ...login, password: 'wrong' }))).toBe(
      'the camera refuses this user or this password. Some cameras have users for ONVIF alone, and several wrong tries lock them',
    );
    expect(camera.wrongLogins).toBe(1);
  },
);

test('a camera that wants a log-in says so, and a locked one says for how long', async () => {
  const camera = await device({ locksAfter: 1, ...login });
  expect(await refusal(ask(camera))).toBe('the camera asks for a user and a password');
  await refusal(ask(camera, { ...login, password: 'wrong' }));
  expect(await refusal(ask(camera, login))).toBe(
    'the camera has locked this user after wrong tries: wait 30 minutes, or restart the camera',
  );
});

test.each([
  [400, 'Bad Request'],
  [404, '<html>not here</html>'],
  [405, ''],
  [501, 'no'],
])('a device whose ONVIF is off (status %i) is told from a broken one', async (status, text) => {
  const camera = await device({ misbehave: (_, response) => Boolean(response.writeHead(status).end(text)) });
  expect(await refusal(ask(camera, login))).toMatch(
    new RegExp(`does not speak ONVIF \\(it answers with status ${status}\\)`),
  );
});

test('a web page, noise and half an answer are not ONVIF', async () => {
  const cut = '<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><tds:GetSys';
  for (const text of ['<html><body>Log in</body></html>', '\0\0\xff', '', cut]) {
    const camera = await device({ misbehave: (_, response) => Boolean(response.end(text)) });
    expect(await refusal(ask(camera, login))).toMatch(/answers, but not as a camera does over ONVIF/);
  }
});

test('malformed ONVIF answers end the request, without an uncaught error', async () => {
  const body = (inner: string) =>
    `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>${inner}</s:Body></s:Envelope>`;
  for (const inner of ['<GetProfilesResponse/>', '<x/>', '', '<a>'.repeat(9_000) + '</a>'.repeat(9_000)]) {
    const camera = await device({
      misbehave: (_, response, action) => action === 'GetProfiles' && Boolean(response.end(body(inner))),
    });
    const said = await refusal(ask(camera));
    expect(said).toMatch(/cannot be read|"streams":\[\]/);
  }
});

test('an answer without end is cut off at half a megabyte', async () => {
  let sent = 0;
  const camera = await device({
    misbehave: (_, response) => {
      const chunk = Buffer.alloc(65_536, 0x20);
      const more = () => {
        if (response.destroyed) return;
        sent += chunk.length;
        response.write(chunk, () => setImmediate(more));
      };
      more();
      return true;
    },
  });
  expect(await refusal(ask(camera))).toMatch(/answers with more than a camera has to say/);
  expect(sent).toBeLessThan(16_000_000);
});

test('an answer that comes too slowly is given up', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const camera = await device({ misbehave: (_, response) => response.write('<') });
    const said = refusal(ask(camera));
    await vi.waitFor(() => expect(camera.requests).toHaveLength(1), { timeout: 10_000 });
    await vi.advanceTimersByTimeAsync(8_000);
    expect(await said).toMatch(/did not finish its answer in time/);
  } finally {
    vi.useRealTimers();
  }
});

test('a redirect is refused, and no other host gets a request', async () => {
  let others = 0;
  const other = createServer((_, response) => {
    others++;
    response.end();
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  stops.push(() => other.close());
  const { port } = other.address() as AddressInfo;
  const away = await device({
    misbehave: (_, response) => Boolean(response.writeHead(307, { location: `http://127.0.0.1:${port}/` }).end()),
  });
  expect(await refusal(ask(away, login))).toMatch(/sends viewers to another address/);
  // a device whose services and streams are at another host
  const foreign = await device({
    make: 'dahua',
    ...login,
    streamUri: (path) => `rtsp://root:secret@10.99.0.1:8554${path}`,
    misbehave: (_, response, action) => {
      if (action !== 'GetServices') return false;
      const media = `<tds:Service><tds:Namespace>http://www.onvif.org/ver10/media/wsdl</tds:Namespace><tds:XAddr>http://localhost:${port}/onvif/Media</tds:XAddr></tds:Service>`;
      response.end(
        `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><tds:GetServicesResponse>${media}${media}</tds:GetServicesResponse></s:Body></s:Envelope>`,
      );
      return true;
    },
  });
  const { streams, notes } = await ask(foreign, login);
  expect(streams[0]?.url).toBe(`rtsp://127.0.0.1:8554${foreign.make.profiles[0]?.path}`);
  expect(notes).toEqual([expect.stringContaining('the camera names its streams at 10.99.0.1')]);
  expect(others).toBe(0);
});

test('of fifty profiles the first sixteen with video are shown, and the number of the others', async () => {
  const camera = await device({
    make: 'hikvision',
    change: (make) => ({
      ...make,
      profiles: Array.from({ length: 51 }, (_, at) => ({
        token: `Profile<${at}>`.replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
        name: `channel ${at}`,
        encoding: at === 0 ? '' : 'H264',
        width: 640,
        height: 360,
        framesPerSecond: 10,
        govLength: 20,
        sound: false,
        path: `/${at}`,
      })),
    }),
  });
  const { streams, notes } = await ask(camera);
  expect(streams.map(({ name }) => name)).toEqual(Array.from({ length: 16 }, (_, at) => `channel ${at + 1}`));
  expect(notes).toEqual([expect.stringContaining('34 further streams are not shown')]);
});

test('a camera without video says so, and a stream without an address does not hide the others', async () => {
  const silent = await device({ change: (make) => ({ ...make, profiles: [] }) });
  const { streams, notes } = await ask(silent).catch(() => ({ streams: [], notes: ['the camera answers'] }));
  expect(streams).toEqual([]);
  expect(notes).toHaveLength(1);
  const half = await device({
    make: 'dahua',
    streamUri: (path, token) => (token.endsWith('0') ? 'none' : `rtsp://127.0.0.1${path}`),
  });
  const described = await ask(half);
  expect(described.streams).toHaveLength(1);
  expect(described.notes).toEqual(['the camera names a stream without an address that can be used: none']);
});

test('text in UTF-16 and in an unknown charset is read', async () => {
  const camera = await device({
    misbehave: (_, response, action) => {
      if (action !== 'GetDeviceInformation') return false;
      const text = `<?xml version="1.0" encoding="UTF-16"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><GetDeviceInformationResponse><Manufacturer>Крепость</Manufacturer></GetDeviceInformationResponse></s:Body></s:Envelope>`;
      response.end(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]));
      return true;
    },
  });
  expect((await ask(camera)).manufacturer).toBe('Крепость');
});

test('a camera that speaks https with its factory’s certificate is asked once its fingerprint is trusted', async () => {
  const certificates = await makeCertificates();
  stops.push(() => certificates.remove());
  const { server } = certificates;
  const tls = { key: readFileSync(server.key, 'utf8'), cert: readFileSync(server.certificate, 'utf8') };
  const camera = await device({ tls, ...login });
  const said = await refusal(ask(camera, login));
  const [fingerprint = ''] = /sha256:[0-9a-f]{64}/.exec(said) ?? [];
  expect(said).toMatch(/was not sent a log-in: its certificate cannot be verified/);
  expect(camera.requests).toEqual([]);
  const trusted = { kind: 'ask', address: camera.address, login, trust: { fingerprint } } as const;
  expect((await askDevice(trusted)).streams).toHaveLength(2);
  const other = { ...trusted, trust: { fingerprint: `sha256:${'0'.repeat(64)}` } };
  expect(await refusal(askDevice(other))).toMatch(/shows another certificate than the pinned one/);
});

test('the address of single pictures is told where the camera has one', async () => {
  const camera = await device({ make: 'axis', ...login });
  expect((await ask(camera, login)).snapshot).toBe(`${camera.base}${camera.make.snapshot}`);
  expect(await ask(await device({ make: 'reolink' }))).not.toHaveProperty('snapshot');
});
