import { expect, test } from 'vitest';
import { anyMatches } from '../../broker/topic-filter.ts';
import type { DeviceConfig } from '../../site/site.ts';
import { decodedInEnglish } from '../testing/in-english.ts';
import { tasmota } from './tasmota.ts';

const device = { id: 'desk', decoder: 'tasmota', topic: 'sonoff_desk' } as unknown as DeviceConfig;
const received = Date.UTC(2026, 10, 21, 9);

function decode(what: string, payload: string) {
  return decodedInEnglish(tasmota.decode({ device, topic: what, payload: Buffer.from(payload), received }));
}

function values(what: string, payload: string) {
  const decoded = decode(what, payload);
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.items.map((item) => item.data);
}

test('a plug with metering (a message of Tasmota 12) becomes one reading in SI units', () => {
  const payload =
    '{"Time":"2023-05-19T20:52:56","ENERGY":{"TotalStartTime":"2022-03-20T15:20:48","Total":514.153,"Yesterday":1.495,"Today":0.537,"Period":0,"Power":56,"ApparentPower":92,"ReactivePower":73,"Factor":0.61,"Voltage":234,"Current":0.392}}';
  const decoded = decode('tele/sonoff_desk/SENSOR', payload);
  expect(decoded).toEqual({
    ok: true,
    items: [
      {
        kind: 'reading',
        // Time has no zone: its moment is unknown
        time: received,
        timeFromDevice: false,
        data: {
          values: {
            energy_wh: 514_153,
            power_w: 56,
            apparent_power_va: 92,
            reactive_power_var: 73,
            power_factor: 0.61,
            voltage_v: 234,
            current_a: 0.392,
          },
        },
      },
    ],
  });
});

test('a meter with two circuits (a Sonoff Dual) gives each and their sum', () => {
  const payload =
    '{"Time":"2026-09-18T11:19:21","ENERGY":{"TotalStartTime":"2026-09-16T00:00:00","Total":[2.813,0.254],"Yesterday":[1.530,0.125],"Today":[0.772,0.059],"Power":[52,5],"ApparentPower":[66,10],"ReactivePower":[40,9],"Factor":[0.79,0.50],"Voltage":235,"Current":[0.278,0.044],"BL09XX":{"Temperature":46.5}}}';
  expect(values('tele/sonoff_desk/SENSOR', payload)[0]?.values).toEqual({
    energy_wh: 3067,
    energy_wh_l1: 2813,
    energy_wh_l2: 254,
    power_w: 57,
    power_w_l1: 52,
    power_w_l2: 5,
    apparent_power_va: 76,
    apparent_power_va_l1: 66,
    apparent_power_va_l2: 10,
    reactive_power_var: 49,
    reactive_power_var_l1: 40,
    reactive_power_var_l2: 9,
    power_factor_l1: 0.79,
    power_factor_l2: 0.5,
    voltage_v: 235,
    current_a: 0.322,
    current_a_l1: 0.278,
    current_a_l2: 0.044,
  });
});

test('three phases have a voltage each, and no sum of voltages', () => {
  const payload =
    '{"Time":"2026-01-01T00:00:00","ENERGY":{"Power":[100,200,-50],"Voltage":[230,231,229],"ExportActive":1.5,"TotalTariff":[10.5,2]}}';
  expect(values('tele/sonoff_desk/SENSOR', payload)[0]?.values).toEqual({
    power_w: 250,
    power_w_l1: 100,
    power_w_l2: 200,
    power_w_l3: -50,
    voltage_v_l1: 230,
    voltage_v_l2: 231,
    voltage_v_l3: 229,
    energy_wh_export: 1500,
    energy_wh_t1: 10_500,
    energy_wh_t2: 2000,
  });
});

test('sensors are channels of their own, in °C and Pa whatever unit the device shows', () => {
  const payload =
    '{"Time":"2020-08-30T10:15:00","Switch1":"OFF","AM2301":{"Temperature":22.1,"Humidity":44.0,"DewPoint":9.3},"DS18B20-1":{"Id":"01131B123456","Temperature":20.6},"BME280":{"Temperature":null,"Pressure":1013.2},"PressureUnit":"hPa","TempUnit":"C"}';
  expect(values('tele/sonoff_desk/SENSOR', payload)).toEqual([
    { channel: 'switch1', values: { input: false } },
    { channel: 'am2301', values: { temperature_c: 22.1, humidity_pct: 44, dew_point_c: 9.3 } },
    { channel: 'ds18b20-1', values: { temperature_c: 20.6 } },
    { channel: 'bme280', values: { pressure_pa: 101_320 } },
  ]);
  const fahrenheit = '{"Time":"2020-08-30T10:15:00","ANALOG":{"Temperature":100.4},"TempUnit":"F"}';
  expect(values('tele/sonoff_desk/SENSOR', fahrenheit)).toEqual([{ channel: 'analog', values: { temperature_c: 38 } }]);
});

test("a time with a zone, or Epoch, is used as the device's own time", () => {
  for (const time of ['"Time":"2026-11-21T09:00:00+01:00"', '"Epoch":1795248000']) {
    const decoded = decode('tele/sonoff_desk/SENSOR', `{${time},"ENERGY":{"Power":1}}`);
    expect(decoded.ok && decoded.items[0]).toMatchObject({ time: Date.UTC(2026, 10, 21, 8), timeFromDevice: true });
  }
  // before the first time sync the clock says 1970
  const unset = decode('tele/sonoff_desk/SENSOR', '{"Time":"1970-01-01T00:00:12Z","ENERGY":{"Power":1}}');
  expect(unset.ok && unset.items[0]).toMatchObject({ time: received, timeFromDevice: false });
});

test('online, offline and a switched relay become state events; settings are understood and not kept', () => {
  expect(values('tele/sonoff_desk/LWT', 'Online')).toEqual([{ online: true }]);
  expect(values('tele/sonoff_desk/LWT', 'Offline')).toEqual([{ online: false }]);
  expect(values('stat/sonoff_desk/POWER', 'ON')).toEqual([{ output: true }]);
  expect(values('stat/sonoff_desk/POWER2', 'OFF')).toEqual([{ output: false, channel: 'power-2' }]);
  const state = '{"Time":"2020-08-28T20:37:17","Uptime":"0T00:20:22","Heap":15,"POWER":"ON","Wifi":{"AP":1}}';
  for (const topic of ['tele/sonoff_desk/STATE', 'stat/sonoff_desk/RESULT', 'tele/sonoff_desk/INFO1'])
    expect(decode(topic, state)).toEqual({ ok: true, items: [] });
});

test.each([
  ['tele/sonoff_desk/SENSOR', '{"Time":', 'not JSON'],
  ['tele/sonoff_desk/SENSOR', '[]', 'not a JSON object'],
  ['tele/sonoff_desk/LWT', 'maybe', 'neither Online nor Offline'],
  ['stat/sonoff_desk/POWER', '7', 'neither ON nor OFF'],
  ['tele/other/SENSOR', '{}', 'not one of this device’s topics'],
  ['cmnd/sonoff_desk/POWER', 'ON', 'not one of this device’s topics'],
])('%s with %s is refused with the reason', (topic, payload, reason) => {
  const decoded = decode(topic, payload);
  expect(!decoded.ok && decoded.reason).toContain(reason);
});

test('a device may publish under its own topic only, and subscribe to its own commands and those of its groups', () => {
  expect(tasmota.publishFilters(device)).toEqual([
    ...['tele/sonoff_desk/+', 'stat/sonoff_desk/+'],
    // topics of devices behind a Zigbee bridge
    ...['tele/sonoff_desk/+/SENSOR', 'tele/sonoff_desk/+/ZbReceived'],
  ]);
  expect(tasmota.subscribeFilters(device)).toEqual(['cmnd/sonoff_desk/#', 'cmnd/tasmotas/#', 'cmnd/sonoffs/#']);
});

test.each([
  ['%topic%/%prefix%/', 'plug', 'plug/tele/SENSOR', 'plug/cmnd/#'],
  ['%prefix%/%topic%', 'home/kitchen/plug', 'tele/home/kitchen/plug/SENSOR', 'cmnd/home/kitchen/plug/#'],
  ['house/%topic%/%prefix%/', 'a/b', 'house/a/b/tele/SENSOR', 'house/a/b/cmnd/#'],
  ['%prefix%/%topic%/', 'p$$x', 'tele/p$$x/SENSOR', 'cmnd/p$$x/#'],
  ['%prefix%/house/%topic%/', 'plug', 'tele/house/plug/SENSOR', 'cmnd/house/plug/#'],
])('with a full topic of %s, readings are decoded and commands are allowed', (full_topic, topic, sensor, commands) => {
  const other = { id: 'desk', decoder: 'tasmota', topic, full_topic } as unknown as DeviceConfig;
  const payload = Buffer.from('{"ENERGY":{"Power":56}}');
  const decoded = tasmota.decode({ device: other, topic: sensor, payload, received });
  expect(decoded.ok && decoded.items[0]).toMatchObject({ data: { values: { power_w: 56 } } });
  expect(anyMatches(tasmota.publishFilters(other), sensor)).toBe(true);
  expect(tasmota.subscribeFilters(other)[0]).toBe(commands);
});
