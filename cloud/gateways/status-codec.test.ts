import { expect, test } from 'vitest';
import { gatewayStatus } from '../testing/events.ts';
import { boundedStatus, decodeStatus, maxStatusBytes } from './status-codec.ts';

const camera = { id: 'yard', name: 'Yard', state: 'live', reason: '', framesPerSecond: 5, detector: 'motion' };
const device = {
  id: 'meter',
  name: 'Meter',
  connected: true,
  lastSeen: null,
  messages: 0,
  deadLetters: 0,
  values: { power_w: 1, on: true, mode: 'eco' },
};
const lane = { epoch: 'e1', lane: 'telemetry', assigned: 2, acknowledged: 1, bytes: 0 };
const full = { ...gatewayStatus(), cameras: [camera], devices: [device], lanes: [lane] };

test('a status keeps fields that this version does not know', () => {
  const newer = { ...full, mood: 'blue', cameras: [{ ...camera, night: true }] };
  expect(decodeStatus(JSON.stringify(newer))).toEqual({ ok: true, status: newer });
});

test('a status with a drain plan and one without are accepted, and so is an outlook of a later version', () => {
  const uplink = { sink: 'k', state: 'draining', since: '', reason: '', events: 5, bytes: 9, eventsPerSecond: 1 };
  const rates = { eventsPerSecond: 1, bytesPerSecond: 2, arrivingPerSecond: 0 };
  const plan = { ...rates, secondsLeft: null, endsAt: null, outlook: 'by-the-moon' };
  for (const each of [uplink, { ...uplink, plan }, { ...uplink, plan, budget: { used: 1, limit: 2 } }])
    expect(decodeStatus(JSON.stringify({ ...full, uplinks: [each] })).ok).toBe(true);
  const bad = { ...uplink, plan: { ...plan, secondsLeft: 'soon' } };
  expect(decodeStatus(JSON.stringify({ ...full, uplinks: [bad] })).ok).toBe(false);
});

test.each([
  ['no JSON', /not JSON/],
  ['null', /./],
  [JSON.stringify({ ...full, cameras: [{ ...camera, framesPerSecond: undefined }] }), /framesPerSecond/],
  [JSON.stringify({ ...full, devices: [{ ...device, values: undefined }] }), /values/],
  [JSON.stringify({ ...full, devices: [{ ...device, values: { power_w: [1] } }] }), /./],
  [JSON.stringify({ ...full, lanes: [{ ...lane, assigned: 1e300 }] }), /assigned/],
  [
    JSON.stringify({ ...full, note: 0 }).replace('"note":0', `"note":${'['.repeat(50_000)}${']'.repeat(50_000)}`),
    /deep/,
  ],
])('a status that a page could not show or the ledger not count is refused: %.40s', (text, reason) => {
  const decoded = decodeStatus(text);
  expect(decoded.ok).toBe(false);
  expect(!decoded.ok && decoded.reason).toMatch(reason);
});

test('a status of any size is cut to its limit in bytes, lists each name once, and says what is left out', () => {
  const device = (id: string) => ({
    id,
    name: 'x'.repeat(5_000),
    connected: true,
    lastSeen: null,
    messages: 1,
    deadLetters: 0,
    values: Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`metric-${i}`, 'v'.repeat(1_000)])),
  });
  const devices = [...Array.from({ length: 200 }, (_, i) => device(`d${i}`)), device('d1')];
  const state = boundedStatus({
    ...gatewayStatus({ devices, problems: Array.from({ length: 1_000 }, (_, i) => `${i % 7}`.repeat(9_999)) }),
    ...({ unknown: 'u'.repeat(900_000) } as object),
  });
  expect(Buffer.byteLength(JSON.stringify(state))).toBeLessThanOrEqual(maxStatusBytes);
  expect(new Set(state.devices.map(({ id }) => id)).size).toBe(state.devices.length);
  expect(state.devices.length).toBeGreaterThan(100);
  expect(state.problems[0]).toMatch(/its state is [0-9]+ bytes, too large to be shown whole: left out are/);
  const usual = gatewayStatus({ devices: [{ ...device('meter'), name: 'Meter', values: { power_w: 1 } }] });
  expect(boundedStatus(usual)).toEqual(usual);
});

test('the health of a gateway’s machine is accepted with parts of a later version, and kept within its bounds', () => {
  const finding = { part: 'fan', level: 'odd', text: 'f'.repeat(9_000) };
  const host = { at: '', values: { fan_rpm: 900 }, findings: [finding], disks: ['d'.repeat(40_000)] };
  const decoded = decodeStatus(JSON.stringify({ ...full, host }));
  if (!decoded.ok) throw new Error(decoded.reason);
  expect(boundedStatus(decoded.status).host).toEqual({
    at: '',
    values: { fan_rpm: 900 },
    findings: [{ ...finding, text: expect.stringMatching(/^f{299}…$/) }],
  });
  expect(decodeStatus(JSON.stringify({ ...full, host: { ...host, values: { fan_rpm: 'fast' } } })).ok).toBe(false);
});
