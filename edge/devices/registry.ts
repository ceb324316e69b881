/**
 * The site's devices and consumers: who they are, what they may do, what they said last. The broker asks it who
 * connects, the pipeline asks it what a message means, the pages and the status ask it how they are.
 *
 * Always: only what the site's configuration names gets in, each with its own password; a decoder that throws is a
 * dead letter and nothing else; what is remembered of a device is bounded, whatever it sends.
 */

import type { Clock } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { Value } from '@forpost/shared/event/event.ts';
import type { DeviceStatus } from '@forpost/shared/event/status.ts';
import { isCredentialOf, type MadeHash, parseMadeHash } from '@forpost/shared/made-credential.ts';
import { PasswordVerifier } from '@forpost/shared/password.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { Acquaintance, Authenticate, Principal } from '../broker/access.ts';
import { FilterSet } from '../broker/filter-set.ts';
import type { DeviceConfig, Secrets, Site } from '../site/site.ts';
import { ChannelNames } from './channel-names.ts';
import { checkDecoded } from './checks.ts';
import type { Decoded, Decoder } from './decoder.ts';
import { decoderNamed } from './decoders/registry.ts';
import type { Heard } from './heard.ts';
import { principalsOf } from './principals.ts';
import { Understanding } from './understanding.ts';

/** Last values that are remembered of one device. The one that was not heard longest goes first. */
const mostValues = 256;
/** Of a message that is no reading: birth, last will, discovery, an answer to a caller. */
const passedOn: Decoded = { ok: true, items: [] };
/** Letters of a text that are remembered: the whole site's last values travel in each status. */
const mostLetters = 64;

/** A hash of nobody's password: an unknown user costs as much time as a wrong password. */
const nobodysHash = '$argon2id$v=19$m=19456,t=2,p=1$Zm9ycG9zdC1ub2JvZHkhIQ$b5mXl0yf3p9tDz5Wt0i5rJ6vZ4o0s1u2w3x4y5z6A7g';

interface KnownDevice {
  readonly config: DeviceConfig;
  readonly decoder: Decoder;
  /** what the decoder reads; the rest of what the device may publish is passed on alone */
  readonly read: FilterSet;
  connected: boolean;
  /** ms since 1970: when it last came or went */
  lastConnected: number | undefined;
  lastSeen: number | undefined;
  messages: number;
  deadLetters: number;
  /** why the newest one could not be read, and when that was (ms since 1970) */
  newestDeadLetter: { readonly reason: string; readonly at: number } | undefined;
  readonly values: Map<string, NewestValue>;
  channels: ChannelNames;
  readonly understanding: Understanding;
}

/** Who has which channel's name, by device: kept over restarts. */
export type ChannelClaims = Readonly<Record<string, readonly (readonly [name: string, claimedBy: string])[]>>;

/** Changed in place: to take it out and put it last at each reading would have the map made anew all the time. */
interface NewestValue {
  value: Value;
  /** the device's message that said so, counted from 1 */
  message: number;
}

export class DeviceRegistry {
  readonly #devices = new Map<string, KnownDevice>();
  readonly #principals: ReadonlyMap<string, Principal>;
  #hashes: ReadonlyMap<string, string>;
  /** of those whose credential the gateway made: they are checked in microseconds */
  #made: ReadonlyMap<string, MadeHash>;
  readonly #clock: Clock;
  readonly #verifier: PasswordVerifier;
  readonly #latestTime: (received: number) => number;
  readonly #onChannelClaim: () => void;

  /** @throws RangeError of an unknown decoder, which loading a site refuses */
  constructor(options: {
    site: Site;
    secrets: Secrets;
    clock: Clock;
    verifier?: PasswordVerifier;
    /** the latest time that a device can have as something is received; default: nobody knows, and none is too late */
    latestTime?: (received: number) => number;
    /** a device has a channel that it did not have before: `channelClaims` says more */
    onChannelClaim?: () => void;
  }) {
    const { site, secrets, clock, verifier = new PasswordVerifier() } = options;
    this.#onChannelClaim = options.onChannelClaim ?? (() => undefined);
    this.#latestTime = options.latestTime ?? (() => Number.POSITIVE_INFINITY);
    this.#clock = clock;
    this.#verifier = verifier;
    this.#hashes = new Map(Object.entries(secrets.mqtt));
    this.#made = madeHashes(this.#hashes);
    for (const config of site.devices) {
      const decoder = decoderNamed(config.decoder);
      if (decoder === undefined) throw new RangeError(`device "${config.id}": there is no decoder "${config.decoder}"`);
      this.#devices.set(config.id, {
        config,
        decoder,
        read: new FilterSet([...decoder.publishFilters(config), ...(decoder.moreTopics?.(config).readShared ?? [])]),
        connected: false,
        lastConnected: undefined,
        lastSeen: undefined,
        messages: 0,
        deadLetters: 0,
        newestDeadLetter: undefined,
        values: new Map(),
        channels: new ChannelNames([], this.#onChannelClaim),
        understanding: new Understanding(),
      });
    }
    this.#principals = principalsOf(site);
  }

  /** From now on these passwords count. Returns whose changed: their connections are of another one. */
  renew(secrets: Pick<Secrets, 'mqtt'>): readonly string[] {
    const before = this.#hashes;
    this.#hashes = new Map(Object.entries(secrets.mqtt));
    this.#made = madeHashes(this.#hashes);
    return [...before.keys()].filter((id) => this.#hashes.get(id) !== before.get(id));
  }

  /** Who this is, if the password is right. The user name is the device's or consumer's id. */
  readonly authenticate: Authenticate = async (user, password) => {
    const made = this.#madeRight(user, password);
    if (made !== undefined) return made;
    const right = await this.#verifier.verify(password, this.#hashOf(user), this.#strangerOf(user));
    return right && this.#hashes.has(user) ? this.#principals.get(user) : undefined;
  };

  /** What is known of who logs in without computing anything that costs. */
  readonly acquaintance: Acquaintance = {
    recall: (user, password) => {
      const made = this.#madeRight(user, password);
      if (made !== undefined) return made;
      const right = this.#verifier.recall(password, this.#hashOf(user), this.#strangerOf(user));
      if (right === undefined) return undefined;
      return (right && this.#hashes.has(user) ? this.#principals.get(user) : undefined) ?? 'wrong';
    },
    isUser: (user) => this.#principals.has(user),
  };

  /** Whose made credential this is, in microseconds, whatever else waits. */
  #madeRight(user: string, password: string): Principal | undefined {
    const hash = this.#made.get(user);
    return hash !== undefined && isCredentialOf(password, hash) ? this.#principals.get(user) : undefined;
  }

  #strangerOf(user: string): string {
    return this.#hashOf(user) === nobodysHash ? user : '';
  }

  /**
   * What a password is checked against, slowly. One that is not the made credential of its user is checked against
   * nobody's: the time of an answer tells neither which names there are nor whose credential was made.
   */
  #hashOf(user: string): string {
    if (!this.#principals.has(user) || this.#made.has(user)) return nobodysHash;
    return this.#hashes.get(user) ?? nobodysHash;
  }

  /** What a device's message says, or in words why it says nothing. `received`: ms since 1970. Never throws. */
  decode(device: string, topic: string, payload: Uint8Array, received: number): Decoded {
    const known = this.#devices.get(device);
    if (known === undefined) return { ok: false, reason: `there is no device "${device}"` };
    if (!known.read.matches(topic)) return passedOn;
    try {
      const { config, decoder, channels } = known;
      const decoded = decoder.decode({ device: config, topic, payload, received, channels });
      return checkDecoded(decoded, received, this.#latestTime);
    } catch (error) {
      return { ok: false, reason: `the decoder ${known.decoder.name} failed: ${messageOf(error)}` };
    }
  }

  /** Notes that a device said something, its newest values and what was not understood. */
  seen(device: string, received: number, decoded: Decoded, message?: { topic: string; payload: Uint8Array }): void {
    const known = this.#devices.get(device);
    if (known === undefined) return;
    known.messages++;
    known.lastSeen = received;
    known.understanding.note(decoded, received, message);
    if (!decoded.ok) return;
    for (const item of decoded.items) if (item.kind === 'reading') remember(known.values, item.data, known.messages);
  }

  /** Who had which channel's name before a restart. Before the first message. */
  recallChannels(claims: ChannelClaims): void {
    for (const [device, known] of this.#devices) {
      const own = Object.hasOwn(claims, device) ? claims[device] : undefined;
      if (own !== undefined) known.channels = new ChannelNames(own, this.#onChannelClaim);
    }
  }

  /** Who has which channel's name, by device. */
  channelClaims(): ChannelClaims {
    const claims = [...this.#devices].map(([id, { channels }]) => [id, channels.claims] as const);
    return Object.fromEntries(claims.filter(([, own]) => own.length > 0));
  }

  /** What a device has said so far; undefined for one that the site does not have. */
  heard(device: string): Heard | undefined {
    const known = this.#devices.get(device);
    if (known === undefined) return undefined;
    const { values, understanding } = known;
    return {
      messages: understanding.read,
      notUnderstood: understanding.notUnderstood,
      values,
      more: values.size >= mostValues,
      onlyUnjudged: understanding.onlyUnjudged,
    };
  }

  /** Devices of which nothing is understood, or whose clock is wrong, a sentence each. */
  problems(): readonly string[] {
    const all = [...this.#devices.values()].flatMap(({ config, understanding }) =>
      understanding.problems(config.name ?? config.id),
    );
    const more = all.length - mostProblems;
    if (more <= 0) return all;
    return [...all.slice(0, mostProblems), words('gateway/reason.more-device-problems', { count: more })];
  }

  /** A device or consumer came or went. */
  connected(id: string, connected: boolean): void {
    const known = this.#devices.get(id);
    if (known === undefined) return;
    known.connected = connected;
    known.lastConnected = this.#clock.now();
  }

  /** A message of the device that nobody could read was put aside. */
  countDeadLetter(id: string, reason: string): void {
    const known = this.#devices.get(id);
    if (known === undefined) return;
    known.deadLetters++;
    known.newestDeadLetter = { reason, at: this.#clock.now() };
  }

  /** Why the newest message of a device that was put aside could not be read, and when that was (ms since 1970). */
  newestDeadLetter(id: string): { readonly reason: string; readonly at: number } | undefined {
    return this.#devices.get(id)?.newestDeadLetter;
  }

  /** All devices as the status tells them, in the order of the site's file. */
  statuses(): readonly DeviceStatus[] {
    let told = 0;
    return [...this.#devices.values()].map((known) => ({
      id: known.config.id,
      name: known.config.name ?? known.config.id,
      connected: known.connected,
      lastSeen: known.lastSeen === undefined ? null : rfc3339(known.lastSeen),
      ...(known.lastConnected === undefined ? {} : { lastConnected: rfc3339(known.lastConnected) }),
      messages: known.messages,
      deadLetters: known.deadLetters,
      values: Object.fromEntries([...known.values].map(([name, { value }]) => [name, value])),
      ...unreadOf(known.understanding, () => told++ < mostUnread),
    }));
  }
}

function madeHashes(hashes: ReadonlyMap<string, string>): ReadonlyMap<string, MadeHash> {
  return new Map(
    [...hashes].flatMap(([id, text]) => {
      const made = parseMadeHash(text);
      return made === undefined ? [] : [[id, made] as const];
    }),
  );
}

/** Sentences about devices in one status. */
const mostProblems = 20;
/** Devices of which one status tells every field and the newest message; of others how many messages. */
const mostUnread = 50;

function unreadOf(understanding: Understanding, inFull: () => boolean): Pick<DeviceStatus, 'unread'> {
  const unread = understanding.view();
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
    const heard = values.get(name);
    if (heard !== undefined) {
      heard.value = value;
      heard.message = message;
      continue;
    }
    if (values.size >= mostValues) values.delete(longestUnheard(values));
    values.set(name, { value, message });
  }
}

function longestUnheard(values: ReadonlyMap<string, NewestValue>): string {
  let oldest = '';
  let least = Number.POSITIVE_INFINITY;
  for (const [name, { message }] of values) {
    if (message >= least) continue;
    oldest = name;
    least = message;
  }
  return oldest;
}
