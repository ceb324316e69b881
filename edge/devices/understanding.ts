/**
 * How much of what a device says is understood, so that a device of which nothing is understood never looks healthy.
 *
 *   a message gives a reading ──► understood, and the row of those that gave none is over
 *   it should have given one (`nothing`), or was refused ──► one more in the row, its beginning is kept
 *   it says nothing to store (a greeting, a state) ──► neither
 *
 * Always: bounded, whatever the device sends; a message of which everything is read costs one look at its items.
 */

import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { DeviceUnread } from '@forpost/shared/event/status.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { Decoded, Understood } from './decoder.ts';
import { quoted } from './quoted.ts';

/** Fields and keys that are remembered of one device: the whole site's travel in each status. */
const mostFields = 12;
const mostKeys = 16;
const mostProblemLetters = 120;
/** Of the newest message that was not understood. */
const mostPayloadLetters = 200;
const mostTopicLetters = 120;
/** A device that was understood before may send one odd message, or two. */
const toldInARow = 3;
const keysInSentence = 4;

interface Field {
  problem: string;
  count: number;
  at: number;
}

interface Newest {
  readonly at: number;
  readonly topic: string;
  readonly payload: string;
  readonly reason: string | undefined;
}

export class Understanding {
  #read = 0;
  #judged = 0;
  #messages = 0;
  #inARow = 0;
  #newest: Newest | undefined;
  readonly #keys = new Set<string>();
  readonly #fields = new Map<string, Field>();
  /** times that were not believed: how many, and the newest one where it came with the newest reading */
  #oddTimes = 0;
  #oddTime: string | undefined;

  /** messages that gave a reading */
  get read(): number {
    return this.#read;
  }

  /** messages that should have given one and gave none */
  get notUnderstood(): number {
    return this.#messages;
  }

  get onlyUnjudged(): boolean {
    return this.#read > 0 && this.#judged === 0;
  }

  /** `message`: what it was, where somebody may want to see it. */
  note(decoded: Decoded, at: number, message?: { readonly topic: string; readonly payload: Uint8Array }): void {
    if (!decoded.ok) {
      this.#notUnderstood(at, message, decoded.reason);
      return;
    }
    if (decoded.problems !== undefined || decoded.unknown !== undefined) this.#odd(decoded, at);
    if (decoded.nothing === true) this.#notUnderstood(at, message, undefined);
    if (decoded.oddTime !== undefined) {
      this.#oddTimes++;
      this.#oddTime = decoded.oddTime;
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

  /** What is not understood, for the page and the centre; undefined where that is nothing. */
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
              ...{ topic: newest.topic, at: rfc3339(newest.at), payload: newest.payload },
              ...(newest.reason === undefined ? {} : { reason: newest.reason }),
            },
          }),
      unknownKeys: [...this.#keys],
      fields: [...this.#fields]
        .map(([path, { problem, count, at }]) => ({ path, problem, count, at: rfc3339(at) }))
        .sort((a, b) => (a.at < b.at ? 1 : -1)),
    };
  }

  /** What a person has to look at, in sentences. `name`: what people call the device. */
  problems(name: string): readonly string[] {
    const told: string[] = [];
    if (this.#read === 0 ? this.#messages > 0 : this.#inARow >= toldInARow) told.push(this.#nothingInWords(name));
    if (this.#oddTime !== undefined) {
      told.push(words('gateway/reason.device-odd-time', { name, count: this.#oddTimes, time: this.#oddTime }));
    }
    return told;
  }

  #nothingInWords(name: string): string {
    const count = this.#read === 0 ? this.#messages : this.#inARow;
    const which =
      this.#read === 0 ? `${count} ${count === 1 ? 'message' : 'messages'}` : `its newest ${count} messages`;
    const keys = [...this.#keys];
    const more = keys.length > keysInSentence ? ', …' : '';
    const why =
      this.#newest?.reason !== undefined
        ? `the newest: ${this.#newest.reason}`
        : keys.length > 0
          ? `unknown keys: ${keys.slice(0, keysInSentence).join(', ')}${more}`
          : ([...this.#fields].map(([path, { problem }]) => `${path} ${problem}`).at(-1) ?? 'no value is in it');
    return words('gateway/reason.device-not-understood', { name, messages: which, reason: why });
  }

  #odd({ problems = [], unknown = [] }: Understood, at: number): void {
    for (const key of unknown) if (this.#keys.size < mostKeys) this.#keys.add(key);
    for (const { path, problem } of problems) {
      const field = this.#fields.get(path);
      const told = problem.length <= mostProblemLetters ? problem : `${problem.slice(0, mostProblemLetters - 1)}…`;
      if (field !== undefined) {
        field.problem = told;
        field.count++;
        field.at = at;
        continue;
      }
      if (this.#fields.size >= mostFields) this.#fields.delete(oldest(this.#fields));
      this.#fields.set(path, { problem: told, count: 1, at });
    }
  }

  #notUnderstood(at: number, message: { topic: string; payload: Uint8Array } | undefined, reason?: string): void {
    this.#messages++;
    this.#inARow++;
    const { topic = '', payload = new Uint8Array() } = message ?? {};
    const beginning = Buffer.from(payload.subarray(0, mostPayloadLetters * 2)).toString('utf8');
    this.#newest = {
      at,
      topic: topic.length <= mostTopicLetters ? topic : quoted(topic),
      payload: beginning.slice(0, mostPayloadLetters).toWellFormed(),
      reason: reason === undefined ? undefined : reason.slice(0, mostProblemLetters).toWellFormed(),
    };
  }
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
