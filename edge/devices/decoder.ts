/**
 * A decoder turns the messages of one kind of device into readings and events. A new kind of device is one new file in
 * decoders/ and one line in decoders/registry.ts. A decoder of a bridge names the device of each reading, and says what the
 * bridge tells about the devices behind it; bridges/bridge.ts knows which of them the site has.
 *
 * Always: a decoder is a pure function of the message, and of what was kept from earlier ones (`channels`, `unitsOf`); it
 * never throws on a payload, but returns the reason.
 */

import type { Problem } from '@forpost/shared/config/explain.ts';
import type { ReadingData } from '@forpost/shared/event/event.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import type { TObject } from 'typebox';
import type { DeviceConfig } from '../site/site.ts';
import type { ChannelNames } from './channel-names.ts';
import type { Question, Recognised, UnknownMessage } from './recognise.ts';

export interface DeviceMessage<Config extends DeviceConfig = DeviceConfig> {
  readonly device: Config;
  readonly topic: string;
  readonly payload: Uint8Array;
  /** time of receipt by the gateway, ms since 1970 */
  readonly received: number;
  /** the device's names of channels, kept across messages; default: names of this message alone */
  readonly channels?: ChannelNames;
  /** the log-in is a bridge; absent: a device, which speaks for itself alone */
  readonly bridge?: KnownToBridge;
}

/** What the bridge has said earlier of the devices behind it. */
export interface KnownToBridge {
  /** units by the bridge's name of the value, as `BridgedDevice.units` gave them for the device of this name */
  unitsOf(name: string): Readonly<Record<string, string>> | undefined;
}

/** What a bridge says about one device behind it. Absent fields: this message does not say. */
export interface BridgedDevice {
  /** what the bridge calls the device now */
  readonly name: string;
  /** the device's address at the bridge, which stays when the bridge renames the device */
  readonly address?: string;
  /** `group`: a name for several devices, whose values stand for no device. Default: device */
  readonly kind?: 'device' | 'group' | 'coordinator';
  /** maker, model and what it is, for people */
  readonly model?: string;
  /** units of values whose unit depends on the model, by the bridge's name of the value: `{ voltage: 'mV' }` */
  readonly units?: Readonly<Record<string, string>>;
  /** whether the bridge reaches the device */
  readonly reachable?: boolean;
  /** the device has sent something just now */
  readonly alive?: true;
  /** the device has left the bridge */
  readonly gone?: true;
}

/** What a message of a bridge says about the bridge and the devices behind it. */
export interface BridgeReport {
  /** whether the bridge itself runs: its birth, its last will */
  readonly running?: boolean;
  readonly devices?: readonly BridgedDevice[];
  /** `devices` lists all devices (with the coordinator), or all groups: those that it lacks are gone */
  readonly complete?: 'devices' | 'groups';
}

export interface DecodedReading {
  readonly kind: 'reading';
  /** ms since 1970: the device's own time, or the time of receipt */
  readonly time: number;
  /** whether `time` is the device's own time (a buffered reading may be old) or the time of receipt */
  readonly timeFromDevice: boolean;
  readonly data: ReadingData;
  /** `data` as JSON with all digits, only where `data` has numbers that a double cannot hold */
  readonly json?: string;
  /** see `Resendable` */
  readonly content?: string;
  /** see `OfBridge` */
  readonly device?: string;
}

/** `device`: of a bridge's message, the bridge's name for the device; absent: the log-in itself. */
export type OfBridge = Pick<DecodedReading, 'device'>;

/**
 * `content`: everything that is stored of the item, as one text that does not depend on the device's spelling (spaces,
 * order of keys); only for an item with an id. A resend has the same id and the same content.
 */
export type Resendable = Pick<DecodedReading, 'content'>;

/** A device's message that is not a reading (a state, a button): stored unchanged as an event of type `type`. */
export interface DecodedEvent {
  readonly kind: 'event';
  readonly type: string;
  readonly time: number;
  readonly id?: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** see `Resendable` */
  readonly content?: string;
  /** see `OfBridge` */
  readonly device?: string;
}

/** A field that was not read, or not read as written: its path in the message (`ENERGY.Factor[2]`), and the reason. */
export interface FieldProblem {
  readonly path: string;
  readonly problem: Message;
}

export interface Understood {
  readonly ok: true;
  /** empty for a message that is understood and has nothing to store (a status, a greeting) */
  readonly items: readonly (DecodedReading | DecodedEvent)[];
  /** fields that were not read; the other fields of the message are in `items` */
  readonly problems?: readonly FieldProblem[];
  /** paths of keys that no table of the decoder knows and whose values look measured */
  readonly unknown?: readonly string[];
  /** the message carries measured values, of which the decoder read none */
  readonly nothing?: true;
  /** why a whole reading of the message was refused; the message becomes a dead letter too */
  readonly lost?: Message;
  /** the device's own time as written, and why it is not plausible; the time of receipt is used instead */
  readonly oddTime?: Message;
  /** of a bridge's message */
  readonly bridge?: BridgeReport;
}

export type Decoded = Understood | { readonly ok: false; readonly reason: Message };

/**
 * The topics of a kind of device beyond its readings, as MQTT topic filters. The broker delivers and retains messages
 * there as all others; no decoder reads them, and they count neither as read nor as not understood.
 */
export interface MoreTopics {
  /** the device's own topics that are not decoded: birth, last will, logs */
  readonly unread?: readonly string[];
  /** topics that devices of this kind publish to in common: discovery, announcements, answers on a caller's topic. Never another device's own topics */
  readonly shared?: readonly string[];
  /** those of `shared` that `decode` gets all the same */
  readonly readShared?: readonly string[];
  /** topics for commands to the device or to its group: consumers that may give commands publish there */
  readonly commands?: readonly string[];
  /** whether the device may also subscribe to this filter, or receive on this topic: for a level of which only a part is known */
  readonly subscribeLike?: (filterOrTopic: string) => boolean;
}

export interface Decoder<Config extends DeviceConfig = DeviceConfig> {
  /** as the site's configuration names it: native, tasmota, shelly, … */
  readonly name: string;
  /** the kind of device, for people: «Shelly of all generations» */
  readonly about: string;
  /** topics that only a bridge of this kind publishes to, beside those of a device: `decode` gets them too */
  bridgeFilters?(bridge: Config): readonly string[];
  /** which log-ins may have this decoder: `only`: bridges; `also`: bridges and devices; absent: devices */
  readonly bridge?: 'only' | 'also';
  /** schema of the keys that a device in site.yaml has for this decoder alone; absent: none */
  readonly schema?: TObject;
  /** problems of a device's configuration that the schema cannot find; paths within the device */
  check?(device: Config): readonly Problem[];
  /** whether all devices of this kind share this topic, so that no device may be configured with it */
  reserves?(topic: string): boolean;
  /** MQTT topic filters that a device with this decoder publishes its readings and states to: `decode` gets them. */
  publishFilters(device: Config): readonly string[];
  /** MQTT topic filters that a device may subscribe to (its own commands). */
  subscribeFilters(device: Config): readonly string[];
  /** further topics of a device; the broker refuses all topics but these and those of the two functions above */
  moreTopics?(device: Config): MoreTopics;
  /**
   * What an unknown client's message, or its last will, shows of it; undefined: devices of this kind do not send it. Pure;
   * no message makes it throw. Without it, an installer chooses this decoder by hand.
   */
  recognise?(message: UnknownMessage): Recognised | undefined;
  /** messages that make a recognised device say more of itself at once, and change nothing in it */
  questions?(config: Recognised['config']): readonly Question[];
  /** Decodes one message. Pure; no payload makes it throw. */
  decode(message: DeviceMessage<Config>): Decoded;
}
