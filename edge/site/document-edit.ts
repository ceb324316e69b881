/**
 * Edits of the document by programs: a form of the page, the pairing of a device, a script. Pure: a text in, a text out.
 *
 *   { set: ['devices', 'meter-7', 'name'], value: 'Kitchen' }      a field, which is added where it is missing
 *   { set: ['devices', 'meter-8'], value: { decoder: 'shelly' } }  a whole entry, which is appended where it is new
 *   { remove: ['rules', 'night-visit'] }                           a field or an entry
 *
 * Always: entries of a list go by their `id`; comments and order stay; a value that is the same is not written anew, so an
 * edit touches only the lines that it changes; an edit that does not fit is refused, and no part of the list is applied.
 */
import { isDeepStrictEqual } from 'node:util';
import { changedYaml } from '@forpost/shared/config/changed-yaml.ts';
import { configError } from '@forpost/shared/config/yaml.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { type Document, isMap, isSeq, type Node, parseDocument, YAMLMap } from 'yaml';

/** Keys from the top of the document; in a list of entries the entry's id, in another list its index. */
export type EditPath = readonly (string | number)[];

export type Edit =
  /** `value`: plain JSON */
  { readonly set: EditPath; readonly value: unknown } | { readonly remove: EditPath };

type Misfit = 'mistake/edit.nothing' | 'mistake/edit.beyond' | 'mistake/edit.no-block' | 'mistake/edit.absent';

/** Lists of numbers and coordinates stay on one line. */
const longestFlowList = 8;

/** @throws ForpostError FORPOST_CONFIG_INVALID where the text is no YAML, or an edit does not fit */
export function withEdits(text: string, edits: readonly Edit[]): string {
  const document = parseDocument(text);
  if (document.errors.length > 0 || !isMap(document.contents)) throw configError([words('mistake/site.no-map')]);
  for (const edit of edits) {
    if ('set' in edit) set(document, edit.set, edit.value);
    else remove(document, edit.remove);
  }
  return changedYaml(document, text);
}

function set(document: Document, path: EditPath, value: unknown): void {
  if (path.length === 0) throw misfit(path, 'mistake/edit.nothing');
  let node: unknown = document.contents;
  for (const [depth, key] of path.entries()) {
    const isLast = depth === path.length - 1;
    const at = path.slice(0, depth + 1);
    if (isSeq(node)) {
      const index = indexOf(node.items, key);
      if (index >= 0 && !isLast) node = node.items[index];
      else if (index >= 0) node.items[index] = merged(document, node.items[index], withId(value, key));
      else if (isLast || typeof key === 'string') {
        // the entry is new
        const entry = document.createNode(isLast ? withId(value, key) : { id: key });
        node.add(entry);
        node = entry;
      } else throw misfit(at, 'mistake/edit.beyond');
    } else if (isMap(node)) {
      const known = node.get(key, true);
      if (isLast) node.set(key, merged(document, known, value));
      else if (known === undefined || (!isMap(known) && !isSeq(known))) {
        const inner = isEntryList(path, depth) ? document.createNode([]) : new YAMLMap();
        node.set(key, inner);
        node = inner;
      } else node = known;
    } else throw misfit(at, 'mistake/edit.no-block');
  }
}

function remove(document: Document, path: EditPath): void {
  let node: unknown = document.contents;
  for (const key of path.slice(0, -1))
    node = isSeq(node) ? node.items[indexOf(node.items, key)] : isMap(node) ? node.get(key, true) : undefined;
  const last = path.at(-1);
  if (last === undefined) throw misfit(path, 'mistake/edit.nothing');
  const index = isSeq(node) ? indexOf(node.items, last) : -1;
  if (isSeq(node) && index >= 0) node.items.splice(index, 1);
  else if (!isMap(node) || !node.delete(last)) throw misfit(path, 'mistake/edit.absent');
}

/** The node for `value`: the known one with the differing keys changed, so that comments and layout stay. */
function merged(document: Document, known: unknown, value: unknown): Node {
  if (isMap(known) && isFields(value)) {
    for (const { key } of [...known.items]) {
      const name = String(isScalarKey(key) ? key.value : key);
      if (!Object.hasOwn(value, name)) known.delete(name);
    }
    for (const [name, inner] of Object.entries(value)) known.set(name, merged(document, known.get(name, true), inner));
    return known;
  }
  if (known !== undefined && isDeepStrictEqual((known as Node).toJS(document), value)) return known as Node;
  const isShort = Array.isArray(value) && value.length <= longestFlowList && !value.some(isFields);
  return document.createNode(value, isShort ? { flow: true } : {}) as Node;
}

/** An entry of a list has its id first. */
function withId(value: unknown, id: string | number): unknown {
  if (!isFields(value) || typeof id !== 'string') return value;
  const { id: _, ...rest } = value;
  return { id, ...rest };
}

function indexOf(items: readonly unknown[], key: string | number): number {
  if (typeof key === 'number') return key < items.length ? key : -1;
  return items.findIndex((item) => isMap(item) && item.get('id') === key);
}

/** A missing list at the top of the document or in an entry whose next key is an id: `cameras`, `zones`. */
function isEntryList(path: EditPath, depth: number): boolean {
  return typeof path[depth + 1] === 'string' && depth % 2 === 0;
}

function isScalarKey(key: unknown): key is { readonly value: unknown } {
  return typeof key === 'object' && key !== null && 'value' in key;
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function misfit(path: EditPath, why: Misfit): Error {
  return configError([words(why, { path: path.join('.') || '""' })]);
}
