/**
 * For tests: finds the parts of a sentence that a reader of Russian would get in English.
 *
 * Always: a value without a space is a name, a code or a number. A value with spaces and Latin words is a sentence that has no
 * message, unless it quotes another program, or is a name that people gave.
 */
import { expect } from 'vitest';
import { catalogue } from '../catalogue/all.ts';
import type { Message, MessageValue } from '../message.ts';
import { texts } from '../texts.ts';

const { say } = texts('ru', catalogue.ru);
/** Values that quote another program (a system call with its path, a line of ffmpeg, an answer of ClickHouse), and names that people gave. */
const quotes: ReadonlySet<string> = new Set(['doing', 'line', 'said', 'command', 'shape', 'encoding', 'name', 'names']);
const unknown = '\0';

/** The English sentences that stay in `message`; `words` without a message, or with one of another version. */
export function untranslated(message: Message | undefined, words: string): readonly string[] {
  if (words === '') return [];
  if (message === undefined) return [words];
  return say(message, unknown) === unknown ? [`${message.key} cannot be shown: ${words}`] : sentencesIn(message);
}

function sentencesIn({ values = {} }: Message): readonly string[] {
  return Object.entries(values).flatMap(([name, value]) => (quotes.has(name) ? [] : ofValue(value)));
}

function ofValue(value: MessageValue): readonly string[] {
  if (typeof value === 'string') return /\s/.test(value) && /[A-Za-z]{2}/.test(value) ? [value] : [];
  if (typeof value !== 'object') return [];
  if ('key' in value) return sentencesIn(value);
  return 'list' in value ? value.list.flatMap(ofValue) : [];
}

/** Fails the test where a sentence has no Russian. Returns the Russian. */
export function expectRussian(message: Message | undefined, words: string): string {
  expect(untranslated(message, words)).toEqual([]);
  return say(message, words);
}
