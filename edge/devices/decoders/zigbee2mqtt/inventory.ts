/**
 * Reads what Zigbee2MQTT says of its devices and groups: `bridge/devices`, `bridge/groups`, `bridge/event`
 * (zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html and exposes.html).
 *
 * Always: the list of all devices may be larger than any message of values (some 5 to 10 KB a device); what is read of it is
 * bounded, and so are the depth and the number of its exposes.
 */
import { message as note } from '@forpost/shared/texts/texts.ts';
import { longestSource } from '../../../site/site.ts';
import type { BridgedDevice, BridgeReport, Decoded } from '../../decoder.ts';
import { isJsonObject, type Json, type JsonObject, parseJson, refused, textOf } from '../../payload.ts';
import { unitMatters } from './properties.ts';

/** Of a list of all devices: as long as the broker takes a packet of a bridge by default. */
const mostListBytes = 2 * 2 ** 20;
const mostDevices = 1000;
/** Exposes of one device, of all levels; the richest real ones have some 100. */
const mostExposes = 400;
const mostExposesDepth = 5;

/** `bridge/devices`. */
export function devicesIn(payload: Uint8Array): Decoded {
  const list = listIn(payload);
  if (!Array.isArray(list)) return refused(note('gateway/note.no-list'));
  const devices = (list as readonly Json[]).slice(0, mostDevices).flatMap((one) => {
    const device = isJsonObject(one) ? deviceOf(one) : undefined;
    return device === undefined ? [] : [device];
  });
  return said({ devices, complete: 'devices' });
}

/** `bridge/groups`. */
export function groupsIn(payload: Uint8Array): Decoded {
  const list = listIn(payload);
  if (!Array.isArray(list)) return refused(note('gateway/note.no-list'));
  const devices = (list as readonly Json[]).slice(0, mostDevices).flatMap((one): BridgedDevice[] => {
    const name = isJsonObject(one) ? nameIn(one.friendly_name) : undefined;
    return name === undefined ? [] : [{ name, kind: 'group' }];
  });
  return said({ devices, complete: 'groups' });
}

/** `bridge/event`: `{"type": "device_joined", "data": {"friendly_name", "ieee_address", …}}`. */
export function reportedIn(payload: Uint8Array): Decoded {
  const parsed = parseJson(payload);
  if (!parsed.ok) return parsed;
  const { type, data } = isJsonObject(parsed.value) ? parsed.value : {};
  const device = isJsonObject(data) ? deviceOf(data) : undefined;
  if (typeof type !== 'string' || device === undefined) return { ok: true, items: [] };
  if (type === 'device_leave') return said({ devices: [{ ...device, gone: true }] });
  return said({ devices: [type === 'device_announce' ? { ...device, alive: true } : device] });
}

/** The address in `device`, which a message has where `include_device_information` is set. */
export function addressOf(device: Json | undefined): string | undefined {
  if (!isJsonObject(device)) return undefined;
  return nameIn(device.ieeeAddr) ?? nameIn(device.ieee_address) ?? nameIn(device.ieee_addr);
}

function said(bridge: BridgeReport): Decoded {
  return { ok: true, items: [], bridge };
}

function deviceOf(one: JsonObject): BridgedDevice | undefined {
  const address = nameIn(one.ieee_address);
  const name = nameIn(one.friendly_name) ?? address;
  if (name === undefined) return undefined;
  const definition = isJsonObject(one.definition) ? one.definition : undefined;
  const model = modelOf(definition, one.model_id);
  const units = unitsIn(definition?.exposes);
  return {
    name,
    ...(address === undefined ? {} : { address }),
    ...(one.type === 'Coordinator' ? { kind: 'coordinator' as const } : {}),
    ...(model === '' ? {} : { model }),
    ...(Object.keys(units).length === 0 ? {} : { units }),
  };
}

/** «LUMI WSDCGQ11LM: Temperature and humidity sensor»; of a device without a definition its own word for the model. */
function modelOf(definition: JsonObject | undefined, modelId: Json | undefined): string {
  const text = (value: Json | undefined) => (typeof value === 'string' ? value : '');
  const model = [text(definition?.vendor), text(definition?.model)].filter((part) => part !== '').join(' ');
  const about = text(definition?.description);
  return model === '' ? text(modelId) : about === '' ? model : `${model}: ${about}`;
}

/** Units of the values whose unit differs between models, from exposes and the features within them. */
function unitsIn(exposes: Json | undefined): Readonly<Record<string, string>> {
  const units: Record<string, string> = {};
  let left = mostExposes;
  const visit = (list: Json | undefined, depth: number): void => {
    if (!Array.isArray(list) || depth > mostExposesDepth) return;
    for (const one of list as readonly Json[]) {
      if (!isJsonObject(one) || left-- <= 0) continue;
      const { property, unit, features } = one;
      if (typeof property === 'string' && typeof unit === 'string' && unitMatters(property)) units[property] = unit;
      visit(features, depth + 1);
    }
  };
  visit(exposes, 0);
  return units;
}

function nameIn(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= longestSource ? value : undefined;
}

/** A list that may be larger than a message of values. JSON.parse needs no stack for nesting. */
function listIn(payload: Uint8Array): Json | undefined {
  const text = payload.length > mostListBytes ? undefined : textOf(payload);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
