/**
 * The newest messages of devices that somebody watches on the page: as they came, and what the decoder made of them.
 *
 * Always: a device that nobody watches costs one look into an empty map; watched devices, messages of each and letters of
 * each message are bounded; a watch ends by itself.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import type { Value } from '@forpost/shared/event/event.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import type { Decoded } from './decoder.ts';

/** A message of a device, and what was made of it. */
export interface RecentMessage {
  /** ms since 1970 */
  readonly received: number;
  readonly topic: string;
  /** its beginning */
  readonly payload: Uint8Array;
  /** bytes of the whole payload */
  readonly size: number;
  /** values that were read from it, by metric or channel/metric */
  readonly values: Readonly<Record<string, Value>>;
  /** types of the events that were read from it */
  readonly events: readonly string[];
  /** why nothing, or a whole reading, could be taken */
  readonly refused?: Message;
  /** fields that were not read */
  readonly problems: readonly { readonly path: string; readonly problem: Message }[];
}

const mostWatched = 16;
const mostMessages = 20;
const mostBytes = 2_048;
const mostValues = 64;
const mostTopicLetters = 200;
const watchMs = 60_000;

interface Watched {
  /** newest first */
  messages: readonly RecentMessage[];
  /** uptime, ms */
  until: number;
}

export class RecentMessages {
  readonly #clock: Pick<Clock, 'uptime'>;
  readonly #watched = new Map<string, Watched>();

  constructor(clock: Pick<Clock, 'uptime'>) {
    this.#clock = clock;
  }

  /** Watches the device for a minute. @returns its messages since it is watched, newest first */
  watch(device: string): readonly RecentMessage[] {
    const now = this.#clock.uptime();
    for (const [id, { until }] of this.#watched) if (until < now) this.#watched.delete(id);
    const messages = this.#watched.get(device)?.messages ?? [];
    this.#watched.delete(device);
    const [oldest] = this.#watched.keys();
    if (this.#watched.size >= mostWatched && oldest !== undefined) this.#watched.delete(oldest);
    this.#watched.set(device, { messages, until: now + watchMs });
    return messages;
  }

  /** Keeps a message of a device that is watched. */
  note(device: string, received: number, topic: string, payload: Uint8Array, decoded: Decoded): void {
    const watched = this.#watched.get(device);
    if (watched === undefined) return;
    if (watched.until < this.#clock.uptime()) {
      this.#watched.delete(device);
      return;
    }
    const message = messageOf(received, topic, payload, decoded);
    watched.messages = [message, ...watched.messages.slice(0, mostMessages - 1)];
  }
}

function messageOf(received: number, topic: string, payload: Uint8Array, decoded: Decoded): RecentMessage {
  const taken = {
    received,
    topic: topic.slice(0, mostTopicLetters),
    payload: payload.slice(0, mostBytes),
    size: payload.length,
  };
  if (!decoded.ok) return { ...taken, values: {}, events: [], problems: [], refused: decoded.reason };
  const values: Record<string, Value> = {};
  const events: string[] = [];
  for (const item of decoded.items) {
    if (item.kind === 'event') events.push(item.type);
    else addValues(values, item.data.channel, item.data.values);
  }
  const problems = (decoded.problems ?? []).slice(0, mostValues);
  const read = { ...taken, values, events: events.slice(0, mostValues), problems };
  return decoded.lost === undefined ? read : { ...read, refused: decoded.lost };
}

function addValues(
  to: Record<string, Value>,
  channel: string | undefined,
  values: Readonly<Record<string, Value>>,
): void {
  for (const [name, value] of Object.entries(values)) {
    if (Object.keys(to).length >= mostValues) return;
    to[channel === undefined ? name : `${channel}/${name}`] = value;
  }
}
