/**
 * A decoder turns what one kind of device already speaks into readings. A new kind of device is one new file in
 * decoders/ and one line in decoders/registry.ts.
 *
 * Always: a decoder is a pure function of the message; it never throws on a payload, it says what is wrong with it.
 */
import type { Problem } from '@forpost/shared/config/explain.ts';
import type { ReadingData } from '@forpost/shared/event/event.ts';
import type { TObject } from 'typebox';
import type { DeviceConfig } from '../site/site.ts';
import type { ChannelNames } from './channel-names.ts';

export interface DeviceMessage<Config extends DeviceConfig = DeviceConfig> {
  readonly device: Config;
  readonly topic: string;
  readonly payload: Uint8Array;
  /** ms since 1970, when the gateway took it */
  readonly received: number;
  /** the device's names of channels, which stay over messages; default: those of this message alone */
  readonly channels?: ChannelNames;
}

export interface DecodedReading {
  readonly kind: 'reading';
  /** ms since 1970: the device's own time, or when it was received */
  readonly time: number;
  /** whether `time` is the device's word (a buffered reading may be old) or the gateway's */
  readonly timeFromDevice: boolean;
  readonly data: ReadingData;
  /** `data` as JSON, where that says more than JSON.stringify: numbers that a double cannot hold, as they came */
  readonly json?: string;
  /** see `Resendable` */
  readonly content?: string;
}

/**
 * `content`: all that is stored of the item, as one text that is the same however the device spelt it (spaces, the
 * order of keys); only where it has an id. A resend has the same id and the same content.
 */
export type Resendable = Pick<DecodedReading, 'content'>;

/** Anything else the device tells: becomes an event of type `type` as it is. */
export interface DecodedEvent {
  readonly kind: 'event';
  readonly type: string;
  readonly time: number;
  readonly id?: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** see `Resendable` */
  readonly content?: string;
}

/** A field that was not read, or not as it was written: its path in the message (`ENERGY.Factor[2]`), and why. */
export interface FieldProblem {
  readonly path: string;
  readonly problem: string;
}

export interface Understood {
  readonly ok: true;
  /** an empty list: a message that is understood and says nothing to store (a status, a greeting) */
  readonly items: readonly (DecodedReading | DecodedEvent)[];
  /** one odd field costs only itself: what was not read beside `items` */
  readonly problems?: readonly FieldProblem[];
  /** keys of measured values that no table knows, by their paths */
  readonly unknown?: readonly string[];
  /** the message carries measured values, and none of them was understood */
  readonly nothing?: true;
  /** whole readings of the message were refused: why; the message goes to the dead letters too */
  readonly lost?: string;
  /** the device's own time was not believed: how it was written, and why; the time of receipt counts */
  readonly oddTime?: string;
}

export type Decoded = Understood | { readonly ok: false; readonly reason: string };

/**
 * What a kind of device says and hears beyond its readings, as MQTT topic filters. What it says there is delivered and
 * retained as any message is; no decoder reads it, and it counts neither as a reading nor as one that nobody understood.
 */
export interface MoreTopics {
  /** its own: birth, last will, logs */
  readonly unread?: readonly string[];
  /** what its siblings say too: discovery, announcements, answers on a caller's topic. Never another device's own topics */
  readonly shared?: readonly string[];
  /** of `shared`: what `decode` gets all the same */
  readonly readShared?: readonly string[];
  /** where a consumer that may give commands writes to it, alone or with its group */
  readonly commands?: readonly string[];
  /** whether this filter, or a message on this topic, is for it as well: where a part of a level is not known */
  readonly subscribeLike?: (filterOrTopic: string) => boolean;
}

export interface Decoder<Config extends DeviceConfig = DeviceConfig> {
  /** as the site's configuration names it: native, tasmota, shelly, … */
  readonly name: string;
  /** whose devices speak so, for people: «Shelly of all generations» */
  readonly about: string;
  /** of the keys that a device in site.yaml has for this decoder alone; absent: none */
  readonly schema?: TObject;
  /** what is wrong with a device beyond the schema; paths within the device */
  check?(device: Config): readonly Problem[];
  /** whether devices of this kind speak below this topic together, so that no device may take it as its own */
  reserves?(topic: string): boolean;
  /** MQTT topic filters that a device with this decoder publishes its readings and states to: `decode` gets them. */
  publishFilters(device: Config): readonly string[];
  /** MQTT topic filters that it may subscribe to (its own commands). */
  subscribeFilters(device: Config): readonly string[];
  /** what else it may say and hear; everything but this and the two above is refused */
  moreTopics?(device: Config): MoreTopics;
  /** Pure; never throws because of what the device sent. */
  decode(message: DeviceMessage<Config>): Decoded;
}
