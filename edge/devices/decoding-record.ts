/**
 * Counts which of a device's messages the decoder understands, so that a device without readable values never looks
 * healthy.
 *
 *   message with a reading                               ──► understood: the row of failures is reset
 *   message with unreadable values (`nothing`), or refused ──► the row of failures grows, the message's beginning is kept
 *   message without values (a greeting, a state)         ──► changes nothing
 *
 * Always: memory is bounded, whatever the device sends; a message that is read in full costs one loop over its items.
 */

import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { DeviceUnread } from '@forpost/shared/event/status.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import type { Message, MessageValue } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import { ofField } from './checks.ts';
import type { Decoded, Understood } from './decoder.ts';
import { quoted } from './quoted.ts';

/** Fields and keys that are remembered of one device; few, because every status carries those of all devices. */
const mostFields = 12;
const mostKeys = 16;
const mostProblemLetters = 120;
const mostValueLetters = 60;
/** Kept letters of the newest message that was not understood: of its payload and of its topic. */
const mostPayloadLetters = 200;
const mostTopicLetters = 120;
/** Failures in a row before a device that was understood earlier becomes a problem: one or two odd messages are normal. */
const failuresInARow = 3;
const keysInSentence = 4;

interface Field {
  problem: Message;
  count: number;
  at: number;
}

interface Newest {
  readonly at: number;
  readonly topic: string;
  readonly payload: string;
  readonly reason: Message | undefined;
}

export class DecodingRecord {
  #read = 0;
  #judged = 0;
  #messages = 0;
  #inARow = 0;
  #newest: Newest | undefined;
  readonly #keys = new Set<string>();
  readonly #fields = new Map<string, Field>();
  /** implausible times of the device: their count, and the newest one while the newest reading has one */
  #oddTimes = 0;
  #oddTime: Message | undefined;

  /** messages with at least one reading */
  get read(): number {
    return this.#read;
  }

  /** messages that carry measured values of which the decoder read none; refused messages count too */
  get notUnderstood(): number {
    return this.#messages;
  }

  get onlyUnjudged(): boolean {
    return this.#read > 0 && this.#judged === 0;
  }

  /** Notes one decoded message. `received`: its topic and payload, kept for the page where it was not understood. */
  note(decoded: Decoded, at: number, received?: { readonly topic: string; readonly payload: Uint8Array }): void {
    if (!decoded.ok) {
      this.#notUnderstood(at, received, decoded.reason);
      return;
    }
    if (decoded.problems !== undefined || decoded.unknown !== undefined) this.#odd(decoded, at);
    if (decoded.nothing === true) this.#notUnderstood(at, received, undefined);
    if (decoded.oddTime !== undefined) {
      this.#oddTimes++;
      this.#oddTime = shortened(decoded.oddTime);
    }
    let reading = false;
    let judged = false;
    for (const item of decoded.items)
      if (item.kind === 'reading') {
        reading = true;
        judged ||= item.data.quality === undefined || item.data.quality === 'estimated';
      }
    if (!reading) return;
    this.#read++;
    if (judged) this.#judged++;
    this.#inARow = 0;
    if (decoded.oddTime === undefined) this.#oddTime = undefined;
  }

  /** Messages, keys and fields that are not understood, for the page and the centre; undefined where there are none. */
  view(): DeviceUnread | undefined {
    if (this.#messages === 0 && this.#keys.size === 0 && this.#fields.size === 0) return undefined;
    const newest = this.#newest;
    return {
      messages: this.#messages,
      inARow: this.#inARow,
      nothingUnderstood: this.#read === 0 && this.#messages > 0,
      ...(newest === undefined
        ? {}
        : {
            newest: {
              topic: newest.topic,
              at: rfc3339(newest.at),
              payload: newest.payload,
              ...(newest.reason === undefined ? {} : { reason: inWords(newest.reason), reasonI18n: newest.reason }),
            },
          }),
      unknownKeys: [...this.#keys],
      fields: [...this.#fields]
        .map(([path, { problem, count, at }]) => ({
          path,
          problem: inWords(problem),
          problemI18n: problem,
          count,
          at: rfc3339(at),
        }))
        .sort((a, b) => (a.at < b.at ? 1 : -1)),
    };
  }

  /** Problems of the device that a person has to solve, as sentences. `name`: the device's name for people. */
  problems(name: string): readonly Message[] {
    const problems: Message[] = [];
    if (this.#read === 0 ? this.#messages > 0 : this.#inARow >= failuresInARow) problems.push(this.#nothingOf(name));
    if (this.#oddTime !== undefined) {
      problems.push(message('gateway/reason.device-odd-time', { name, count: this.#oddTimes, time: this.#oddTime }));
    }
    return problems;
  }

  #nothingOf(name: string): Message {
    const messages =
      this.#read === 0
        ? message('gateway/note.messages', { count: this.#messages })
        : message('gateway/note.newest-messages', { count: this.#inARow });
    return message('gateway/reason.device-not-understood', { name, messages, reason: this.#why() });
  }

  #why(): Message {
    const newest = this.#newest?.reason;
    if (newest !== undefined) return message('gateway/note.newest', { reason: newest });
    const keys = [...this.#keys];
    const more = keys.length > keysInSentence ? ', …' : '';
    if (keys.length > 0)
      return message('gateway/note.unknown-keys', { keys: `${keys.slice(0, keysInSentence).join(', ')}${more}` });
    const [path, field] = [...this.#fields].at(-1) ?? [];
    if (path === undefined || field === undefined) return message('gateway/note.no-value');
    return path === '' ? field.problem : ofField(path, field.problem);
  }

  #odd({ problems = [], unknown = [] }: Understood, at: number): void {
    for (const key of unknown) if (this.#keys.size < mostKeys) this.#keys.add(key);
    for (const { path, problem } of problems) {
      const field = this.#fields.get(path);
      if (field !== undefined) {
        field.problem = shortened(problem);
        field.count++;
        field.at = at;
        continue;
      }
      if (this.#fields.size >= mostFields) this.#fields.delete(oldest(this.#fields));
      this.#fields.set(path, { problem: shortened(problem), count: 1, at });
    }
  }

  #notUnderstood(at: number, received: { topic: string; payload: Uint8Array } | undefined, reason?: Message): void {
    this.#messages++;
    this.#inARow++;
    const { topic = '', payload = new Uint8Array() } = received ?? {};
    const beginning = Buffer.from(payload.subarray(0, mostPayloadLetters * 2)).toString('utf8');
    this.#newest = {
      at,
      topic: topic.length <= mostTopicLetters ? topic : quoted(topic),
      payload: beginning.slice(0, mostPayloadLetters).toWellFormed(),
      reason: reason === undefined ? undefined : shortened(reason),
    };
  }
}

/** A note without values of any length: they may have come from a device. */
function shortened({ key, values }: Message): Message {
  if (values === undefined) return { key };
  return { key, values: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, cut(value)])) };
}

function cut(value: MessageValue): MessageValue {
  if (typeof value === 'string')
    return value.length <= mostValueLetters ? value : `${value.slice(0, mostValueLetters - 1).toWellFormed()}…`;
  return typeof value === 'object' && 'key' in value ? shortened(value) : value;
}

function inWords(note: Message): string {
  const text = inEnglish(note);
  return text.length <= mostProblemLetters ? text : `${text.slice(0, mostProblemLetters - 1).toWellFormed()}…`;
}

function oldest(fields: ReadonlyMap<string, Field>): string {
  let found = '';
  let least = Number.POSITIVE_INFINITY;
  for (const [path, { at }] of fields) {
    if (at >= least) continue;
    found = path;
    least = at;
  }
  return found;
}
