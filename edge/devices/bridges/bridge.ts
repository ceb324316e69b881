/**
 * One bridge: which of the devices behind it the site has, what the bridge has said of them, and the found ones, which
 * wait to be named.
 *
 *   message ─► decoder ─► report noted: names, addresses, groups, who left ─► each item gets its device
 *
 *   item of a device of the site   ─► an event of this device
 *   item of a group                ─► dropped: its members say the same
 *   item of another name           ─► an event of the bridge that names the device; no rule judges it; the device is found
 *
 * Always: a bridge speaks for itself and for the devices that the document lists behind it, never for another log-in's or
 * another bridge's, whatever name it gives. The address counts before the name, so that a device that the bridge renames
 * keeps its id. A found device is named in the document, and its next message is its own. Memory is
 * bounded: `mostNames` names, `mostFound` of them found; the found one that was silent longest makes room, and is counted.
 */
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import type { BridgeConfig } from '../../site/site.ts';
import type { ChannelNames } from '../channel-names.ts';
import type {
  BridgedDevice,
  BridgeReport,
  DecodedEvent,
  DecodedReading,
  KnownToBridge,
  Understood,
} from '../decoder.ts';
import { type FoundDevice, type KeptName, NameEntry } from './name-entry.ts';

/** Names that one bridge may speak of, more than the schema of the document allows devices behind it. */
const mostNames = 3000;
export const mostFound = 200;

type Item = DecodedReading | DecodedEvent;

/** A bridge's message with the device of each item. */
export interface Attributed {
  readonly items: readonly Item[];
  /** by item: the device of the site; undefined: the bridge itself, or a found device */
  readonly owners: readonly (DeviceId | undefined)[];
  /** devices of the site that have sent something, as the message shows, with items or without */
  readonly alive: ReadonlySet<DeviceId>;
}

export class Bridge implements KnownToBridge {
  readonly #onChange: () => void;
  /** devices of the site by their name or address at the bridge, and the reverse */
  #sources: ReadonlyMap<string, DeviceId> = new Map();
  #sourceOf: ReadonlyMap<string, string> = new Map();
  readonly #byName = new Map<string, NameEntry>();
  readonly #nameOfAddress = new Map<string, string>();
  #dropped = 0;
  /** whether the gateway receives what the bridge says: it is connected, and has not said that it stops */
  reachable = false;

  /** `onChange`: what `kept` returns has changed. */
  constructor(config: BridgeConfig, onChange: () => void = () => undefined) {
    this.#onChange = onChange;
    this.configure(config);
  }

  /** Takes the devices behind the bridge as the document lists them now. */
  configure({ devices = [] }: BridgeConfig): void {
    this.#sources = new Map(devices.map(({ id, source = id }) => [source, id]));
    this.#sourceOf = new Map(devices.map(({ id, source = id }) => [id, source]));
  }

  unitsOf(name: string): Readonly<Record<string, string>> | undefined {
    return this.#byName.get(name)?.units;
  }

  /** The device of the site that the bridge calls `name`; undefined: none. */
  deviceOf(name: string): DeviceId | undefined {
    const address = this.#byName.get(name)?.address;
    return (address === undefined ? undefined : this.#sources.get(address)) ?? this.#sources.get(name);
  }

  /** Notes what the message says, and finds the device of each of its items. */
  attribute(
    { items, bridge: report }: Understood,
    received: number,
    channels: ChannelNames,
    message?: { readonly topic: string; readonly payload: Uint8Array },
  ): Attributed {
    if (report !== undefined) this.#note(report, received);
    const alive = new Set<DeviceId>();
    const owners = new Map<string, DeviceId | undefined>();
    const groups = new Set<string>();
    for (const [name, own] of namesIn(items, report)) {
      const owner = this.deviceOf(name);
      owners.set(name, owner);
      const entry = owner === undefined ? this.#entry(name, received) : undefined;
      if (entry !== undefined && entry.kind !== 'device') groups.add(name);
      else entry?.noteMessage(own, received, message);
      if (owner !== undefined && isAlive(name, own, report)) alive.add(owner);
    }
    // the bridge's state counts before its items: the event of its last will is an item too
    this.reachable = report?.running ?? (items.length > 0 || this.reachable);
    const kept = items.filter(({ device }) => device === undefined || !groups.has(device));
    const ownerOf = ({ device }: Item) => (device === undefined ? undefined : owners.get(device));
    return {
      items: kept.map((item) =>
        item.device === undefined || ownerOf(item) !== undefined ? item : ofUnnamed(item, item.device, channels),
      ),
      owners: kept.map(ownerOf),
      alive,
    };
  }

  /** Found devices, the newest first. */
  found(): readonly FoundDevice[] {
    return [...this.#byName.values()]
      .filter((entry) => this.#isFound(entry))
      .sort((a, b) => b.last - a.last)
      .map((entry) => entry.view(entry.former === undefined ? undefined : this.#sources.get(entry.former)));
  }

  /** Found devices that made room for newer ones since the gateway started. */
  get dropped(): number {
    return this.#dropped;
  }

  get foundCount(): number {
    let count = 0;
    for (const entry of this.#byName.values()) if (this.#isFound(entry)) count++;
    return count;
  }

  /** What the bridge says of a device of the site. */
  reportedOf(id: string): Pick<NameEntry, 'name' | 'address' | 'model' | 'reachable'> | undefined {
    const source = this.#sourceOf.get(id) ?? '';
    return this.#byName.get(this.#nameOfAddress.get(source) ?? source);
  }

  /** The found device of this name or address. */
  foundBy(nameOrAddress: string): FoundDevice | undefined {
    const entry = this.#byName.get(nameOrAddress) ?? this.#byName.get(this.#nameOfAddress.get(nameOrAddress) ?? '');
    return entry === undefined || !this.#isFound(entry) ? undefined : entry.view();
  }

  /** Forgets what another decoder has read. */
  forget(): void {
    this.#byName.clear();
    this.#nameOfAddress.clear();
    this.#onChange();
  }

  /** The names that outlive a restart. */
  kept(): readonly KeptName[] {
    return [...this.#byName.values()].map((entry) => entry.kept());
  }

  /** Restores the names from before a restart. Called before the first message. */
  recall(names: readonly KeptName[]): void {
    for (const name of names.slice(0, mostNames)) this.#add(NameEntry.kept(name));
  }

  #note({ devices = [], complete }: BridgeReport, received: number): void {
    for (const device of devices)
      if (device.gone === true) this.#remove(device.name, device.address);
      else this.#merge(device, received);
    if (complete === undefined) return;
    const listed = new Set(devices.map(({ name }) => name));
    for (const entry of [...this.#byName.values()])
      if ((entry.kind === 'group') === (complete === 'groups') && !listed.has(entry.name)) this.#remove(entry.name);
  }

  /** A new name with a known address is the device's new name. */
  #merge(said: BridgedDevice, received: number): void {
    const before = said.address === undefined ? undefined : this.#nameOfAddress.get(said.address);
    const renamed = before !== undefined && before !== said.name ? this.#byName.get(before) : undefined;
    if (renamed !== undefined) this.#remove(renamed.name);
    const entry = this.#entry(said.name, received);
    if (entry === undefined) return;
    if (renamed !== undefined) entry.takeOver(renamed);
    if (entry.address !== undefined && entry.address !== said.address && said.address !== undefined)
      this.#nameOfAddress.delete(entry.address);
    if (said.address !== undefined) this.#nameOfAddress.set(said.address, said.name);
    if (entry.merge(said)) this.#onChange();
  }

  /** The entry of a name, which is new or known; undefined: there is no room for a new one. */
  #entry(name: string, received: number): NameEntry | undefined {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    if (!this.#makeRoom()) return undefined;
    const entry = new NameEntry(name, received);
    this.#add(entry);
    this.#onChange();
    return entry;
  }

  #add(entry: NameEntry): void {
    this.#byName.set(entry.name, entry);
    if (entry.address !== undefined) this.#nameOfAddress.set(entry.address, entry.name);
  }

  #remove(name: string, address?: string): void {
    const entry = this.#byName.get(name) ?? this.#byName.get(this.#nameOfAddress.get(address ?? '') ?? '');
    if (entry === undefined) return;
    this.#byName.delete(entry.name);
    if (entry.address !== undefined) this.#nameOfAddress.delete(entry.address);
    this.#onChange();
  }

  #makeRoom(): boolean {
    let found = 0;
    let oldest: NameEntry | undefined;
    for (const entry of this.#byName.values()) {
      if (!this.#isFound(entry)) continue;
      found++;
      if (oldest === undefined || entry.last < oldest.last) oldest = entry;
    }
    if (found < mostFound && this.#byName.size < mostNames) return true;
    this.#dropped++;
    if (oldest !== undefined) this.#remove(oldest.name);
    return oldest !== undefined;
  }

  #isFound({ name, kind }: NameEntry): boolean {
    return kind === 'device' && this.deviceOf(name) === undefined;
  }
}

/** The names that a message is about, each with its items: of its items, and those that it reports as alive. */
function namesIn(items: readonly Item[], report: BridgeReport | undefined): ReadonlyMap<string, readonly Item[]> {
  const names = new Map<string, Item[]>();
  for (const { name, alive } of report?.devices ?? []) if (alive === true) names.set(name, []);
  for (const item of items) {
    const { device: name } = item;
    if (name === undefined) continue;
    const own = names.get(name);
    if (own === undefined) names.set(name, [item]);
    else own.push(item);
  }
  return names;
}

/** A reading shows that its device is alive; an event may be what the bridge says of it. */
function isAlive(name: string, items: readonly Item[], report: BridgeReport | undefined): boolean {
  if (items.some(({ kind }) => kind === 'reading')) return true;
  return report?.devices?.some((device) => device.alive === true && device.name === name) ?? false;
}

/** An item of a device without a name in the document: an event of the bridge, in a channel of its own. */
function ofUnnamed(item: Item, name: string, channels: ChannelNames): Item {
  if (item.kind === 'event') return { ...item, data: { ...item.data, device: name } };
  const { values, channel, ...rest } = item.data;
  const own = channels.nameOf(channel === undefined ? name : `${name} ${channel}`);
  const more = { ...rest, channel: own, device: name };
  const named = { ...item, data: { values, ...more } };
  return item.json === undefined ? named : { ...named, json: withOthers(item.json, item.data, more) };
}

/** `json` of a reading, which has its values first and with all digits, with other fields behind the values. */
function withOthers(json: string, { values: _, ...before }: DecodedReading['data'], after: object): string {
  const tail = JSON.stringify(before).length - 1;
  const values = json.slice(0, json.length - tail).replace(/,$/, '');
  return `${values},${JSON.stringify(after).slice(1)}`;
}
