/** Keys that no table knows: read where site.yaml gives them a meaning, else noted as unknown. */
import type { Value } from '@forpost/shared/event/event.ts';
import type { MessageNotes } from '../message-notes.ts';
import { numberInText } from '../numbers.ts';
import { isJsonObject, type Json } from '../payload.ts';
import { scaled } from './scaled.ts';

/** The deepest nesting of objects in a real sensor. */
const mostLevels = 4;

/** The values within `value` whose keys have a meaning in site.yaml; keys without one are noted as unknown. */
export function valuesBySiteKeys(path: string, value: Json, notes: MessageNotes, level = 0): Record<string, Value> {
  const meaning = notes.meaningOf(path);
  if (meaning !== undefined) {
    const number = notes.number(path, value);
    return number === undefined ? {} : { [meaning[0]]: scaled(number, meaning[1]) };
  }
  const values: Record<string, Value> = {};
  if (isJsonObject(value) && level < mostLevels && Object.keys(value).length > 0)
    for (const [key, inner] of Object.entries(value))
      Object.assign(values, valuesBySiteKeys(`${path}.${key}`, inner, notes, level + 1));
  else if (looksMeasured(value)) notes.unknown(path);
  return values;
}

/** Whether a value may be measured: a number (also as a text), null, an object or a list. */
function looksMeasured(value: Json | undefined): boolean {
  if (typeof value === 'string') return numberInText(value).kind !== 'none';
  return value !== undefined && typeof value !== 'boolean';
}
