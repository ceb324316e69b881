/**
 * Decodes Zigbee2MQTT (zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html), a bridge for Zigbee devices. Under its base
 * topic (`topic` of the bridge, by default its id):
 *   <base>/<friendly name>               the values of a device or group; a friendly name may have several levels
 *   <base>/<friendly name>/availability  whether the bridge reaches the device
 *   <base>/<friendly name>/<value>       one value, where `output: attribute` is set
 *   <base>/bridge/state                  birth and last will
 *   <base>/bridge/devices, /groups       all devices with their addresses and models, all groups (inventory.ts)
 *   <base>/bridge/event                  a device joins, is interviewed, or leaves
 *   <base>/bridge/…                      logs, settings and answers: not decoded
 *
 * Always: each item names its device by its friendly name; a device's IEEE address comes from the inventory, or from the
 * message where `include_device_information` is set. An empty payload clears a retained message and says nothing.
 */
import { eventTypes } from '@forpost/shared/event/event.ts';
import { message as note } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import { type DeviceConfig, longestSource, topicPattern } from '../../site/site.ts';
import type { Decoded, Decoder, DeviceMessage } from '../decoder.ts';
import { MessageNotes } from '../message-notes.ts';
import { isJsonObject, type JsonObject, parseJson, refused, wordOf } from '../payload.ts';
import { quoted } from '../quoted.ts';
import { addressOf, devicesIn, groupsIn, reportedIn } from './zigbee2mqtt/inventory.ts';
import { recogniseZigbee2Mqtt } from './zigbee2mqtt/recognise.ts';
import { stateItems } from './zigbee2mqtt/state.ts';

const schema = Type.Object({
  discovery_prefix: Type.Optional(
    Type.String({
      pattern: topicPattern,
      description: 'prefix of Home Assistant’s discovery, as in the settings of Zigbee2MQTT',
      default: 'homeassistant',
    }),
  ),
});

type Bridge = DeviceConfig & Type.Static<typeof schema>;

const base = ({ topic, id }: DeviceConfig) => topic ?? id;
/** Levels of a friendly name that consumers may give commands to. */
const mostLevels = 4;

export const zigbee2mqtt: Decoder<Bridge> = {
  name: 'zigbee2mqtt',
  about: 'Zigbee2MQTT',
  bridge: 'only',
  schema,
  reserves: (topic) => topic.split('/')[0] === 'homeassistant',
  publishFilters: (bridge) => [`${base(bridge)}/#`],
  subscribeFilters: (bridge) => [`${base(bridge)}/#`, `${prefix(bridge)}/#`],
  moreTopics: (bridge) => ({
    shared: [`${prefix(bridge)}/+/+/config`, `${prefix(bridge)}/+/+/+/config`],
    commands: commandsOf(base(bridge)),
  }),
  recognise: recogniseZigbee2Mqtt,

  decode(message): Decoded {
    const { topic, device, payload } = message;
    const own = `${base(device)}/`;
    const rest = topic.startsWith(own) ? topic.slice(own.length) : '';
    if (rest === '' || rest.length > longestSource)
      return refused(note('gateway/note.other-topic', { topic: quoted(topic) }));
    if (payload.length === 0) return understood;
    if (rest.startsWith('bridge/')) return ofBridge(rest.slice('bridge/'.length), message);
    const cut = rest.lastIndexOf('/');
    const [name, last] = cut < 0 ? [rest, ''] : [rest.slice(0, cut), rest.slice(cut + 1)];
    if (last === 'availability') return availability(name, message);
    // commands of others, which Zigbee2MQTT never publishes
    if (last === 'set' || last === 'get') return understood;
    const parsed = parseJson(payload);
    if (parsed.ok && isJsonObject(parsed.value))
      return state(rest, parsed.value, new MessageNotes(parsed.problems, device.keys), message);
    if (cut < 0) return parsed.ok ? refused(note('gateway/note.what-no-json-object', { what: quoted(rest) })) : parsed;
    // `output: attribute`: a number is JSON too, a word is not
    const value = parsed.ok ? parsed.value : (wordOf(payload) ?? null);
    return state(name, { [last]: value }, new MessageNotes([], device.keys), message);
  },
};

const understood: Decoded = { ok: true, items: [] };
const prefix = ({ discovery_prefix: given = 'homeassistant' }: Bridge) => given;

/** `<base>/<name>/set`, `/set/<value>`, `/get` for names of up to `mostLevels` levels, and requests to the bridge itself. */
function commandsOf(topic: string): readonly string[] {
  const names = Array.from({ length: mostLevels }, (_, index) => `${topic}${'/+'.repeat(index + 1)}`);
  return [...names.flatMap((name) => [`${name}/set`, `${name}/set/+`, `${name}/get`]), `${topic}/bridge/request/#`];
}

function state(name: string, values: JsonObject, notes: MessageNotes, message: DeviceMessage<Bridge>): Decoded {
  const units = message.bridge?.unitsOf(name);
  const { items, carriesValues } = stateItems({ name, values, notes, units, received: message.received });
  const address = addressOf(values.device);
  const device = { name, alive: true as const, ...(address === undefined ? {} : { address }) };
  return { ...notes.understood(items, carriesValues), bridge: { devices: [device] } };
}

function availability(name: string, { payload, received }: DeviceMessage): Decoded {
  const online = isOnline(payload);
  if (online === undefined) return refused(note('gateway/note.lwt'));
  return {
    ok: true,
    items: [{ kind: 'event', type: eventTypes.state, time: received, data: { online }, device: name }],
    bridge: { devices: [{ name, reachable: online }] },
  };
}

function ofBridge(what: string, { payload, received }: DeviceMessage): Decoded {
  if (what === 'state') {
    const running = isOnline(payload);
    if (running === undefined) return refused(note('gateway/note.lwt'));
    const data = { online: running };
    return { ok: true, items: [{ kind: 'event', type: eventTypes.state, time: received, data }], bridge: { running } };
  }
  if (what === 'devices') return devicesIn(payload);
  if (what === 'groups') return groupsIn(payload);
  if (what === 'event') return reportedIn(payload);
  return understood;
}

/** `online`, `offline`, or since Zigbee2MQTT 2 `{"state":"online"}`. */
function isOnline(payload: Uint8Array): boolean | undefined {
  const parsed = parseJson(payload);
  const given = parsed.ok && isJsonObject(parsed.value) ? parsed.value.state : (wordOf(payload) ?? '');
  return given === 'online' ? true : given === 'offline' ? false : undefined;
}
