/** One name that a bridge speaks of: a device, a group or the coordinator. What is kept of it is bounded. */
import type { Value } from '@forpost/shared/event/event.ts';
import type { BridgedDevice, DecodedEvent, DecodedReading } from '../decoder.ts';
import { quoted } from '../quoted.ts';

/** Of a found device. */
const mostValues = 12;
const mostValueLetters = 60;
const mostPayloadLetters = 200;
const mostTopicLetters = 120;
const mostModelLetters = 120;
const mostAddressLetters = 100;
const mostUnits = 8;

type Kind = NonNullable<BridgedDevice['kind']>;

/** A device that the bridge speaks for and that the document does not list. Times in ms since 1970. */
export interface FoundDevice {
  readonly name: string;
  readonly address?: string;
  readonly model?: string;
  /** what `source` in the document should be: the address where the bridge has named one */
  readonly source: string;
  readonly first: number;
  readonly last: number;
  /** messages since the gateway started */
  readonly messages: number;
  readonly topic?: string;
  /** the beginning of its newest message */
  readonly payload?: string;
  readonly values: Readonly<Record<string, Value>>;
  /** id of the device of the site that had this device's earlier name: the bridge has renamed it */
  readonly was?: string;
}

/** What outlives a restart. */
export interface KeptName {
  readonly name: string;
  readonly address?: string;
  readonly kind?: Kind;
  readonly model?: string;
  readonly units?: Readonly<Record<string, string>>;
  readonly former?: string;
  readonly first: number;
  readonly last: number;
}

export class NameEntry {
  readonly name: string;
  address: string | undefined;
  kind: Kind = 'device';
  model: string | undefined;
  units: Readonly<Record<string, string>> | undefined;
  reachable: boolean | undefined;
  /** the name before the bridge renamed the device */
  former: string | undefined;
  #first: number;
  #last: number;
  #messages = 0;
  #topic: string | undefined;
  #payload: string | undefined;
  readonly #values = new Map<string, Value>();

  constructor(name: string, received: number) {
    this.name = name;
    this.#first = received;
    this.#last = received;
  }

  /** The entry from before a restart. */
  static kept({ name, address, kind = 'device', model, units, former, first, last }: KeptName): NameEntry {
    const entry = new NameEntry(name, first);
    entry.#last = last;
    entry.former = former;
    entry.merge({ name, kind, ...(address && { address }), ...(model && { model }), ...(units && { units }) });
    return entry;
  }

  get last(): number {
    return this.#last;
  }

  /** Takes what the bridge says. Returns whether anything that outlives a restart has changed. */
  merge(said: BridgedDevice): boolean {
    const before = JSON.stringify([this.address, this.kind, this.model, this.units]);
    this.kind = said.kind ?? this.kind;
    this.address = said.address?.slice(0, mostAddressLetters) ?? this.address;
    this.model = said.model?.slice(0, mostModelLetters).toWellFormed() ?? this.model;
    if (said.units !== undefined) this.units = Object.fromEntries(Object.entries(said.units).slice(0, mostUnits));
    this.reachable = said.reachable ?? this.reachable;
    return JSON.stringify([this.address, this.kind, this.model, this.units]) !== before;
  }

  /** The bridge has given this name to a device that it called otherwise. */
  takeOver(before: NameEntry): void {
    this.former = before.name;
    this.#first = before.#first;
    this.reachable = before.reachable;
    this.units = before.units;
  }

  /** Notes a message of the device, while it is found: its items, and the message as it came. */
  noteMessage(
    items: readonly (DecodedReading | DecodedEvent)[],
    received: number,
    message?: { readonly topic: string; readonly payload: Uint8Array },
  ): void {
    this.#messages++;
    this.#last = received;
    if (message !== undefined) {
      const { topic, payload } = message;
      const beginning = Buffer.from(payload.subarray(0, mostPayloadLetters * 2)).toString('utf8');
      this.#topic = topic.length <= mostTopicLetters ? topic : quoted(topic);
      this.#payload = beginning.slice(0, mostPayloadLetters).toWellFormed();
    }
    for (const item of items) if (item.kind === 'reading') this.#noteValues(item.data);
  }

  #noteValues({ channel, values }: DecodedReading['data']): void {
    for (const [metric, value] of Object.entries(values)) {
      const name = channel === undefined ? metric : `${channel}/${metric}`;
      if (this.#values.size >= mostValues && !this.#values.has(name)) continue;
      this.#values.set(name, typeof value === 'string' ? value.slice(0, mostValueLetters).toWellFormed() : value);
    }
  }

  view(was?: string): FoundDevice {
    return {
      name: this.name,
      source: this.address ?? this.name,
      ...(this.address === undefined ? {} : { address: this.address }),
      ...(this.model === undefined ? {} : { model: this.model }),
      first: this.#first,
      last: this.#last,
      messages: this.#messages,
      ...(this.#topic === undefined ? {} : { topic: this.#topic }),
      ...(this.#payload === undefined ? {} : { payload: this.#payload }),
      values: Object.fromEntries(this.#values),
      ...(was === undefined ? {} : { was }),
    };
  }

  kept(): KeptName {
    const { name, address, kind, model, units, former } = this;
    return {
      name,
      first: this.#first,
      last: this.#last,
      ...(address === undefined ? {} : { address }),
      ...(kind === 'device' ? {} : { kind }),
      ...(model === undefined ? {} : { model }),
      ...(units === undefined ? {} : { units }),
      ...(former === undefined ? {} : { former }),
    };
  }
}
