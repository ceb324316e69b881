import { expect, test } from 'vitest';
import { gatewayStatus } from '../testing/events.ts';
import { decodeStatus } from './status-codec.ts';

const camera = { id: 'yard', name: 'Yard', state: 'live', reason: '', framesPerSecond: 5, detector: 'motion' };
const device = {
  ...{ id: 'meter', name: 'Meter', connected: true, lastSeen: null, messages: 0, deadLetters: 0 },
  values: { power_w: 1, on: true, mode: 'eco' },
};
const lane = { epoch: 'e1', lane: 'telemetry', assigned: 2, acknowledged: 1, bytes: 0 };
const full = { ...gatewayStatus(), cameras: [camera], devices: [device], lanes: [lane] };

test('a status keeps what this version does not know', () => {
  const newer = { ...full, mood: 'blue', cameras: [{ ...camera, night: true }] };
  expect(decodeStatus(JSON.stringify(newer))).toEqual({ ok: true, status: newer });
});

test('a gateway with a drain plan and one without are both taken, and so is an outlook of a later version', () => {
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
])('what would fail whoever shows or counts it is no status: %.40s', (text, reason) => {
  const decoded = decodeStatus(text);
  expect(decoded.ok).toBe(false);
  expect(!decoded.ok && decoded.reason).toMatch(reason);
});
