/**
 * Collects a decoder's notes about one message: fields that the decoder cannot read, and keys that no table knows.
 *
 * Always: the notes are bounded; a message without a note allocates nothing here.
 */

import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { DeviceConfig } from '../site/site.ts';
import type { DecodedEvent, DecodedReading, FieldProblem, Understood } from './decoder.ts';
import { numberInText } from './numbers.ts';
import { quoted } from './quoted.ts';

/** Notes of one message; later ones are dropped. */
const mostProblems = 32;
const mostUnknown = 64;
const longestPath = 100;

interface Noted {
  readonly problems: FieldProblem[];
  readonly unknown: string[];
  oddTime: Message | undefined;
  lost: Message | undefined;
}

const none: readonly FieldProblem[] = [];

export class MessageNotes {
  /** created by the first note; nearly all messages have none */
  #noted: Noted | undefined;

  readonly #meanings: DeviceConfig['keys'];

  /** `meanings`: `keys` of the device in site.yaml, by path */
  constructor(problems: readonly FieldProblem[] = none, meanings?: DeviceConfig['keys']) {
    this.#meanings = meanings;
    if (problems.length > 0) this.#make().problems.push(...problems);
  }

  problem(path: string, problem: Message): void {
    const { problems } = this.#make();
    if (problems.length < mostProblems) problems.push({ path: shortPath(path), problem });
  }

  unknown(path: string): void {
    const { unknown } = this.#make();
    if (unknown.length < mostUnknown) unknown.push(shortPath(path));
  }

  /** The metric and factor that site.yaml gives to the key at `path`. */
  meaningOf(path: string): readonly [metric: string, factor: number] | undefined {
    if (this.#meanings === undefined || !Object.hasOwn(this.#meanings, path)) return undefined;
    const meaning = this.#meanings[path];
    if (meaning === undefined) return undefined;
    return typeof meaning === 'string' ? [meaning, 1] : [meaning.metric, meaning.factor ?? 1];
  }

  /** Whether site.yaml gives a meaning to any key of the device. */
  get hasMeanings(): boolean {
    return this.#meanings !== undefined;
  }

  /** Notes that a whole reading was refused. */
  lost(path: string, problem: Message): void {
    this.#make().lost ??= message('gateway/reason.of', { name: path, reason: problem });
    this.problem(path, problem);
  }

  oddTime(problem: Message): void {
    this.#make().oddTime ??= problem;
  }

  #make(): Noted {
    this.#noted ??= { problems: [], unknown: [], oddTime: undefined, lost: undefined };
    return this.#noted;
  }

  /** The value at `path` as a number, also where the device wrote a text; undefined, with a note, where it is none. */
  number(path: string, value: unknown): number | undefined {
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    if (typeof value === 'string') return this.#numberOf(path, value);
    this.problem(path, value === null ? noValue : message('gateway/note.kind-no-number', { kind: kindOf(value) }));
    return undefined;
  }

  /**
   * The decoder's result, with all notes. `carriesValues`: the message carries measured values, so that a result without
   * items counts as not understood. A message without measured values (a button, a changed setting) is understood.
   */
  understood(items: readonly (DecodedReading | DecodedEvent)[], carriesValues: boolean): Understood {
    if (this.#noted === undefined) return { ok: true, items };
    const nothing = carriesValues && items.length === 0;
    const { problems, unknown, lost, oddTime } = this.#noted;
    return {
      ok: true,
      items,
      ...(problems.length === 0 ? {} : { problems }),
      ...(unknown.length === 0 ? {} : { unknown }),
      ...(nothing ? { nothing } : {}),
      ...(lost === undefined ? {} : { lost }),
      ...(oddTime === undefined ? {} : { oddTime }),
    };
  }

  #numberOf(path: string, text: string): number | undefined {
    const read = numberInText(text);
    if (read.kind === 'number') {
      if (read.comma) this.problem(path, decimalComma(text, read.source));
      return read.value;
    }
    const about = { text: quoted(text) };
    this.problem(
      path,
      read.kind === 'ambiguous'
        ? message('gateway/note.comma-unclear', about)
        : message('gateway/note.text-no-number', about),
    );
    return undefined;
  }
}

function shortPath(path: string): string {
  return path.length <= longestPath ? path : `${path.slice(0, longestPath - 1).toWellFormed()}…`;
}

/** A field that has null. */
export const noValue = message('gateway/note.null');

/** A text that was read as a number in spite of its decimal comma. `source`: the number as it was read. */
export function decimalComma(text: string, source: string): Message {
  return message('gateway/note.comma', { text: quoted(text), number: source });
}

function kindOf(value: unknown): Message | string {
  if (value === undefined) return message('gateway/note.missing');
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return message('gateway/note.list');
  return typeof value === 'object' ? message('gateway/note.object') : String(value);
}
