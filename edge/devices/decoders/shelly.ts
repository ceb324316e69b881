/**
 * Shelly of the second generation and later (shelly-api-docs.shelly.cloud, gen2/ComponentsAndServices), as they speak
 * with "generic status update over MQTT" and "RPC status notifications" on: `<topic>/status/<component>` a component,
 * `<topic>/events/rpc` with NotifyStatus (only what changed) and NotifyEvent, `<topic>/online`.
 *
 * Always: each component is a channel of its own (`switch:0` -> switch-0; `em1data:0` shares em1-0 with its meter),
 * but for the one three-phase meter `em:0`, which is the device itself; energies are in Wh already.
 */
import { eventTypes, type Value } from '@forpost/shared/event/event.ts';
import type { DeviceConfig } from '../../site/site.ts';
import type { Decoded, DecodedEvent, DecodedReading, Decoder, DeviceMessage, MoreTopics } from '../decoder.ts';
import { isJsonObject, type Json, type JsonObject, parseJson, quoted, refused, textOf, timeOf } from '../payload.ts';

/** Keys of one phase or of a single-phase component. */
const plain: Readonly<Record<string, string>> = {
  act_power: 'power_w',
  apower: 'power_w',
  aprt_power: 'apparent_power_va',
  voltage: 'voltage_v',
  current: 'current_a',
  pf: 'power_factor',
  freq: 'frequency_hz',
  total_act_energy: 'energy_wh',
  total_act_ret_energy: 'energy_wh_export',
};

/** Keys of all phases together. */
const totals: Readonly<Record<string, string>> = {
  total_act_power: 'power_w',
  total_aprt_power: 'apparent_power_va',
  total_current: 'current_a',
  total_act: 'energy_wh',
  total_act_ret: 'energy_wh_export',
};

/** Keys that mean something only in one type of component. */
const special: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  switch: { output: 'output' },
  light: { output: 'output', brightness: 'brightness_pct' },
  cover: { current_pos: 'position_pct' },
  input: { state: 'input' },
  temperature: { tC: 'temperature_c' },
  humidity: { rh: 'humidity_pct' },
  illuminance: { lux: 'illuminance_lx' },
  smoke: { alarm: 'smoke' },
  flood: { alarm: 'flood' },
};

const phases: Readonly<Record<string, string>> = { a: 'l1', b: 'l2', c: 'l3' };
const component = /^([a-z][a-z0-9]{0,31}):([0-9]{1,4})$/;
/** Components that measure something; of the others (wifi, sys, ble, …) nothing is kept. */
const measuring = new Set([
  ...Object.keys(special),
  ...['em', 'emdata', 'em1', 'em1data', 'pm1', 'voltmeter', 'devicepower', 'rgbw', 'rgb', 'cct'],
]);

const name = (device: DeviceConfig) => device.topic ?? device.id;

/** Of the first generation: `shellies/<id>`, with or without that first level in the configuration. */
const firstBase = (device: DeviceConfig) =>
  name(device).startsWith('shellies/') ? name(device) : `shellies/${name(device)}`;

/**
 * Beyond readings (gen2/ComponentsAndServices/Mqtt, gen2/General/RPCChannels; gen1: shelly-api-docs.shelly.cloud/gen1,
 * #mqtt-support): an RPC is answered on `<src>/rpc`, a topic that its caller chooses; the first generation has its whole
 * tree under `shellies/<id>`, its commands included.
 */
function moreTopics(device: DeviceConfig): MoreTopics {
  const [own, first] = [name(device), firstBase(device)];
  return {
    unread: [`${own}/debug/#`, `${own}/announce`, `${own}/info`, `${own}/status`, `${first}/#`],
    shared: ['shellies/announce', '+/rpc', '+/+/rpc'],
    commands: [
      ...[`${own}/rpc`, `${own}/command`, `${own}/command/#`, `${first}/command`, 'shellies/command'],
      ...[`${first}/+/+/command`, `${first}/+/+/command/#`, `${first}/+/+/set`],
    ],
  };
}

export const shelly: Decoder = {
  name: 'shelly',
  publishFilters: (device) => ['status/#', 'events/rpc', 'online'].map((rest) => `${name(device)}/${rest}`),
  subscribeFilters: (device) => [
    ...['rpc', 'command', 'command/#'].map((rest) => `${name(device)}/${rest}`),
    ...['shellies/command', `${firstBase(device)}/#`],
  ],
  moreTopics,

  decode(message): Decoded {
    const own = `${name(message.device)}/`;
    if (!message.topic.startsWith(own)) return refused(`${quoted(message.topic)} is not one of this device's topics`);
    const rest = message.topic.slice(own.length);
    if (rest === 'online') return online(message);
    if (rest === 'events/rpc') return notification(message);
    const found = rest.startsWith('status/') ? component.exec(rest.slice('status/'.length)) : null;
    if (found === null || !measuring.has(found[1] ?? '')) return { ok: true, items: [] };
    return status(message, found[0]);
  },
};

function status({ payload, received }: DeviceMessage, key: string): Decoded {
  const parsed = parseJson(payload);
  if (!parsed.ok) return parsed;
  if (!isJsonObject(parsed.value)) return refused(`the status of ${key} is not a JSON object`);
  return { ok: true, items: readings({ [key]: parsed.value }, received, false) };
}

function notification({ payload, received }: DeviceMessage): Decoded {
  const parsed = parseJson(payload);
  if (!parsed.ok) return parsed;
  if (!isJsonObject(parsed.value)) return refused('the notification is not a JSON object');
  const { method, params } = parsed.value;
  if (typeof method !== 'string' || !isJsonObject(params)) return refused('the notification has no method or params');
  // before the device's clock is set, ts is null or a few seconds
  const own = timeOf(params.ts);
  if (method === 'NotifyStatus' || method === 'NotifyFullStatus')
    return { ok: true, items: readings(params, own ?? received, own !== undefined) };
  if (method === 'NotifyEvent') return { ok: true, items: events(params, received) };
  return { ok: true, items: [] };
}

/** One reading a component; `em:0` and `emdata:0` are one. */
function readings(components: JsonObject, time: number, timeFromDevice: boolean): DecodedReading[] {
  const byChannel = new Map<string, Record<string, Value>>();
  for (const [key, value] of Object.entries(components)) {
    const [, type = '', id = ''] = component.exec(key) ?? [];
    if (!measuring.has(type) || !isJsonObject(value)) continue;
    const channel = channelOf(type, id);
    byChannel.set(channel, { ...byChannel.get(channel), ...valuesOf(type, value) });
  }
  return [...byChannel].flatMap(([channel, values]) =>
    Object.keys(values).length === 0
      ? []
      : [{ kind: 'reading', time, timeFromDevice, data: channel === '' ? { values } : { values, channel } }],
  );
}

function channelOf(type: string, id: string): string {
  const meter = type.replace(/data$/, '');
  return meter === 'em' && id === '0' ? '' : `${meter}-${id}`;
}

function valuesOf(type: string, status: JsonObject): Record<string, Value> {
  const values: Record<string, Value> = {};
  const set = (metric: string | undefined, value: Json | undefined) => {
    // what a device cannot measure it says as null
    if (metric !== undefined && (typeof value === 'number' || typeof value === 'boolean')) values[metric] = value;
  };
  for (const [key, value] of Object.entries(status)) {
    const phase = phases[key[0] ?? ''];
    if (key in totals && type.startsWith('em') && !type.startsWith('em1')) set(totals[key], value);
    else if (key[1] === '_' && phase !== undefined) {
      const metric = plain[key.slice(2)];
      set(metric === undefined ? undefined : `${metric}_${phase}`, value);
    } else set(plain[key] ?? special[type]?.[key], value);
  }
  set('energy_wh', inner(status.aenergy, 'total'));
  set('energy_wh_export', inner(status.ret_aenergy, 'total'));
  set('temperature_c', inner(status.temperature, 'tC'));
  set('battery_pct', inner(status.battery, 'percent'));
  set('count', inner(status.counts, 'total'));
  return values;
}

function inner(value: Json | undefined, key: string): Json | undefined {
  return isJsonObject(value) ? value[key] : undefined;
}

function events(params: JsonObject, received: number): DecodedEvent[] {
  const list = Array.isArray(params.events) ? (params.events as readonly Json[]) : [];
  return list.filter(isJsonObject).flatMap((one) => {
    const { event, component: from, data } = one;
    if (typeof event !== 'string') return [];
    const time = timeOf(one.ts) ?? timeOf(params.ts) ?? received;
    const told = {
      event,
      ...(typeof from === 'string' ? { component: from } : {}),
      ...(data === undefined ? {} : { data }),
    };
    return [{ kind: 'event', type: eventTypes.state, time, data: told }];
  });
}

function online({ payload, received }: DeviceMessage): Decoded {
  const text = textOf(payload)?.trim();
  if (text !== 'true' && text !== 'false') return refused('online says neither true nor false');
  return {
    ok: true,
    items: [{ kind: 'event', type: eventTypes.state, time: received, data: { online: text === 'true' } }],
  };
}
