/**
 * Turns what is typed into edits of the document. Pure.
 *
 * Always: a field that says what the document says gives no edit, so a save touches only what was changed; an emptied field
 * is removed; a value that cannot be read is a mistake at its field, and then there are no edits.
 */
import type { Edit, EditPath, Fields } from '../../../view.ts';
import type { Mistake } from '../site-store.ts';
import { t } from '../texts.ts';
import { type Field, nameOf, type Values, valueIn } from './fields.ts';

export type Read = { readonly edits: readonly Edit[] } | { readonly mistakes: readonly Mistake[] };

export interface ReadParts {
  readonly fields: readonly Field[];
  /** what is typed, by names; a field that was not touched is absent */
  readonly typed: Values;
  /** the entry in the document; undefined: it is new */
  readonly now: Fields | undefined;
  /** of the entry */
  readonly at: EditPath;
  /** of a new entry, beside its fields */
  readonly fixed?: Fields;
}

/** Reads a form. */
export function read(parts: ReadParts): Read {
  const { fields, typed, now, at } = parts;
  const shown = valuesOf(fields, typed, now);
  const mistakes: Mistake[] = [];
  const results: { readonly field: Field; readonly value: unknown }[] = [];
  for (const field of fields) {
    if (field.kind === 'secret') continue;
    const isShown = field.shown?.(shown) ?? true;
    const value = isShown ? parsed(field, shown[nameOf(field)]) : undefined;
    if (value === wrong) mistakes.push({ path: [...at, ...field.path], words: t('set-up/form.no-number') });
    else if (value === undefined && isShown && field.required === true)
      mistakes.push({ path: [...at, ...field.path], words: t('set-up/form.required') });
    else results.push({ field, value });
  }
  if (mistakes.length > 0) return { mistakes };
  return { edits: now === undefined ? [created(parts, results)] : changed(now, at, results) };
}

/** The value of every field: as typed, else as the document has it. */
export function valuesOf(fields: readonly Field[], typed: Values, now: Fields | undefined): Values {
  return Object.fromEntries(
    fields.map((field) => {
      const name = nameOf(field);
      return [name, Object.hasOwn(typed, name) ? typed[name] : valueIn(now, field)];
    }),
  );
}

/** Whether a typed value says something else than the document. */
export function differs(field: Field, value: unknown, now: Fields | undefined): boolean {
  return !isSame(parsed(field, value), parsed(field, valueIn(now, field)));
}

const wrong = Symbol('no number');

/** As the document holds it; undefined: absent from it. */
function parsed(field: Field, value: unknown): unknown {
  switch (field.kind) {
    case 'number':
      return typeof value === 'string' ? numberIn(value) : value;
    case 'switch':
      return value === undefined || value === (field.otherwise ?? false) ? undefined : value;
    case 'list':
      return listIn(value);
    case 'own':
      return value;
    default:
      return typeof value === 'string' ? value.trim() || undefined : value;
  }
}

/** A comma or a point before the decimals, as the reader's language has it; spaces between thousands. */
function numberIn(typed: string): number | undefined | typeof wrong {
  const text = typed.replace(/[\s\u00a0\u202f]/g, '').replace(',', '.');
  if (text === '') return undefined;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : wrong;
}

/** A single text in the document is a list of one. */
function listIn(value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const lines = [value].flat().map((line) => String(line).trim());
  const full = lines.filter((line) => line !== '');
  return full.length === 0 ? undefined : full;
}

function created(
  { at, fixed = {} }: ReadParts,
  results: readonly { readonly field: Field; readonly value: unknown }[],
): Edit {
  const value: Record<string, unknown> = { ...fixed };
  for (const { field, value: given } of results) if (given !== undefined) put(value, field.path, given);
  return { set: at, value };
}

function changed(
  now: Fields,
  at: EditPath,
  results: readonly { readonly field: Field; readonly value: unknown }[],
): readonly Edit[] {
  const edits: Edit[] = [];
  /** blocks that the document does not have yet, each set as a whole */
  const blocks = new Map<string, Record<string, unknown>>();
  for (const { field, value } of results) {
    const old = parsed(field, valueIn(now, field));
    if (isSame(old, value)) continue;
    const [top = '', ...rest] = field.path;
    // the document may hold a switch at its default value
    if (value === undefined && valueIn(now, field) !== undefined) edits.push({ remove: [...at, ...field.path] });
    else if (value !== undefined && rest.length > 0 && now[top] === undefined)
      put(blocks.get(top) ?? newBlock(blocks, top), rest, value);
    else if (value !== undefined) edits.push({ set: [...at, ...field.path], value });
  }
  for (const [top, value] of blocks) edits.push({ set: [...at, top], value });
  return edits;
}

function newBlock(blocks: Map<string, Record<string, unknown>>, name: string): Record<string, unknown> {
  const block: Record<string, unknown> = {};
  blocks.set(name, block);
  return block;
}

function put(into: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path;
  if (rest.length === 0) {
    into[key] = value;
    return;
  }
  const inner = into[key];
  const block = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {};
  into[key] = block;
  put(block, rest, value);
}

/** Compares plain JSON. */
function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
