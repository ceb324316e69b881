/** Keys that no table knows: read where the site's file gives them a meaning, noted as unknown where it does not. */
import type { Value } from '@forpost/shared/event/event.ts';
import type { Notes } from '../../notes.ts';
import { numberInText } from '../../numbers.ts';
import { isJsonObject, type Json } from '../../payload.ts';
import { scaled } from '../scaled.ts';

/** As deep as a sensor has objects within each other. */
const mostLevels = 4;

/** Values of keys that no table knows, where the site's file gives them a meaning; others are noted. */
export function meant(path: string, value: Json, notes: Notes, level = 0): Record<string, Value> {
  const meaning = notes.meaningOf(path);
  if (meaning !== undefined) {
    const number = notes.number(path, value);
    return number === undefined ? {} : { [meaning[0]]: scaled(number, meaning[1]) };
  }
  const values: Record<string, Value> = {};
  if (isJsonObject(value) && level < mostLevels && Object.keys(value).length > 0)
    for (const [key, inner] of Object.entries(value))
      Object.assign(values, meant(`${path}.${key}`, inner, notes, level + 1));
  else if (looksMeasured(value)) notes.unknown(path);
  return values;
}

/** A number, also as a text; nothing; or more within it. */
function looksMeasured(value: Json | undefined): boolean {
  if (typeof value === 'string') return numberInText(value).kind !== 'none';
  return value !== undefined && typeof value !== 'boolean';
}
