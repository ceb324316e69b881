import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { configError } from '@forpost/shared/config/yaml.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import { afterEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Knock } from '../../broker/knock.ts';
import type { LoadedDocument } from '../../site/change.ts';
import { SiteDocument } from '../../site/document.ts';
import type { Author } from '../../site/revision.ts';
import type { Site } from '../../site/site.ts';
import { decoders } from '../decoders/registry.ts';
import { Knocker } from './knocker.ts';
import { createTakeIn, type NewCredential, type TakeInParts, type TakeInRequest } from './take-in.ts';
import { budgetOfOne, WorkBudget } from './work-budget.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const clock = new FakeClock(Date.UTC(2026, 10, 30, 9));
const anna: Author = { kind: 'page', name: 'anna' };
const text = `# the farm
site: { id: farm-7, timezone: Europe/Berlin }
devices:
  - { id: oven, decoder: native } # warm
`;

function knocker(change: Partial<Knock> = {}): Knocker {
  const knock: Knock = {
    clientId: 'DVES_1A2B3C',
    user: 'plug',
    password: Buffer.from('correct horse'),
    address: '10.0.0.7',
    version: '3.1.1',
    isEncrypted: false,
    principal: null,
    will: { topic: 'tele/tasmota_1A2B3C/LWT', payload: Buffer.from('Offline') },
    ...change,
  };
  const one = new Knocker(1, knock.address, knock, clock.now(), new WorkBudget(clock, budgetOfOne));
  one.connected(knock, { send: () => true, end: () => undefined }, clock.now());
  one.noteWill(decoders, clock.now());
  return one;
}

/** A document on disk, and credentials in memory. `wrong`: problems of the next document that has this text. */
async function setUp(change: Partial<TakeInParts> = {}, wrong?: { readonly has: string; readonly problem: string }) {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-take-in-'));
  folders.push(folder);
  const file = join(folder, 'site.yaml');
  writeFileSync(file, text);
  const credentials = new Map<string, NewCredential>();
  let site: Site | undefined;
  const load = (next: string): LoadedDocument => {
    if (wrong !== undefined && next.includes(wrong.has)) throw configError([`site.yaml:5:3: ${wrong.problem}`]);
    const { devices, bridges = [], consumers = [], cameras = [] } = parse(next);
    // a document whose devices have no credential would not load
    for (const { id } of devices)
      if (id !== 'oven' && !credentials.has(id)) throw configError([`${id} has no password`]);
    return { site: { devices, bridges, consumers, cameras } as unknown as Site, secrets: { mqtt: {}, console: {} } };
  };
  const document = new SiteDocument({
    file,
    data: folder,
    load,
    clock,
    prepare: (loaded) => ({
      commit: () => {
        site = loaded.site;
      },
    }),
  });
  await document.open();
  site = load(text).site;
  const order: string[] = [];
  const takeIn = createTakeIn({
    document,
    site: () => site as Site,
    decoders,
    ownerOf: () => undefined,
    putCredential: (credential) => {
      const before = credentials.get(credential.id);
      credentials.set(credential.id, credential);
      order.push(`put ${credential.id}`);
      return () => {
        order.push(`take back ${credential.id}`);
        if (before === undefined) credentials.delete(credential.id);
        else credentials.set(credential.id, before);
      };
    },
    hash: async (password) => `hash of ${password}`,
    ...change,
  });
  return {
    file,
    document,
    credentials,
    order,
    takeIn: (request: TakeInRequest, of = knocker()) => takeIn(of, request, anna),
  };
}

test('a client is taken in with one tap: its entry in the document, its own log-in as a hash, and a revision of who did it', async () => {
  const { file, document, credentials, takeIn } = await setUp();
  expect(await takeIn({ name: 'Washing machine' })).toEqual({
    device: 'washing-machine',
    section: 'devices',
    name: 'Washing machine',
    revision: 2,
  });
  expect([...credentials.values()]).toEqual([
    { kind: 'fixed', id: 'washing-machine', user: 'plug', clientId: undefined, password: 'hash of correct horse' },
  ]);
  const written = readFileSync(file, 'utf8');
  expect(written).toContain('# the farm');
  expect(written).toContain('# warm');
  expect(parse(written).devices[1]).toEqual({
    id: 'washing-machine',
    name: 'Washing machine',
    decoder: 'tasmota',
    topic: 'tasmota_1A2B3C',
  });
  expect(document.newest).toMatchObject({ author: anna, why: 'paired: DVES_1A2B3C from 10.0.0.7' });
  expect(written).not.toContain('horse');
});

test('a client without a log-in of its own, or with a weak one, gets a new credential, which is shown once', async () => {
  const { credentials, takeIn } = await setUp();
  const bare = knocker({ user: undefined, password: undefined });
  const made = await takeIn({ name: 'Plug', place: ' Cellar ' }, bare);
  expect(made).toMatchObject({
    device: 'plug',
    credential: { user: 'plug', password: expect.stringMatching(/^\S{27}$/) },
  });
  expect(credentials.get('plug')).toMatchObject({
    kind: 'password',
    password: expect.stringContaining('$forpost-hmac'),
  });
  const weak = knocker({
    user: 'DVES_USER',
    password: Buffer.from('DVES_PASS'),
    will: { topic: 'tele/other/LWT', payload: Buffer.from('Offline') },
  });
  expect(await takeIn({ name: 'Other' }, weak)).toHaveProperty('credential');
  const insisted = knocker({
    user: 'DVES_USER',
    password: Buffer.from('DVES_PASS'),
    will: { topic: 'tele/third/LWT', payload: Buffer.from('Offline') },
  });
  expect(await takeIn({ name: 'Third', logIn: 'own' }, insisted)).not.toHaveProperty('credential');
});

test.each([
  [{ name: ' ' }, 'name', 'a name has 1 to 100 letters'],
  [{ name: 'x'.repeat(101) }, 'name', 'a name has 1 to 100 letters'],
  [{ name: 'Plug', id: 'Plug One' }, 'id', '"Plug One" is not an id: use 1 to 64 of a-z, 0-9 and -'],
  [{ name: 'Plug', id: 'oven' }, 'id', 'the id "oven" is taken already: choose another'],
  [{ name: 'Plug', decoder: 'shelly' }, 'topic', expect.stringContaining('say what the client calls itself')],
  [{ name: 'Plug', decoder: 'sonoff' }, 'decoder', expect.stringContaining('choose one of native, tasmota, shelly')],
] as const)('what cannot be is refused at its field: %j', async (request, field, words) => {
  const { credentials, document, takeIn } = await setUp();
  const refused = await takeIn(request);
  expect(refused).toMatchObject({ refused: 'field', field });
  expect('said' in refused && inEnglish(refused.said)).toEqual(words);
  expect([credentials.size, document.newest.number]).toEqual([0, 1]);
});

test('a document that a check refuses leaves neither an entry nor a credential', async () => {
  const problem = '"tasmota_1A2B3C" is already the topic of the device "washer"';
  const { file, order, credentials, takeIn } = await setUp({}, { has: 'tasmota_1A2B3C', problem });
  expect(await takeIn({ name: 'Plug' })).toMatchObject({ refused: 'problems', problems: [problem] });
  expect(order).toEqual(['put plug', 'take back plug']);
  expect(credentials.size).toBe(0);
  expect(readFileSync(file, 'utf8')).toBe(text);
});

test('a gateway that is killed between credential and document starts without the device, and the next try replaces the credential', async () => {
  const killed = new Error('killed');
  let dead = true;
  const { file, document, credentials } = await setUp();
  const parts: Partial<TakeInParts> = {
    document: {
      get newest() {
        return document.newest;
      },
      change: async (request) => {
        if (!dead) return document.change(request);
        request.makeSecrets?.('');
        throw killed;
      },
    },
    putCredential: (credential) => {
      credentials.set(credential.id, credential);
      return () => undefined;
    },
  };
  const again = createTakeIn({
    document,
    site: () => ({ devices: [], consumers: [], cameras: [] }) as unknown as Site,
    decoders,
    ownerOf: () => undefined,
    putCredential: () => () => undefined,
    hash: async (password) => `hash of ${password}`,
    ...parts,
  });
  await expect(again(knocker(), { name: 'Plug' }, anna)).rejects.toBe(killed);
  expect(credentials.get('plug')).toBeDefined();
  expect(readFileSync(file, 'utf8')).toBe(text);
  dead = false;
  const other = knocker({ password: Buffer.from('another password') });
  expect(await again(other, { name: 'Plug' }, anna)).toMatchObject({ device: 'plug', revision: 2 });
  expect(credentials.get('plug')).toMatchObject({ password: 'hash of another password' });
});

test('two clients that are given the same name at once become two devices, and a change of others in between is no obstacle', async () => {
  const { file, takeIn, document } = await setUp();
  const second = knocker({ user: 'two', will: { topic: 'tele/second/LWT', payload: Buffer.from('Offline') } });
  const other = document.change({
    seen: '1',
    author: { kind: 'page', name: 'boris' },
    why: '',
    edit: (before) => `${before}consumers: []\n`,
  });
  const [one, two] = await Promise.all([takeIn({ name: 'Plug' }), takeIn({ name: 'Plug' }, second), other]);
  expect([one, two].map((taken) => 'device' in taken && taken.device).sort()).toEqual(['plug', 'plug-2']);
  const { devices } = parse(readFileSync(file, 'utf8')) as { devices: { id: string; topic?: string }[] };
  expect(devices.map(({ id }) => id).sort()).toEqual(['oven', 'plug', 'plug-2']);
  expect(new Set(devices.map(({ topic }) => topic)).size).toBe(3);
});

test('a new device does not get the fixed user name of another as its id', async () => {
  const { takeIn } = await setUp({ ownerOf: (user) => (user === 'plug-7' ? 'oven' : undefined) });
  expect(await takeIn({ name: 'Plug 7' })).toMatchObject({ device: 'plug-7-2' });
  expect(await takeIn({ name: 'Other', id: 'plug-7' })).toMatchObject({ refused: 'field', field: 'id' });
});

test('a file of secrets that cannot be written, and a file that was edited by hand, are refused in words', async () => {
  const full = new ForpostError('FORPOST_CONFIG_INVALID', 'secrets.yaml cannot be written: the disk is full');
  const { takeIn } = await setUp({
    putCredential: () => {
      throw full;
    },
  });
  expect(await takeIn({ name: 'Plug' })).toMatchObject({ refused: 'problems', problems: [full.message] });
  const edited = await setUp();
  writeFileSync(edited.file, `${text}# by hand\n`);
  const refused = await edited.takeIn({ name: 'Plug' });
  expect('said' in refused && inEnglish(refused.said)).toContain('was edited by hand');
  expect(edited.credentials.size).toBe(0);
});

test('a client of a kind that may be a bridge becomes what it shows itself to be, or what the person says', async () => {
  const hub = () => {
    const one = knocker({ clientId: 'hub', user: 'hub', will: undefined });
    const payload = Buffer.from(JSON.stringify({ device: 's1', values: { temperature_c: 8 } }));
    one.published({ topic: 'forpost/devices/hub/readings', payload, qos: 0, retain: false }, decoders, clock.now());
    return one;
  };
  const { document, takeIn } = await setUp();
  expect(await takeIn({ name: 'Hub' }, hub())).toMatchObject({ device: 'hub', section: 'bridges' });
  expect(parse(document.text).bridges).toEqual([{ id: 'hub', name: 'Hub', decoder: 'native', topic: 'hub' }]);
  const device = await takeIn({ name: 'Hub', section: 'devices' }, hub());
  expect(device).toMatchObject({ device: 'hub-2', section: 'devices' });
  const plug = await takeIn({ name: 'Gate', section: 'bridges' });
  expect(plug).toMatchObject({ device: 'gate', section: 'bridges' });
  const shelly = await takeIn({ name: 'Plug', section: 'bridges', decoder: 'shelly', topic: 'plug' });
  expect(shelly).toMatchObject({ refused: 'field', field: 'section' });
  const z2m = await takeIn({ name: 'Z', section: 'devices', decoder: 'zigbee2mqtt', topic: 'z' });
  expect(z2m).toMatchObject({ refused: 'field', field: 'section' });
});
