/**
 * What differs between two documents, in words of the model: «device meter-7 renamed to Kitchen», «camera yard: zone gate
 * has moved». Compares plain YAML values by ids, so it reads documents of older and newer versions too.
 *
 * Always: pure; the same texts give no change; different texts give at least one; a list is bounded, and its last entry
 * then says how many more there are; no value is longer than `longestValue`.
 */
import { isDeepStrictEqual } from 'node:util';
import { redactUrls } from '@forpost/shared/logging.ts';
import { sentenceFields } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import { fieldName } from './field-names.ts';
import type { ChangeInWords } from './revision.ts';
import { type Fields, isFields, valuesIn } from './values.ts';

const mostChanges = 50;
const longestValue = 60;
/** Lists within an entry, by section: what is drawn in a camera's picture ({id, name, points}), the devices behind a bridge. */
const partLists: Readonly<Record<string, readonly string[]>> = {
  cameras: ['zones', 'lines', 'masks', 'motion_masks'],
  bridges: ['devices'],
};

/** The changes that make `after` of `before`, two texts of documents. */
export function differenceOf(before: string, after: string): readonly ChangeInWords[] {
  if (before === after) return [];
  const [old, now] = [valuesIn(before), valuesIn(after)];
  const sections = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  const changes = sections.flatMap((section) => sectionChanges(section, old[section], now[section]));
  if (changes.length === 0) return [sentenceFields(message('gateway/change.text'))];
  const more = changes.length - mostChanges;
  if (more <= 0) return changes.map(sentenceFields);
  return [
    ...changes.slice(0, mostChanges).map(sentenceFields),
    sentenceFields(message('gateway/change.more', { count: more })),
  ];
}

function sectionChanges(section: string, before: unknown, after: unknown): readonly Message[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (section === 'site') return fieldChanges(message('gateway/change.site'), fieldsOf(before), fieldsOf(after));
  if (!isList(before ?? []) || !isList(after ?? []))
    return fieldChanges(message('gateway/change.site'), { [section]: before }, { [section]: after });
  const [old, now] = [byId(before), byId(after)];
  const thing = (id: string) => thingOf(section, id);
  return [
    ...missing(old, now).map((id) => message('gateway/change.removed', { thing: thing(id) })),
    ...missing(now, old).map((id) => message('gateway/change.added', { thing: thing(id) })),
    ...common(old, now).flatMap(([id, one, other]) => thingChanges(section, thing(id), one, other)),
    ...(isReordered(old, now) ? [message('gateway/change.order', { section: fieldName(section) })] : []),
  ];
}

function thingOf(section: string, id: string): Message {
  if (section === 'devices') return message('gateway/change.device', { id });
  if (section === 'bridges') return message('gateway/change.bridge', { id });
  if (section === 'consumers') return message('gateway/change.consumer', { id });
  if (section === 'cameras') return message('gateway/change.camera', { id });
  if (section === 'rules') return message('gateway/change.rule', { id });
  if (section === 'actions') return message('gateway/change.action', { id });
  return message('gateway/change.entry', { section, id });
}

function thingChanges(section: string, thing: Message, before: Fields, after: Fields): readonly Message[] {
  const parts = (Object.hasOwn(partLists, section) ? partLists[section] : undefined) ?? [];
  const others = (fields: Fields) => Object.fromEntries(Object.entries(fields).filter(([key]) => !parts.includes(key)));
  return [
    ...fieldChanges(thing, others(before), others(after)),
    ...parts.flatMap((list) => partChanges(list, thing, byId(before[list]), byId(after[list]))),
  ];
}

/** Zones, lines and masks of one camera, devices of one bridge. Those without an id count by their place in the list. */
function partChanges(
  list: string,
  thing: Message,
  before: ReadonlyMap<string, Fields>,
  after: ReadonlyMap<string, Fields>,
): readonly Message[] {
  const part = (id: string) => partOf(list, id);
  return [
    ...missing(before, after).map((id) => message('gateway/change.part-removed', { thing, part: part(id) })),
    ...missing(after, before).map((id) => message('gateway/change.part-added', { thing, part: part(id) })),
    ...common(before, after).flatMap(([id, one, other]) => [
      ...(isDeepStrictEqual(one.points, other.points)
        ? []
        : [message('gateway/change.part-moved', { thing, part: part(id) })]),
      ...fieldChanges(
        message('gateway/change.part', { thing, part: part(id) }),
        { ...one, points: 0 },
        { ...other, points: 0 },
      ),
    ]),
  ];
}

function partOf(list: string, id: string): Message {
  if (list === 'devices') return message('gateway/change.device', { id });
  if (list === 'zones') return message('gateway/change.zone', { id });
  if (list === 'lines') return message('gateway/change.line', { id });
  if (list === 'masks') return message('gateway/change.mask', { id });
  return message('gateway/change.motion-mask', { id });
}

function fieldChanges(thing: Message, before: Fields, after: Fields, within = ''): readonly Message[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key): readonly Message[] => {
    const [old, now] = [before[key], after[key]];
    if (isDeepStrictEqual(old, now)) return [];
    if (key === 'name' && within === '') return [renamed(thing, now)];
    const path = within === '' ? key : `${within}.${key}`;
    if (isFields(old) && isFields(now)) return fieldChanges(thing, old, now, path);
    const field = fieldName(path);
    if (old === undefined) return [message('gateway/change.field-set', { thing, field, after: shown(now) })];
    if (now === undefined) return [message('gateway/change.field-unset', { thing, field, before: shown(old) })];
    return [message('gateway/change.field', { thing, field, before: shown(old), after: shown(now) })];
  });
}

function renamed(thing: Message, name: unknown): Message {
  return name === undefined
    ? message('gateway/change.unnamed', { thing })
    : message('gateway/change.renamed', { thing, name: shown(name) });
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? redactUrls(value) : (JSON.stringify(value) ?? '');
  return text.length <= longestValue ? text : `${text.slice(0, longestValue - 1)}…`;
}

function byId(list: unknown): ReadonlyMap<string, Fields> {
  const entries = isList(list) ? list.filter(isFields) : [];
  return new Map(entries.map((entry, index) => [String(entry.id ?? index + 1), entry]));
}

function missing(from: ReadonlyMap<string, Fields>, within: ReadonlyMap<string, Fields>): readonly string[] {
  return [...from.keys()].filter((id) => !within.has(id));
}

function common(
  before: ReadonlyMap<string, Fields>,
  after: ReadonlyMap<string, Fields>,
): readonly (readonly [id: string, before: Fields, after: Fields])[] {
  return [...before].flatMap(([id, old]) => {
    const now = after.get(id);
    return now === undefined ? [] : [[id, old, now] as const];
  });
}

/** Whether the entries that both lists have stand in another order. */
function isReordered(before: ReadonlyMap<string, Fields>, after: ReadonlyMap<string, Fields>): boolean {
  const [old, now] = [
    [...before.keys()].filter((id) => after.has(id)),
    [...after.keys()].filter((id) => before.has(id)),
  ];
  return old.some((id, index) => now[index] !== id);
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
