/**
 * What the gateway knows of one device of the site since it started: its newest values, when it was last received, how
 * many of its messages were understood. The device has a log-in of its own, is a bridge, or stands behind one.
 *
 * Always: the memory for a device is bounded, whatever it sends.
 */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { Value } from '@forpost/shared/event/event.ts';
import type { DeviceStatus } from '@forpost/shared/event/status.ts';
import type { Decoded } from './decoder.ts';
import { DecodingRecord } from './decoding-record.ts';
import type { MessageRecord } from './message-record.ts';

/** Newest values that are remembered of one device. A further one replaces the value that came longest ago. */
const mostValues = 256;
/** Letters of a text that are remembered; few, because every status carries the newest values of all devices. */
const mostLetters = 64;

/** Changed in place: deleting and inserting it at each reading would make the map rehash all the time. */
interface NewestValue {
  value: Value;
  /** number of the device's message with this value, counted from 1 */
  message: number;
}

export interface Newest {
  readonly reason: string;
  readonly at: number;
}

export class KnownDevice {
  connected = false;
  /** ms since 1970: when the device last connected or disconnected */
  lastConnected: number | undefined;
  lastSeen: number | undefined;
  messages = 0;
  deadLetters = 0;
  /** reason and time (ms since 1970) of the newest dead letter */
  newestDeadLetter: Newest | undefined;
  decoding = new DecodingRecord();
  readonly #values = new Map<string, NewestValue>();

  /** Notes a message: its time, its newest values (of `values`), and what the decoder did not understand. */
  note(
    decoded: Decoded,
    received: number,
    message?: { readonly topic: string; readonly payload: Uint8Array },
    values = decoded.ok ? decoded.items : [],
  ): void {
    this.messages++;
    this.lastSeen = received;
    this.decoding.note(decoded, received, message);
    for (const item of values) if (item.kind === 'reading') this.#remember(item.data);
  }

  countDeadLetter(newest: Newest): void {
    this.deadLetters++;
    this.newestDeadLetter = newest;
  }

  /** The device has no log-in any more: a bridge speaks for it now. */
  notConnected(): void {
    this.connected = false;
    this.lastConnected = undefined;
  }

  /** Forgets what another decoder has read: it means nothing to the new one. */
  forgetReadings(): void {
    this.#values.clear();
    this.decoding = new DecodingRecord();
  }

  messageRecord(): MessageRecord {
    const { decoding } = this;
    return {
      messages: decoding.read,
      notUnderstood: decoding.notUnderstood,
      values: this.#values,
      more: this.#values.size >= mostValues,
      onlyUnjudged: decoding.onlyUnjudged,
    };
  }

  /** The state for the status, without id and name. */
  state(): Omit<DeviceStatus, 'id' | 'name'> {
    return {
      connected: this.connected,
      lastSeen: this.lastSeen === undefined ? null : rfc3339(this.lastSeen),
      ...(this.lastConnected === undefined ? {} : { lastConnected: rfc3339(this.lastConnected) }),
      messages: this.messages,
      deadLetters: this.deadLetters,
      values: Object.fromEntries([...this.#values].map(([name, { value }]) => [name, value])),
    };
  }

  #remember(data: { readonly channel?: string; readonly values: Readonly<Record<string, Value>> }): void {
    const { channel, values: said } = data;
    const values = this.#values;
    for (const metric of Object.keys(said)) {
      const given = said[metric];
      if (given === undefined) continue;
      const name = channel === undefined ? metric : `${channel}/${metric}`;
      const value = typeof given === 'string' ? shortened(given) : given;
      const known = values.get(name);
      if (known !== undefined) {
        known.value = value;
        known.message = this.messages;
        continue;
      }
      if (values.size >= mostValues) values.delete(longestUnseen(values));
      values.set(name, { value, message: this.messages });
    }
  }
}

function shortened(text: string): string {
  return text.length <= mostLetters ? text : `${text.slice(0, mostLetters - 1)}…`;
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

/** Devices for which one status has every field and the newest message; for further ones it has counts alone. */
export const mostUnread = 50;

/** What a device’s messages left unread. `inFull`: whether every field and the newest message are wanted. */
export function unreadOf(decoding: DecodingRecord, inFull: () => boolean): Pick<DeviceStatus, 'unread'> {
  const unread = decoding.view();
  if (unread === undefined || inFull()) return unread === undefined ? {} : { unread };
  const { messages, inARow, nothingUnderstood } = unread;
  return { unread: { messages, inARow, nothingUnderstood, unknownKeys: [], fields: [] } };
}
