/**
 * Adds the message of the catalogue to events whose gateway sent a sentence in English alone: gap records, and the results of
 * commands from an older gateway. Pure.
 */
import { eventTypes } from '@forpost/shared/event/event.ts';
import { recognise } from '@forpost/shared/texts/recognise.ts';

/** The field of the data that holds a sentence, by type. */
const sentences: Readonly<Record<string, string>> = {
  [eventTypes.gap]: 'reason',
  [eventTypes.commandResult]: 'message',
};

/** The event with `<field>_i18n` in its data, where the catalogue has the sentence; else the event itself. */
export function inAnyLanguage<Event extends { readonly type: string; readonly data: unknown }>(event: Event): Event {
  const field = sentences[event.type];
  if (field === undefined || typeof event.data !== 'object' || event.data === null) return event;
  const data = event.data as Readonly<Record<string, unknown>>;
  const words = data[field];
  if (typeof words !== 'string' || Object.hasOwn(data, `${field}_i18n`)) return event;
  const text = recognise(words);
  return text === undefined ? event : { ...event, data: { ...data, [`${field}_i18n`]: text } };
}
