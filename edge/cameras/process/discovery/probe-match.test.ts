/** Answers to a search for cameras, in the forms that cameras, printers and attackers send. */
import { expect, test } from 'vitest';
import { probeMatch } from '../../../../scripts/camera/onvif/answers.ts';
import { makes } from '../../../../scripts/camera/onvif/makes.ts';
import type { OwnAddress } from './networks.ts';
import { camerasIn } from './probe-match.ts';

const own = (cidr: string): OwnAddress => ({
  name: 'eth0',
  address: cidr.replace(/\/.*/, ''),
  family: cidr.includes(':') ? 'IPv6' : 'IPv4',
  cidr,
  internal: false,
});
const networks = [own('192.168.0.2/24'), own('fe80::2/64')];
const answerOf = (make: keyof typeof makes, ...addresses: string[]) =>
  probeMatch(makes[make], '44444444-5555-6666-7777-888888888888', 'uuid:1', addresses);

test('cameras of four makers are found by their name, model and address', () => {
  const found = (Object.keys(makes) as (keyof typeof makes)[]).flatMap((make) =>
    camerasIn(answerOf(make, 'http://192.168.0.90/onvif/device_service'), '192.168.0.90', networks),
  );
  expect(found.map(({ name, model, address }) => [name, model, address])).toEqual(
    [
      ['HIKVISION DS-2CD2143G0-I', 'DS-2CD2143G0-I'],
      ['Dahua', 'IPC-HDW2431T-AS-S2'],
      ['AXIS M2036-LE', 'M2036-LE'],
      ['Reolink', 'RLC-810A'],
    ].map((one) => [...one, 'http://192.168.0.90/onvif/device_service']),
  );
});

test('of several addresses that a camera names, the one in a network of the gateway is taken', () => {
  const text = answerOf(
    'axis',
    'http://169.254.209.66/onvif/device_service',
    'http://[fe80::1]/onvif/device_service',
    'https://192.168.0.91/onvif/device_service',
    'http://192.168.0.91:8000/onvif/device_service',
  );
  expect(camerasIn(text, '192.168.0.91', networks)[0]?.address).toBe('http://192.168.0.91:8000/onvif/device_service');
  expect(camerasIn(text, '10.1.1.1', networks)[0]?.address).toBe('http://192.168.0.91:8000/onvif/device_service');
});

test('a camera that still has its factory address is shown with what to do, and cannot be asked', () => {
  const [found] = camerasIn(answerOf('dahua', 'http://192.168.1.108/onvif/device_service'), '192.168.1.108', networks);
  expect(found?.address).toBeUndefined();
  expect(found?.problem).toBe(
    'it names only the address 192.168.1.108, which is in no network of this gateway: give it an address of this network, or type its address',
  );
});

test('a camera cannot send the gateway to another host, protocol or log-in', () => {
  const named = [
    'http://camera.example/onvif/device_service',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'http://8.8.8.8/onvif/device_service',
    'not an address',
  ];
  for (const address of named)
    expect(camerasIn(answerOf('axis', address), '192.168.0.9', networks)[0]?.address).toBeUndefined();
  const [withLogin] = camerasIn(answerOf('axis', 'http://root:pass@192.168.0.9/onvif#x'), '192.168.0.9', networks);
  expect(withLogin?.address).toBe('http://192.168.0.9/onvif');
});

test('answers that are not a camera’s are left out: printers, broken XML, entities, another charset, noise', () => {
  const printer = answerOf('axis', 'http://192.168.0.9/')
    .replace(/onvif:[^ <]*/g, '')
    .replace(/<wsdd:Types>[^<]*/, '<wsdd:Types>wprt:PrintDeviceType');
  const bomb = `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>${answerOf('axis', 'http://192.168.0.9/').replace('AXIS', '&b;')}`;
  const namespaces = answerOf('axis', 'http://192.168.0.9/').replace('xmlns:tds', `${'xmlns '.repeat(5_000)}xmlns:tds`);
  const deep = `<e:Envelope><e:Body>${'<a>'.repeat(20_000)}${'</a>'.repeat(20_000)}</e:Body></e:Envelope>`;
  const empty = answerOf('axis').replace(/<wsdd:ProbeMatch>.*<\/wsdd:ProbeMatch>/s, '');
  const cut = answerOf('axis', 'http://192.168.0.9/').slice(0, 700);
  for (const text of [printer, bomb, namespaces, deep, empty, cut, '', '<', '\0\u0001', '{"a":1}'])
    expect(camerasIn(text, '192.168.0.9', networks)).toEqual([]);
});

test('an answer may hold several cameras, and a name no longer than a line', () => {
  const one = answerOf('axis', 'http://192.168.0.9/').replace('AXIS%20M2036-LE', `%1b[31m${'x'.repeat(500)}`);
  const two = one.replace(/(<wsdd:ProbeMatch>.*<\/wsdd:ProbeMatch>)/s, '$1'.repeat(40));
  const found = camerasIn(two, '192.168.0.9', networks);
  expect(found).toHaveLength(16);
  expect(found[0]?.name).toMatch(/^\[31mx+$/);
  expect(found[0]?.name.length).toBe(80);
});
