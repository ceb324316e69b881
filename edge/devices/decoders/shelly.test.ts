import { expect, test } from 'vitest';
import type { DeviceConfig } from '../../site/site.ts';
import { decodedInEnglish } from '../testing/in-english.ts';
import { shelly } from './shelly.ts';

const device = { id: 'main-meter', decoder: 'shelly', topic: 'shellypro3em-main' } as unknown as DeviceConfig;
const received = Date.UTC(2026, 10, 21, 9);

function decode(rest: string, payload: unknown) {
  const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
  return decodedInEnglish(shelly.decode({ device, topic: `shellypro3em-main/${rest}`, payload: bytes, received }));
}

function items(rest: string, payload: unknown) {
  const decoded = decode(rest, payload);
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.items;
}

/** A message of a Pro 3EM (SPEM-003CEBEU, firmware 1.4). */
const em0 = {
  id: 0,
  a_current: 4.029,
  a_voltage: 236.1,
  a_act_power: 951.2,
  a_aprt_power: 951.9,
  a_pf: 1,
  a_freq: 50,
  b_current: 4.027,
  b_voltage: 236.201,
  b_act_power: -951.1,
  b_aprt_power: 951.8,
  b_pf: -1,
  b_freq: 50,
  c_current: 3.03,
  c_voltage: 236.402,
  c_active_power: 715.4,
  c_act_power: 715.4,
  c_aprt_power: 716.2,
  c_pf: 1,
  c_freq: 50,
  n_current: null,
  total_current: 11.083,
  total_act_power: 715.5,
  total_aprt_power: 2619.9,
  user_calibrated_phase: [],
};

test('a three-phase meter gives its total and each phase without a channel, feed-in as a negative power', () => {
  expect(items('status/em:0', em0)).toEqual([
    {
      kind: 'reading',
      time: received,
      timeFromDevice: false,
      data: {
        values: {
          current_a_l1: 4.029,
          voltage_v_l1: 236.1,
          power_w_l1: 951.2,
          apparent_power_va_l1: 951.9,
          power_factor_l1: 1,
          frequency_hz_l1: 50,
          current_a_l2: 4.027,
          voltage_v_l2: 236.201,
          power_w_l2: -951.1,
          apparent_power_va_l2: 951.8,
          power_factor_l2: -1,
          frequency_hz_l2: 50,
          current_a_l3: 3.03,
          voltage_v_l3: 236.402,
          power_w_l3: 715.4,
          apparent_power_va_l3: 716.2,
          power_factor_l3: 1,
          frequency_hz_l3: 50,
          current_a: 11.083,
          power_w: 715.5,
          apparent_power_va: 2619.9,
        },
      },
    },
  ]);
});

test('the energy registers of a three-phase meter are kept in Wh as sent', () => {
  const emdata = {
    id: 0,
    a_total_act_energy: 123_456.7,
    a_total_act_ret_energy: 0.5,
    b_total_act_energy: 2,
    b_total_act_ret_energy: 0,
    c_total_act_energy: 3,
    c_total_act_ret_energy: 0,
    total_act: 123_461.7,
    total_act_ret: 0.5,
  };
  expect(items('status/emdata:0', emdata)[0]?.data).toEqual({
    values: {
      energy_wh_l1: 123_456.7,
      energy_wh_export_l1: 0.5,
      energy_wh_l2: 2,
      energy_wh_export_l2: 0,
      energy_wh_l3: 3,
      energy_wh_export_l3: 0,
      energy_wh: 123_461.7,
      energy_wh_export: 0.5,
    },
  });
});

test('a switch with metering (Plus Plug S) is a channel with power, energy and temperature', () => {
  const status = {
    id: 0,
    source: 'init',
    output: true,
    apower: 8.9,
    voltage: 237.5,
    current: 0.04,
    aenergy: { total: 6.532, by_minute: [45.199, 47.141, 88.397], minute_ts: 1_626_935_779 },
    temperature: { tC: 23.5, tF: 74.4 },
  };
  expect(items('status/switch:0', status)[0]?.data).toEqual({
    channel: 'switch-0',
    values: { output: true, power_w: 8.9, voltage_v: 237.5, current_a: 0.04, energy_wh: 6.532, temperature_c: 23.5 },
  });
});

test('a single-phase meter and its registers share a channel, a PM Mini has one of its own', () => {
  const em1 = {
    id: 1,
    current: 2.598,
    voltage: 234.9,
    act_power: 501.8,
    aprt_power: 612.4,
    pf: 0.84,
    freq: 50,
    calibration: 'factory',
  };
  expect(items('status/em1:1', em1)[0]?.data).toMatchObject({ channel: 'em1-1', values: { power_w: 501.8 } });
  const em1data = { id: 1, total_act_energy: 10, total_act_ret_energy: 2 };
  expect(items('status/em1data:1', em1data)[0]?.data).toEqual({
    channel: 'em1-1',
    values: { energy_wh: 10, energy_wh_export: 2 },
  });
  const pm1 = {
    id: 0,
    voltage: 232.3,
    current: 1.5,
    apower: 340.1,
    freq: 50.1,
    aenergy: { total: 1234.5 },
    ret_aenergy: { total: 3 },
  };
  expect(items('status/pm1:0', pm1)[0]?.data).toEqual({
    channel: 'pm1-0',
    values: {
      voltage_v: 232.3,
      current_a: 1.5,
      power_w: 340.1,
      frequency_hz: 50.1,
      energy_wh: 1234.5,
      energy_wh_export: 3,
    },
  });
});

test("a notification gives the changed values, at the device's own time", () => {
  const notify = {
    src: 'shellypro3em-f008d1d8b8b8',
    dst: 'shellypro3em-main/events',
    method: 'NotifyStatus',
    params: {
      ts: 1_795_251_600.25,
      'em:0': { id: 0, total_act_power: 3000 },
      'switch:2': { id: 2, apower: 1 },
      wifi: { rssi: -61 },
    },
  };
  expect(items('events/rpc', notify)).toEqual([
    {
      kind: 'reading',
      time: 1_795_251_600_250,
      timeFromDevice: true,
      data: { values: { power_w: 3000 } },
    },
    {
      kind: 'reading',
      time: 1_795_251_600_250,
      timeFromDevice: true,
      data: { channel: 'switch-2', values: { power_w: 1 } },
    },
  ]);
  // before the device's clock is set
  expect(
    items('events/rpc', { method: 'NotifyStatus', params: { ts: null, 'em:0': { total_act_power: 1 } } })[0],
  ).toMatchObject({
    time: received,
    timeFromDevice: false,
  });
});

test('a pressed button and online or offline become state events', () => {
  const pressed = {
    src: 'shellyplusi4-a8032abe54dc',
    method: 'NotifyEvent',
    params: {
      ts: 1_795_251_600,
      events: [{ component: 'input:0', id: 0, event: 'single_push', ts: 1_795_251_600 }, 7],
    },
  };
  expect(items('events/rpc', pressed)).toEqual([
    {
      kind: 'event',
      type: 'forpost.state.v1',
      time: 1_795_251_600_000,
      data: { event: 'single_push', component: 'input:0' },
    },
  ]);
  expect(items('online', 'true')[0]?.data).toEqual({ online: true });
  expect(items('online', 'false')[0]?.data).toEqual({ online: false });
});

test('settings and the system status of a device are understood and not kept', () => {
  for (const rest of [
    'status/sys',
    'status/wifi',
    'status/cloud',
    'status/mqtt',
    'status/script:1',
    'debug/log',
    'events/other',
  ])
    expect(decode(rest, 'whatever')).toEqual({ ok: true, items: [] });
  expect(items('events/rpc', { method: 'NotifyOther', params: {} })).toEqual([]);
});

test.each([
  ['status/em:0', '{', 'not JSON'],
  ['status/em:0', '3', 'not a JSON object'],
  ['events/rpc', '{"method":7}', 'no method or params'],
  ['online', 'yes', 'neither true nor false'],
])('%s with %s is refused with the reason', (rest, payload, reason) => {
  const decoded = decode(rest, payload);
  expect(!decoded.ok && decoded.reason).toContain(reason);
});

test("another device's topic is refused", () => {
  expect(shelly.decode({ device, topic: 'other/status/em:0', payload: Buffer.from('{}'), received }).ok).toBe(false);
});
