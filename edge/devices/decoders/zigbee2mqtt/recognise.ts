/**
 * Recognises Zigbee2MQTT (zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html). At each connection it publishes
 * `<base>/bridge/state`, `/info` and `/devices`; its last will is on `<base>/bridge/state` too.
 */
import { isJsonObject, type Json, parseJson, wordOf } from '../../payload.ts';
import { type Recognised, sure, type UnknownMessage } from '../../recognise.ts';

const ownTopic = /^(.+)\/bridge\/(state|info|devices|groups|logging|extensions|converters|definitions)$/;

export function recogniseZigbee2Mqtt({ topic, payload }: UnknownMessage): Recognised | undefined {
  const [, base, what] = ownTopic.exec(topic) ?? [];
  if (base === undefined) return ofDevice(topic, payload);
  const config = { topic: base };
  if (what === 'state') return isState(payload) ? { sure: 0.9, config } : undefined;
  const value = jsonOf(payload);
  if (what === 'info' && isJsonObject(value) && typeof value.version === 'string')
    return { sure: sure.certain, config, model: `Zigbee2MQTT ${value.version.slice(0, 20)}` };
  if (what === 'devices' && Array.isArray(value) && value.some(hasAddress)) return { sure: sure.certain, config };
  return { sure: sure.likely, config };
}

/** A device behind it, on `<base>/<friendly name>`: the link quality is in nearly every message. */
function ofDevice(topic: string, payload: Uint8Array): Recognised | undefined {
  const [base = '', name = ''] = topic.split('/');
  if (base === '' || name === '') return undefined;
  const value = jsonOf(payload);
  const has = isJsonObject(value) && typeof value.linkquality === 'number';
  return has ? { sure: sure.possible, config: { topic: base } } : undefined;
}

/** «online» and «offline», since version 2 as {"state":"online"}. */
function isState(payload: Uint8Array): boolean {
  const word = wordOf(payload) ?? '';
  if (word === 'online' || word === 'offline') return true;
  const value = jsonOf(payload);
  return isJsonObject(value) && (value.state === 'online' || value.state === 'offline');
}

function hasAddress(device: Json): boolean {
  return isJsonObject(device) && typeof device.ieee_address === 'string';
}

function jsonOf(payload: Uint8Array): Json | undefined {
  const parsed = parseJson(payload);
  return parsed.ok ? parsed.value : undefined;
}
