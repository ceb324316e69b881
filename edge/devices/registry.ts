/**
 * The site's devices and consumers: their log-ins, their rights, their newest values. The broker authenticates by it,
 * the pipeline decodes by it, the pages and the status read the devices' state from it.
 *
 * Always: only a device or consumer of the site's configuration can log in, each with its own password; a decoder that
 * throws makes a dead letter and nothing else; the memory for a device is bounded, whatever the device sends.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { Value } from '@forpost/shared/event/event.ts';
import type { DeviceStatus } from '@forpost/shared/event/status.ts';
import type { PasswordVerifier } from '@forpost/shared/password.ts';
import { atOnce, inSlices } from '@forpost/shared/slices.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { Principal } from '../broker/access.ts';
import { FilterSet } from '../broker/filter-set.ts';
import type { Secrets } from '../site/secrets.ts';
import type { DeviceConfig, Site } from '../site/site.ts';
import { ChannelNames } from './channel-names.ts';
import { checkDecoded } from './checks.ts';
import type { Decoded, Decoder } from './decoder.ts';
import { decoderNamed } from './decoders/registry.ts';
import { DecodingRecord } from './decoding-record.ts';
import { LogIns } from './log-ins.ts';
import type { MessageRecord } from './message-record.ts';
import { principalSteps, principalsOf } from './principals.ts';
import { RecentMessages } from './recent-messages.ts';

/** Newest values that are remembered of one device. A further one replaces the value that came longest ago. */
const mostValues = 256;
/** The result for a message that is not decoded: birth, last will, discovery, an answer to a caller. */
const passedOn: Decoded = { ok: true, items: [] };
/** Letters of a text that are remembered; few, because every status carries the newest values of all devices. */
const mostLetters = 64;

interface KnownDevice {
  config: DeviceConfig;
  decoder: Decoder;
  /** topics that the decoder reads; messages on the device's other topics are delivered, not decoded */
  read: FilterSet;
  connected: boolean;
  /** ms since 1970: when the device last connected or disconnected */
  lastConnected: number | undefined;
  lastSeen: number | undefined;
  messages: number;
  deadLetters: number;
  /** reason and time (ms since 1970) of the newest dead letter */
  newestDeadLetter: { readonly reason: string; readonly at: number } | undefined;
  readonly values: Map<string, NewestValue>;
  channels: ChannelNames;
  decoding: DecodingRecord;
}

/** Names of channels and the names that claimed them, by device: kept across restarts. */
export type ChannelClaims = Readonly<Record<string, readonly (readonly [name: string, claimedBy: string])[]>>;

/** Changed in place: deleting and inserting it at each reading would make the map rehash all the time. */
interface NewestValue {
  value: Value;
  /** number of the device's message with this value, counted from 1 */
  message: number;
}

interface ChangedSite {
  readonly site: Site;
  readonly secrets: Pick<Secrets, 'mqtt'>;
}

export class DeviceRegistry {
  #devices: ReadonlyMap<string, KnownDevice>;
  #principals: ReadonlyMap<string, Principal>;
  /** who may log in, by which credentials */
  readonly logIns: LogIns;
  readonly #clock: Clock;
  readonly #latestTime: (received: number) => number;
  readonly #onChannelClaim: () => void;
  /** what `ready` has prepared */
  #ready: { readonly next: ChangedSite; readonly commit: () => void } | undefined;
  /** of devices that somebody watches */
  readonly recentMessages: RecentMessages;

  /** @throws RangeError for an unknown decoder; the check of site.yaml refuses it before */
  constructor(options: {
    site: Site;
    secrets: Secrets;
    clock: Clock;
    verifier?: PasswordVerifier;
    /** the latest plausible time of a device at a time of receipt; default: every time is plausible */
    latestTime?: (received: number) => number;
    /** called when a device claims the name of a new channel; `channelClaims` has it */
    onChannelClaim?: () => void;
  }) {
    const { site, secrets, clock, verifier } = options;
    this.#onChannelClaim = options.onChannelClaim ?? (() => undefined);
    this.#latestTime = options.latestTime ?? (() => Number.POSITIVE_INFINITY);
    this.#clock = clock;
    this.recentMessages = new RecentMessages(clock);
    this.#devices = new Map(site.devices.map((config) => [config.id, this.#newDevice(config)]));
    this.#principals = principalsOf(site);
    this.logIns = new LogIns({ mqtt: secrets.mqtt, principalOf: (id) => this.principal(id), clock, verifier });
  }

  /** A device that has sent nothing yet. @throws RangeError for an unknown decoder */
  #newDevice(config: DeviceConfig): KnownDevice {
    return {
      ...readingOf(config),
      connected: false,
      lastConnected: undefined,
      lastSeen: undefined,
      messages: 0,
      deadLetters: 0,
      newestDeadLetter: undefined,
      values: new Map(),
      channels: new ChannelNames([], this.#onChannelClaim),
      decoding: new DecodingRecord(),
    };
  }

  /**
   * Prepares a changed site and its secrets in slices: packets are handled meanwhile. `prepare` takes the result.
   * @throws RangeError for an unknown decoder
   */
  async ready(next: ChangedSite): Promise<void> {
    this.#ready = undefined;
    this.#ready = { next, commit: await inSlices(this.#preparing(next)) };
  }

  /**
   * Prepares a changed site and its secrets. `commit` takes them: the next message of a device is decoded by its new
   * configuration; values, counters and names of channels stay, and those of another decoder are forgotten.
   * @throws RangeError for an unknown decoder
   */
  prepare(next: ChangedSite): { readonly commit: () => void } {
    const ready = this.#ready;
    this.#ready = undefined;
    return { commit: ready?.next === next ? ready.commit : atOnce(this.#preparing(next)) };
  }

  *#preparing({ site, secrets }: ChangedSite): Generator<void, () => void, void> {
    const principals = yield* principalSteps(site);
    const devices = new Map<string, KnownDevice>();
    const read: { readonly device: KnownDevice; readonly reads: Reading }[] = [];
    for (const config of site.devices) {
      const known = this.#devices.get(config.id);
      const device = known ?? this.#newDevice(config);
      devices.set(config.id, device);
      if (known !== undefined && !isDeepStrictEqual(known.config, config))
        read.push({ device, reads: readingOf(config) });
      yield;
    }
    const takeLogIns = yield* this.logIns.preparing(secrets.mqtt);
    return () => {
      for (const { device, reads } of read) applyReading(device, reads);
      this.#devices = devices;
      this.#principals = principals;
      takeLogIns();
    };
  }

  /** The principal of a user as the site has it now; undefined: the site has no such user. */
  principal(user: string): Principal | undefined {
    return this.#principals.get(user);
  }

  /** Decodes a device's message; a refusal has its reason in words. `received`: ms since 1970. Never throws. */
  decode(device: string, topic: string, payload: Uint8Array, received: number): Decoded {
    const known = this.#devices.get(device);
    if (known === undefined) return { ok: false, reason: message('gateway/note.no-device', { device }) };
    if (!known.read.matches(topic)) return passedOn;
    try {
      const { config, decoder, channels } = known;
      const decoded = decoder.decode({ device: config, topic, payload, received, channels });
      return checkDecoded(decoded, received, this.#latestTime);
    } catch (error) {
      return {
        ok: false,
        reason: message('gateway/note.decoder-failed', { name: known.decoder.name, error: messageOf(error) }),
      };
    }
  }

  /** Notes a device's message: its time, its newest values, and what the decoder did not understand. */
  seen(device: string, received: number, decoded: Decoded, message?: { topic: string; payload: Uint8Array }): void {
    const known = this.#devices.get(device);
    if (known === undefined) return;
    known.messages++;
    known.lastSeen = received;
    known.decoding.note(decoded, received, message);
    if (message !== undefined) this.recentMessages.note(device, received, message.topic, message.payload, decoded);
    if (!decoded.ok) return;
    for (const item of decoded.items) if (item.kind === 'reading') remember(known.values, item.data, known.messages);
  }

  /** Restores the names of channels from before a restart. Called before the first message. */
  recallChannels(claims: ChannelClaims): void {
    for (const [device, known] of this.#devices) {
      const own = Object.hasOwn(claims, device) ? claims[device] : undefined;
      if (own !== undefined) known.channels = new ChannelNames(own, this.#onChannelClaim);
    }
  }

  /** Names of channels and the names that claimed them, by device. */
  channelClaims(): ChannelClaims {
    const claims = [...this.#devices].map(([id, { channels }]) => [id, channels.claims] as const);
    return Object.fromEntries(claims.filter(([, own]) => own.length > 0));
  }

  /** A device's messages and values so far; undefined for a device that the site does not have. */
  messageRecord(device: string): MessageRecord | undefined {
    const known = this.#devices.get(device);
    if (known === undefined) return undefined;
    const { values, decoding } = known;
    return {
      messages: decoding.read,
      notUnderstood: decoding.notUnderstood,
      values,
      more: values.size >= mostValues,
      onlyUnjudged: decoding.onlyUnjudged,
    };
  }

  /** Devices whose messages are not understood, or whose clock is wrong, a sentence each. */
  problems(): readonly Message[] {
    const all = [...this.#devices.values()].flatMap(({ config, decoding }) =>
      decoding.problems(config.name ?? config.id),
    );
    const more = all.length - mostProblems;
    if (more <= 0) return all;
    return [...all.slice(0, mostProblems), message('gateway/reason.more-device-problems', { count: more })];
  }

  /** Notes that a device connected or disconnected; ignores consumers. */
  connected(id: string, connected: boolean): void {
    const known = this.#devices.get(id);
    if (known === undefined) return;
    known.connected = connected;
    known.lastConnected = this.#clock.now();
  }

  /** Counts a dead letter of the device. */
  countDeadLetter(id: string, reason: string): void {
    const known = this.#devices.get(id);
    if (known === undefined) return;
    known.deadLetters++;
    known.newestDeadLetter = { reason, at: this.#clock.now() };
  }

  /** Reason and time (ms since 1970) of a device's newest dead letter. */
  newestDeadLetter(id: string): { readonly reason: string; readonly at: number } | undefined {
    return this.#devices.get(id)?.newestDeadLetter;
  }

  /** All devices for the status, in the order of site.yaml. */
  statuses(): readonly DeviceStatus[] {
    let inFull = 0;
    return [...this.#devices.values()].map((known) => ({
      id: known.config.id,
      name: known.config.name ?? known.config.id,
      connected: known.connected,
      lastSeen: known.lastSeen === undefined ? null : rfc3339(known.lastSeen),
      ...(known.lastConnected === undefined ? {} : { lastConnected: rfc3339(known.lastConnected) }),
      messages: known.messages,
      deadLetters: known.deadLetters,
      values: Object.fromEntries([...known.values].map(([name, { value }]) => [name, value])),
      ...unreadOf(known.decoding, () => inFull++ < mostUnread),
    }));
  }
}

type Reading = Pick<KnownDevice, 'config' | 'decoder' | 'read'>;

/** How a device's messages are read. @throws RangeError for an unknown decoder; the check of site.yaml refuses it before */
function readingOf(config: DeviceConfig): Reading {
  const decoder = decoderNamed(config.decoder);
  if (decoder === undefined) throw new RangeError(`device "${config.id}": there is no decoder "${config.decoder}"`);
  const filters = [...decoder.publishFilters(config), ...(decoder.moreTopics?.(config).readShared ?? [])];
  return { config, decoder, read: new FilterSet(filters) };
}

/** What another decoder has read means nothing to the new one. */
function applyReading(device: KnownDevice, { config, decoder, read }: Reading): void {
  if (decoder !== device.decoder) {
    device.values.clear();
    device.decoding = new DecodingRecord();
  }
  device.config = config;
  device.decoder = decoder;
  device.read = read;
}

/** Sentences about devices in one status. */
const mostProblems = 20;
/** Devices for which one status has every field and the newest message; for further ones it has counts alone. */
const mostUnread = 50;

function unreadOf(decoding: DecodingRecord, inFull: () => boolean): Pick<DeviceStatus, 'unread'> {
  const unread = decoding.view();
  if (unread === undefined || inFull()) return unread === undefined ? {} : { unread };
  const { messages, inARow, nothingUnderstood } = unread;
  return { unread: { messages, inARow, nothingUnderstood, unknownKeys: [], fields: [] } };
}

function shortened(text: string): string {
  return text.length <= mostLetters ? text : `${text.slice(0, mostLetters - 1)}…`;
}

function remember(
  values: Map<string, NewestValue>,
  { channel, values: said }: { readonly channel?: string; readonly values: Readonly<Record<string, Value>> },
  message: number,
): void {
  for (const metric of Object.keys(said)) {
    const given = said[metric];
    if (given === undefined) continue;
    const name = channel === undefined ? metric : `${channel}/${metric}`;
    const value = typeof given === 'string' ? shortened(given) : given;
    const newest = values.get(name);
    if (newest !== undefined) {
      newest.value = value;
      newest.message = message;
      continue;
    }
    if (values.size >= mostValues) values.delete(longestUnseen(values));
    values.set(name, { value, message });
  }
}

function longestUnseen(values: ReadonlyMap<string, NewestValue>): string {
  let oldest = '';
  let least = Number.POSITIVE_INFINITY;
  for (const [name, { message }] of values) {
    if (message >= least) continue;
    oldest = name;
    least = message;
  }
  return oldest;
}
