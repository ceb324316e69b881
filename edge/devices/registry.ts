/**
 * The site's devices, bridges and consumers: their log-ins, their rights, their newest values. The broker authenticates by
 * it, the pipeline decodes by it, the pages and the status read the devices' state from it.
 *
 * Always: only a device, bridge or consumer of the site's configuration can log in, each with its own password; a device
 * behind a bridge has no log-in; a decoder that throws makes a dead letter and nothing else; the memory for a device is
 * bounded, whatever the device sends.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import type { DeviceStatus } from '@forpost/shared/event/status.ts';
import type { PasswordVerifier } from '@forpost/shared/password.ts';
import { atOnce, inSlices } from '@forpost/shared/slices.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { Principal } from '../broker/access.ts';
import { FilterSet } from '../broker/filter-set.ts';
import type { Secrets } from '../site/secrets.ts';
import type { BridgeConfig, DeviceConfig, Site } from '../site/site.ts';
import { logInsOf, siteDevices } from '../site/site-devices.ts';
import { type Attributed, Bridge } from './bridges/bridge.ts';
import { type BridgeView, bridgeView } from './bridges/bridge-view.ts';
import type { KeptName } from './bridges/name-entry.ts';
import { ChannelNames } from './channel-names.ts';
import { checkDecoded } from './checks.ts';
import type { Decoded, Decoder } from './decoder.ts';
import { decoderNamed } from './decoders/registry.ts';
import { KnownDevice, mostUnread, type Newest, unreadOf } from './known-device.ts';
import { LogIns } from './log-ins.ts';
import type { MessageRecord } from './message-record.ts';
import { type Rights, readTopics, rightSteps, rightsOf } from './principals.ts';
import { RecentMessages } from './recent-messages.ts';

/** The result for a message that is not decoded: birth, last will, discovery, an answer to a caller. */
const passedOn: Decoded = { ok: true, items: [] };

/** A device of the site. */
interface Member {
  readonly id: DeviceId;
  /** for people */
  readonly name: string;
  /** its own, or its bridge's */
  readonly decoder: Decoder | undefined;
  readonly device: KnownDevice;
  /** how its messages are read; absent: its bridge speaks for it */
  readonly logIn: LogIn | undefined;
  /** the bridge that speaks for it */
  readonly behind: DeviceId | undefined;
}

/** How the messages of a log-in are read. */
interface LogIn {
  readonly config: DeviceConfig;
  readonly decoder: Decoder;
  /** topics that the decoder reads; messages on the device's other topics are delivered, not decoded */
  readonly read: FilterSet;
  channels: ChannelNames;
  /** of a bridge */
  readonly bridge?: Bridge | undefined;
}

/** A decoded message; of a bridge with the device of each item. */
export type DecodedMessage = Decoded & { readonly bridged?: Attributed };

/** What bridges have said of the devices behind them, by bridge: kept across restarts. */
export type BridgeNames = Readonly<Record<string, readonly KeptName[]>>;

/** Names of channels and the names that claimed them, by device: kept across restarts. */
export type ChannelClaims = Readonly<Record<string, readonly (readonly [name: string, claimedBy: string])[]>>;

interface ChangedSite {
  readonly site: Site;
  readonly secrets: Pick<Secrets, 'mqtt'>;
}

export class DeviceRegistry {
  #members: ReadonlyMap<string, Member> = new Map();
  #rights: Rights;
  /** who may log in, by which credentials */
  readonly logIns: LogIns;
  readonly #clock: Clock;
  readonly #latestTime: (received: number) => number;
  readonly #onChannelClaim: () => void;
  readonly #onBridgeNames: () => void;
  readonly #onReach: (bridge: DeviceId, reachable: boolean) => void;
  /** what `ready` has prepared */
  #ready: { readonly next: ChangedSite; readonly commit: () => readonly string[] } | undefined;
  /** of devices that somebody watches */
  readonly recentMessages: RecentMessages;

  /** @throws RangeError for an unknown decoder; the check of site.yaml refuses it before */
  constructor(options: {
    site: Site;
    secrets: Secrets;
    clock: Clock;
    verifier?: PasswordVerifier;
    /** whether a client's certificate (SHA-256 in hex) was revoked or has ended; default: none */
    refusesCertificate?: (sha256: string) => boolean;
    /** the latest plausible time of a device at a time of receipt; default: every time is plausible */
    latestTime?: (received: number) => number;
    /** called when a device claims the name of a new channel; `channelClaims` has it */
    onChannelClaim?: () => void;
    /** called when a bridge speaks of a new device, or names one otherwise; `bridgeNames` has it */
    onBridgeNames?: () => void;
    /** called when a bridge becomes reachable or unreachable */
    onReach?: (bridge: DeviceId, reachable: boolean) => void;
  }) {
    const { site, secrets, clock, verifier, refusesCertificate } = options;
    this.#onChannelClaim = options.onChannelClaim ?? (() => undefined);
    this.#onBridgeNames = options.onBridgeNames ?? (() => undefined);
    this.#onReach = options.onReach ?? (() => undefined);
    this.#latestTime = options.latestTime ?? (() => Number.POSITIVE_INFINITY);
    this.#clock = clock;
    this.recentMessages = new RecentMessages(clock);
    this.#members = atOnce(this.#memberSteps(site, []));
    this.#rights = rightsOf(site);
    const principalOf = (id: string) => this.principal(id);
    this.logIns = new LogIns({ mqtt: secrets.mqtt, principalOf, clock, verifier, refusesCertificate });
  }

  /**
   * The devices of `site`: known ones keep their state, wherever they stand now. The necessary changes of a known
   * one are added to `changes`, for the commit. @throws RangeError for an unknown decoder
   */
  *#memberSteps(site: Site, changes: (() => void)[]): Generator<void, ReadonlyMap<string, Member>, void> {
    const isBridge = new Set<string>(site.bridges?.map(({ id }) => id) ?? []);
    const logIns = new Map<string, LogIn>();
    for (const config of logInsOf(site)) {
      logIns.set(config.id, this.#logInOf(config, isBridge.has(config.id), changes));
      yield;
    }
    const members = new Map<string, Member>();
    for (const { id, name = id, bridge: behind } of siteDevices(site)) {
      const before = this.#members.get(id);
      const logIn = logIns.get(id);
      const decoder = logIn?.decoder ?? logIns.get(behind ?? '')?.decoder;
      const device = before?.device ?? new KnownDevice();
      if (before !== undefined && before.decoder !== decoder) changes.push(() => device.forgetReadings());
      if (before?.logIn !== undefined && logIn === undefined) changes.push(() => device.notConnected());
      const member: Member = { id, name, decoder, device, logIn, behind };
      members.set(id, before !== undefined && isSameMember(before, member) ? before : member);
      yield;
    }
    return members;
  }

  #logInOf(config: DeviceConfig, isBridge: boolean, changes: (() => void)[]): LogIn {
    const before = this.#members.get(config.id)?.logIn;
    const known = before !== undefined && (before.bridge !== undefined) === isBridge ? before : undefined;
    if (known !== undefined && (known.config === config || isDeepStrictEqual(known.config, config))) return known;
    const reading = readingOf(config, isBridge);
    const channels = before?.channels ?? new ChannelNames([], this.#onChannelClaim);
    if (!isBridge) return { ...reading, channels };
    const bridge = known?.bridge ?? new Bridge(config, this.#onBridgeNames);
    if (known?.bridge !== undefined)
      changes.push(() => {
        bridge.configure(config);
        if (known.decoder !== reading.decoder) bridge.forget();
      });
    // a device that becomes a bridge stays connected
    else
      changes.push(() => {
        bridge.reachable = this.#members.get(config.id)?.device.connected ?? false;
      });
    return { ...reading, channels, bridge };
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
   * configuration; values, counters and names of channels stay, and those of another decoder are forgotten. It returns the
   * ids whose credentials changed. @throws RangeError for an unknown decoder
   */
  prepare(next: ChangedSite): { readonly commit: () => readonly string[] } {
    const ready = this.#ready;
    this.#ready = undefined;
    return { commit: ready?.next === next ? ready.commit : atOnce(this.#preparing(next)) };
  }

  *#preparing({ site, secrets }: ChangedSite): Generator<void, () => readonly string[], void> {
    const takeRights = yield* rightSteps(site, this.#rights);
    const changes: (() => void)[] = [];
    const members = yield* this.#memberSteps(site, changes);
    const takeLogIns = yield* this.logIns.preparing(secrets.mqtt);
    return () => {
      for (const change of changes) change();
      this.#members = members;
      this.#rights = takeRights();
      return takeLogIns();
    };
  }

  /** The principal of a user as the site has it now; undefined: the site has no such user. */
  principal(user: string): Principal | undefined {
    return this.#rights.principals.get(user);
  }

  /**
   * Decodes the message of a log-in; a refusal has its reason in words. What a bridge says of the devices behind it is noted.
   * `received`: ms since 1970. Never throws.
   */
  decode(id: string, topic: string, payload: Uint8Array, received: number): DecodedMessage {
    const logIn = this.#members.get(id)?.logIn;
    if (logIn === undefined) return { ok: false, reason: message('gateway/note.no-device', { device: id }) };
    if (!logIn.read.matches(topic)) return passedOn;
    try {
      const { config, decoder, channels, bridge } = logIn;
      const given = { device: config, topic, payload, received, channels };
      const decoded = decoder.decode(bridge === undefined ? given : { ...given, bridge });
      const checked = checkDecoded(decoded, received, this.#latestTime);
      if (bridge === undefined || !checked.ok) return checked;
      const before = bridge.reachable;
      const bridged = bridge.attribute(checked, received, channels, { topic, payload });
      if (bridge.reachable !== before) this.#onReach(config.id, bridge.reachable);
      return { ...checked, items: bridged.items, bridged };
    } catch (error) {
      return {
        ok: false,
        reason: message('gateway/note.decoder-failed', { name: logIn.decoder.name, error: messageOf(error) }),
      };
    }
  }

  /**
   * Notes a message: its time, its newest values, and what the decoder did not understand; of a bridge for each device that
   * it is about.
   */
  seen(id: string, received: number, decoded: DecodedMessage, message?: { topic: string; payload: Uint8Array }): void {
    const device = this.#members.get(id)?.device;
    if (device === undefined) return;
    if (message !== undefined) this.recentMessages.note(id, received, message.topic, message.payload, decoded);
    const { bridged } = decoded;
    if (bridged === undefined || !decoded.ok) {
      device.note(decoded, received, message);
      return;
    }
    const { items, owners, alive } = bridged;
    const own = items.filter((item) => item.device === undefined);
    // unreadable content counts for the one device that the message is about
    const isOfOne = alive.size === 1 && owners.every((owner) => owner !== undefined);
    device.note(isOfOne ? { ok: true, items } : decoded, received, isOfOne ? undefined : message, own);
    for (const owner of alive) {
      const of = items.filter((_, index) => owners[index] === owner);
      if (message !== undefined)
        this.recentMessages.note(owner, received, message.topic, message.payload, { ok: true, items: of });
      const notes = isOfOne ? { ...decoded, items: of } : { ok: true as const, items: of };
      this.#members.get(owner)?.device.note(notes, received, isOfOne ? message : undefined);
    }
  }

  /** Restores the names of channels from before a restart. Called before the first message. */
  recallChannels(claims: ChannelClaims): void {
    for (const [device, { logIn }] of this.#members) {
      const own = Object.hasOwn(claims, device) ? claims[device] : undefined;
      if (own !== undefined && logIn !== undefined) logIn.channels = new ChannelNames(own, this.#onChannelClaim);
    }
  }

  /** Names of channels and the names that claimed them, by device. */
  channelClaims(): ChannelClaims {
    const claims = [...this.#members].map(([id, { logIn }]) => [id, logIn?.channels.claims ?? []] as const);
    return Object.fromEntries(claims.filter(([, own]) => own.length > 0));
  }

  /** Restores what bridges had said of the devices behind them before a restart. Called before the first message. */
  recallBridges(names: BridgeNames): void {
    for (const { id, logIn } of this.#members.values())
      if (Object.hasOwn(names, id)) logIn?.bridge?.recall(names[id] ?? []);
  }

  /** What bridges have said of the devices behind them, by bridge. */
  bridgeNames(): BridgeNames {
    return Object.fromEntries(this.#bridges().map(([{ config }, bridge]) => [config.id, bridge.kept()]));
  }

  /** The bridges with the devices behind them and the found ones, in the order of site.yaml. */
  bridges(): readonly BridgeView[] {
    return this.#bridges().map(([{ config }, bridge]) =>
      bridgeView(config as BridgeConfig, bridge, (id) => this.#members.get(id)?.device),
    );
  }

  /** The bridge of this id; undefined: the site has no such bridge. */
  bridge(id: string): Pick<Bridge, 'foundBy'> | undefined {
    return this.#members.get(id)?.logIn?.bridge;
  }

  /** Whether the gateway receives what this bridge says; true for any other id. */
  reaches(id: string): boolean {
    return this.#members.get(id)?.logIn?.bridge?.reachable ?? true;
  }

  #bridges(): readonly (readonly [LogIn, Bridge])[] {
    return [...this.#members.values()].flatMap(({ logIn }) =>
      logIn?.bridge === undefined ? [] : [[logIn, logIn.bridge] as const],
    );
  }

  /** A device's messages and values so far; undefined for a device that the site does not have. */
  messageRecord(device: string): MessageRecord | undefined {
    return this.#members.get(device)?.device.messageRecord();
  }

  /** Devices whose messages are not understood, or whose clock is wrong, a sentence each. */
  problems(): readonly Message[] {
    const all = [...this.#members.values()].flatMap(({ name, device }) => device.decoding.problems(name));
    const more = all.length - mostProblems;
    if (more <= 0) return all;
    return [...all.slice(0, mostProblems), message('gateway/reason.more-device-problems', { count: more })];
  }

  /** Notes that a device or bridge connected or disconnected; ignores consumers. */
  connected(id: string, connected: boolean): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    member.device.connected = connected;
    member.device.lastConnected = this.#clock.now();
    const bridge = member.logIn?.bridge;
    if (bridge === undefined || bridge.reachable === connected) return;
    bridge.reachable = connected;
    this.#onReach(member.id, connected);
  }

  /** Counts a dead letter of the device. */
  countDeadLetter(id: string, reason: string): void {
    this.#members.get(id)?.device.countDeadLetter({ reason, at: this.#clock.now() });
  }

  /** Reason and time (ms since 1970) of a device's newest dead letter. */
  newestDeadLetter(id: string): Newest | undefined {
    return this.#members.get(id)?.device.newestDeadLetter;
  }

  /** All devices for the status, in the order of site.yaml, a bridge before the devices behind it. */
  statuses(): readonly DeviceStatus[] {
    let inFull = 0;
    return [...this.#members.values()].map((member) => {
      const { id, name, device } = member;
      return {
        id,
        name,
        ...device.state(),
        ...this.#ofBridge(member),
        ...unreadOf(device.decoding, () => inFull++ < mostUnread),
      };
    });
  }

  /** The keys of the status that only a bridge, or a device behind a bridge, has. */
  #ofBridge({ id, logIn, behind, device }: Member): Partial<Pick<DeviceStatus, 'connected' | 'bridge' | 'found'>> {
    if (logIn?.bridge !== undefined)
      return { connected: device.connected && logIn.bridge.reachable, found: logIn.bridge.foundCount };
    const bridge = behind === undefined ? undefined : this.#members.get(behind)?.logIn?.bridge;
    if (behind === undefined || bridge === undefined) return {};
    return { bridge: behind, connected: bridge.reachable && bridge.reportedOf(id)?.reachable !== false };
  }
}

function isSameMember(one: Member, other: Member): boolean {
  return (
    one.name === other.name &&
    one.decoder === other.decoder &&
    one.device === other.device &&
    one.logIn === other.logIn &&
    one.behind === other.behind
  );
}

/** How a device's messages are read. @throws RangeError for an unknown decoder; the check of site.yaml refuses it before */
function readingOf(config: DeviceConfig, isBridge: boolean): Pick<LogIn, 'config' | 'decoder' | 'read'> {
  const decoder = decoderNamed(config.decoder);
  if (decoder === undefined) throw new RangeError(`device "${config.id}": there is no decoder "${config.decoder}"`);
  const filters = [...readTopics(config, decoder, isBridge), ...(decoder.moreTopics?.(config).readShared ?? [])];
  return { config, decoder, read: new FilterSet(filters) };
}

/** Sentences about devices in one status. */
const mostProblems = 20;
