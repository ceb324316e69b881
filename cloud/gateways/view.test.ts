import { expect, test } from 'vitest';
import { exampleStatus } from '../testing/examples.ts';
import type { KnownGateway } from './directory.ts';
import { gatewayView } from './view.ts';

const known = (change: Parameters<typeof exampleStatus>[0]) =>
  ({ gateway: 'gw-1', site: 'farm-7', online: true, status: exampleStatus(change) }) as unknown as KnownGateway;

test('a gateway that would refuse to send pictures is shown with the reason, and one that states nothing can be asked', () => {
  expect(gatewayView(known({})).evidence_refused).toBeUndefined();
  expect(gatewayView(known({ sendsEvidence: true, commandKeys: ['k'] })).evidence_refused).toBeUndefined();
  expect(gatewayView(known({ sendsEvidence: false, commandKeys: ['k'] })).evidence_refused).toMatch(
    /receiver to its gateway.yaml under evidence/,
  );
  expect(gatewayView(known({ sendsEvidence: true, commandKeys: [] })).evidence_refused).toMatch(/trusted_keys/);
});

test('a gateway is shown with its machine, without what only its own page shows, and an older one without', () => {
  const finding = { part: 'power', level: 'watch', text: 'weak' } as const;
  const host = { at: '2026-06-01T12:04:00.000Z', values: { temperature_c: 61 }, findings: [finding] };
  expect(gatewayView(known({ host: { ...host, interfaces: [{ name: 'eth0', up: true }] } })).host).toEqual(host);
  expect(gatewayView(known({}))).not.toHaveProperty('host');
});
