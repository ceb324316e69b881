/**
 * Decodes Tasmota (tasmota.github.io/docs/MQTT), with any full topic (`full_topic`, by default `%prefix%/%topic%/`; the
 * topic may have several levels). Readings come on `tele/…/SENSOR` each telemetry period, and with the same content on
 * `STATUS8` and `STATUS10` on request. Other messages come on `STATE`, `LWT`, `INFO1` … and `stat/…`.
 *
 * Always: energy registers in kWh become Wh; a field that cannot be read is dropped alone.
 */

import { eventTypes } from '@forpost/shared/event/event.ts';
import { message as note } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import { type DeviceConfig, topicPattern } from '../../site/site.ts';
import { ChannelNames } from '../channel-names.ts';
import type { Decoded, DecodedEvent, Decoder, DeviceMessage, MoreTopics } from '../decoder.ts';
import { MessageNotes } from '../message-notes.ts';
import { isJsonObject, parseJson, refused, wordOf } from '../payload.ts';
import { quoted } from '../quoted.ts';
import { questionsToTasmota, recogniseTasmota } from './tasmota/recognise.ts';
import { sensorReadings } from './tasmota/sensor.ts';
import { zigbeeItems } from './tasmota/zigbee.ts';

/** %prefix% and %topic% once each, each as a level, in either order, among any other levels */
const fullTopicPattern =
  '^(?!.{101})([^#+/\\s%]+/)*(%prefix%/([^#+/\\s%]+/)*%topic%|%topic%/([^#+/\\s%]+/)*%prefix%)(/[^#+/\\s%]+)*/?$';

const schema = Type.Object({
  full_topic: Type.Optional(
    Type.String({
      pattern: fullTopicPattern,
      description: 'FullTopic of a Tasmota device, as in its settings',
      default: '%prefix%/%topic%/',
    }),
  ),
  groups: Type.Optional(
    Type.Array(Type.String({ pattern: topicPattern }), {
      maxItems: 8,
      description: 'group topics that a Tasmota device subscribes to, beside its own topic',
      default: ['tasmotas', 'sonoffs'],
    }),
  ),
});

type TasmotaDevice = DeviceConfig & Type.Static<typeof schema>;

const name = (device: DeviceConfig) => device.topic ?? device.id;

/** The firmware's «Full Topic» with prefix and topic filled in, ending with a slash. */
function fullTopic(
  { full_topic: template = '%prefix%/%topic%/' }: TasmotaDevice,
  prefix: string,
  topic: string,
): string {
  const filled = template.replace('%prefix%', () => prefix).replace('%topic%', () => topic);
  return filled.endsWith('/') ? filled : `${filled}/`;
}

/**
 * Topics beyond readings (tasmota.github.io/docs/MQTT and /docs/Home-Assistant): topics deeper than one level, except
 * those of sensors behind a bridge (SetOption89); discovery on Tasmota's own topics and, with SetOption19, on Home
 * Assistant's; commands to the device's groups, and to its fallback topic, which the firmware derives from its MAC address.
 */
function moreTopics(device: TasmotaDevice): MoreTopics {
  const commands = (topic: string) => `${fullTopic(device, 'cmnd', topic)}#`;
  const [before = '', behind = ''] = fullTopic(device, 'cmnd', '\0').split('\0');
  return {
    unread: [
      ...['tele', 'stat'].map((prefix) => `${fullTopic(device, prefix, name(device))}+/+/#`),
      // at each connection the device publishes an empty command to itself
      commands(name(device)),
    ],
    shared: ['tasmota/discovery/#', 'homeassistant/+/+/config', 'homeassistant/+/+/+/config'],
    commands: [name(device), ...groupsOf(device)].map(commands),
    subscribeLike: (text) => {
      const [, fallback = ''] = /^(DVES_[0-9A-F]{6}(?:_fb)?)\//.exec(text.slice(before.length)) ?? [];
      return fallback !== '' && text.startsWith(`${before}${fallback}${behind}`);
    },
  };
}

/** `GroupTopic1` to 4. The first name is the firmware's default today, the second that of firmware before 7. */
const groupsOf = ({ groups = ['tasmotas', 'sonoffs'] }: TasmotaDevice) => groups;

export const tasmota: Decoder<TasmotaDevice> = {
  name: 'tasmota',
  bridge: 'also',
  about: 'Tasmota',
  schema,
  reserves: (topic) => ['tele', 'stat', 'cmnd', 'tasmota'].includes(topic.split('/')[0] ?? ''),
  // a Zigbee bridge may publish on a further level for each of its devices (SetOption89, SetOption118)
  publishFilters: (device) => [
    ...['tele', 'stat'].map((prefix) => `${fullTopic(device, prefix, name(device))}+`),
    ...['SENSOR', 'ZbReceived'].map((what) => `${fullTopic(device, 'tele', name(device))}+/${what}`),
  ],
  subscribeFilters: (device) =>
    [name(device), ...groupsOf(device)].map((topic) => `${fullTopic(device, 'cmnd', topic)}#`),
  moreTopics,
  recognise: recogniseTasmota,
  questions: questionsToTasmota,

  decode(message): Decoded {
    const { topic, device } = message;
    const prefix = ['tele', 'stat'].find((one) => topic.startsWith(fullTopic(device, one, name(device))));
    const what = prefix === undefined ? '' : topic.slice(fullTopic(device, prefix, name(device)).length);
    const levels = what.split('/');
    if (prefix === undefined || levels.length > 2)
      return refused(note('gateway/note.other-topic', { topic: quoted(topic) }));
    const last = levels.at(-1) ?? '';
    if (prefix === 'tele' && last === 'SENSOR') return sensor(message, (whole) => whole);
    // answers to «Status 8» and «Status 10»; that to «Status 0» contains all of them
    if (sensorStatus.test(last)) return sensor(message, ({ StatusSNS }) => StatusSNS, 'StatusSNS');
    if (last === 'STATUS0') return sensor(message, ({ StatusSNS = {} }) => StatusSNS, 'StatusSNS');
    if (last === 'ZbReceived') return zigbee(message);
    if (levels.length > 1) return understood;
    // older bridges publish ZbReceived within RESULT
    if (last === 'RESULT' && isZigbee(message)) return sensor(message, (whole) => whole);
    if (prefix === 'tele' && last === 'LWT') return online(message);
    const relay = prefix === 'stat' ? /^POWER([1-9][0-9]?)?$/.exec(last) : null;
    if (relay !== null) return power(message, relay[1]);
    // STATE, INFO1, RESULT, STATUS5, …: facts about the device, understood and not kept
    return understood;
  },
};

const understood: Decoded = { ok: true, items: [] };
const sensorStatus = /^STATUS(?:8|10)$/;

function isZigbee({ payload }: DeviceMessage): boolean {
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).includes('"ZbReceived"');
}

function sensor(
  { device, payload, received, channels = new ChannelNames(), bridge }: DeviceMessage,
  within: (whole: Record<string, unknown>) => unknown,
  what = 'SENSOR',
): Decoded {
  const parsed = parseJson(payload);
  if (!parsed.ok) return parsed;
  const whole = isJsonObject(parsed.value) ? (within(parsed.value) as typeof parsed.value) : undefined;
  if (!isJsonObject(whole)) return refused(note('gateway/note.what-no-json-object', { what }));
  const notes = new MessageNotes(parsed.problems, device.keys);
  return sensorReadings({ whole, received, channels, notes, isBridge: bridge !== undefined });
}

/** With SetOption118 the topic has ZbReceived instead of the message. */
function zigbee({ device, payload, received, channels = new ChannelNames(), bridge }: DeviceMessage): Decoded {
  const parsed = parseJson(payload);
  if (!parsed.ok) return parsed;
  const { value } = parsed;
  if (!isJsonObject(value)) return refused(note('gateway/note.what-no-json-object', { what: 'ZbReceived' }));
  const notes = new MessageNotes(parsed.problems, device.keys);
  const isBridge = bridge !== undefined;
  const at = { time: received, timeFromDevice: false };
  const { items, devices } = zigbeeItems({ received: value, path: 'ZbReceived', notes, channels, isBridge, ...at });
  const decoded = notes.understood(items, true);
  return isBridge ? { ...decoded, bridge: { devices } } : decoded;
}

function online({ payload, received, bridge }: DeviceMessage): Decoded {
  const text = wordOf(payload)?.toLowerCase();
  if (text !== 'online' && text !== 'offline') return refused(note('gateway/note.lwt'));
  const running = text === 'online';
  const items = [stateEvent(received, { online: running })];
  return { ok: true, items, ...(bridge === undefined ? {} : { bridge: { running } }) };
}

function power({ payload, received }: DeviceMessage, relay: string | undefined): Decoded {
  const text = wordOf(payload)?.toUpperCase();
  if (text !== 'ON' && text !== 'OFF') return refused(note('gateway/note.power'));
  const data = { output: text === 'ON', ...(relay === undefined ? {} : { channel: `power-${relay}` }) };
  return { ok: true, items: [stateEvent(received, data)] };
}

function stateEvent(time: number, data: DecodedEvent['data']): DecodedEvent {
  return { kind: 'event', type: eventTypes.state, time, data };
}
