import { makeCredential } from '@forpost/shared/made-credential.ts';
import { expect, test } from 'vitest';
import type { MqttSecret } from '../site/secrets.ts';
import type { Site } from '../site/site.ts';
import { checkLogIns, uselessNames } from './check-log-ins.ts';

const { hash } = makeCredential();
const site = { devices: [{ id: 'oven' }, { id: 'plug' }], consumers: [] } as unknown as Site;
const certificate = `sha256:${'ab'.repeat(32)}`;

function told(oven: MqttSecret, plug: MqttSecret = hash) {
  const { ofSite, ofSecrets } = checkLogIns(site, { oven, plug }, 'secrets.yaml');
  return [...ofSite, ...ofSecrets].map(({ path, message }) => `${path.join('.')} ${message}`);
}

test('every form of credentials is right: a hash, a grace, certificates, a fixed log-in, a revocation', () => {
  const before = { password: hash, until: '2026-12-01T00:00:00Z' };
  for (const oven of [
    hash,
    { password: hash, before },
    { certificates: [certificate] },
    { password: hash, user: 'DVES_USER', client_id: 'DVES_1' },
    { revoked: '2026-11-30T10:00:00Z' },
  ])
    expect(told(oven)).toEqual([]);
});

test('missing or wrong credentials, and those of two principals, are problems with their place', () => {
  expect(told({})).toEqual([
    'mqtt.oven mqtt.oven has neither a password nor a certificate: "forpost devices rotate oven" makes one',
  ]);
  expect(told({ password: 'heat' })[0]).toContain("mqtt.oven.password mqtt.oven.password is not a password's hash");
  expect(told({ password: hash, client_id: 'x' })[0]).toContain('goes with a fixed user name');
  expect(told({ certificates: [certificate] }, { certificates: [certificate] })).toEqual([
    `mqtt.plug.certificates.0 mqtt.plug: the certificate ${certificate} is that of "oven" already: each has one of its own`,
  ]);
  const fixed = { password: hash, user: 'DVES_USER' };
  expect(told(fixed, fixed)[0]).toContain('the fixed user name DVES_USER is that of "oven" already');
  expect(told({ password: hash, user: 'plug' })[0]).toContain('"plug" is the id of another: add client_id');
});

test('a name of a certificate has no effect without a CA of clients’ certificates', () => {
  expect(uselessNames({ oven: { certificates: [certificate, 'name:oven-7'] } }, false)).toMatchObject([
    { path: ['mqtt', 'oven', 'certificates', 1] },
  ]);
  expect(uselessNames({ oven: { certificates: ['name:oven-7'] } }, true)).toEqual([]);
});
