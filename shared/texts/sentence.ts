/**
 * A sentence on its way to people: a fault, the reason of a refusal, the outcome of a command.
 *
 * A part of the main thread passes the message on, key and values. A thread or process passes words (english.ts), because
 * its errors, queues and log want text; recognise.ts finds their message where they leave the gateway.
 *
 * Always: text that is not of the catalogue is no sentence. The compiler refuses it, so no sentence lacks a language.
 */
import { inEnglish, type Words } from './english.ts';
import type { Message } from './message.ts';
import { recognise, withRecognised } from './recognise.ts';

export type Sentence = Message | Words;

/** The sentence in English, for the log, the command line and fields that have always been English. */
export function wordsOf(sentence: Sentence): Words {
  return typeof sentence === 'string' ? sentence : (inEnglish(sentence) as Words);
}

/** The sentence for readers of any language; undefined for words that the catalogue does not have (of an older part). */
export function asMessage(sentence: Sentence | string): Message | undefined {
  return typeof sentence === 'string' ? recognise(sentence) : withRecognised(sentence);
}
