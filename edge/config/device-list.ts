/**
 * Reads devices from a list of a spreadsheet (CSV) and adds them to the site's document: all or none.
 *
 *   id,name,decoder,topic,place        the first line names the fields of a device in site.yaml
 *   meter-1,Flat 1,native,,Cellar      an empty field is absent
 *
 * Always: each mistake has the line and column of its field in the list, also one that only the check of the whole document
 * finds (two devices with one topic); what is right in the list is not added while anything is wrong.
 */

import { changedYaml } from '@forpost/shared/config/changed-yaml.ts';
import { suggestion } from '@forpost/shared/config/nearest.ts';
import { type CsvProblem, type CsvRow, parseCsv } from '@forpost/shared/csv.ts';
import type { TSchema } from 'typebox';
import { isMap, isSeq, LineCounter, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import { wholeSiteSchema } from './device-schema.ts';
import { documentProblems } from './load-site.ts';

export interface AddedDevice {
  readonly id: string;
  readonly name: string;
}

/** A document with the devices of a list, or what is wrong with the list. */
export type DeviceList =
  | { readonly text: string; readonly added: readonly AddedDevice[] }
  | { readonly problems: readonly CsvProblem[] };

/** More than a gateway has connections for. */
const mostDevices = 10_000;
/** Most mistakes in one refusal. */
const mostProblems = 200;
const fields: Readonly<Record<string, TSchema>> = wholeSiteSchema.properties.devices.items.properties;

interface Row {
  readonly device: Readonly<Record<string, unknown>>;
  readonly line: number;
  /** columns of its fields in the list */
  readonly columns: Readonly<Record<string, number>>;
}

/** `text`: the document; `file`: its name, for the check. */
export function withDeviceList(file: string, text: string, csv: string): DeviceList {
  const read = parseCsv(csv);
  if ('problem' in read) return { problems: [read.problem] };
  const [head, ...lines] = read.rows;
  const wrongHead = headProblems(head);
  if (head === undefined || wrongHead.length > 0) return { problems: wrongHead };
  if (lines.length > mostDevices) {
    const message = `the list has ${lines.length} devices, and one list may have ${mostDevices}`;
    return { problems: [{ line: 1, column: 1, message }] };
  }
  const problems: CsvProblem[] = [];
  const rows = lines.map((line) => rowOf(head, line, problems));
  if (problems.length > 0) return { problems: problems.slice(0, mostProblems) };
  const document = parseDocument(text);
  const devices = document.get('devices');
  if (!isSeq(devices)) return { problems: [{ line: 1, column: 1, message: `${file} has no list of devices` }] };
  const known = devices.items.length;
  // an empty list is written [], and would keep that form
  if (known === 0) devices.flow = false;
  for (const { device } of rows) devices.add(document.createNode(device));
  const next = changedYaml(document, text);
  const wrong = placed(file, next, known, rows);
  if (wrong.length > 0) return { problems: wrong.slice(0, mostProblems) };
  const added = rows.map(({ device: { id, name = id } }) => ({ id: String(id), name: String(name) }));
  return { text: next, added };
}

function headProblems(head: CsvRow | undefined): readonly CsvProblem[] {
  if (head === undefined)
    return [{ line: 1, column: 1, message: 'the list is empty: its first line names the fields' }];
  const names = head.map(({ text }) => text);
  const problems = head.flatMap(({ text, line, column }, index): CsvProblem[] => {
    if (names.indexOf(text) < index) return [{ line, column, message: `the field "${text}" is named twice` }];
    const schema = Object.hasOwn(fields, text) ? fields[text] : undefined;
    if (schema === undefined) {
      const hint = suggestion(text, Object.keys(fields));
      return [{ line, column, message: `a device has no field "${text}"${hint}` }];
    }
    if (kindOf(schema) !== undefined) return [];
    return [{ line, column, message: `"${text}" has no form in a list: set it in site.yaml` }];
  });
  for (const name of ['id', 'decoder'])
    if (!names.includes(name)) problems.push({ line: 1, column: 1, message: `the list has no column "${name}"` });
  return problems;
}

function rowOf(head: CsvRow, line: CsvRow, problems: CsvProblem[]): Row {
  const device: Record<string, unknown> = {};
  const columns: Record<string, number> = {};
  const [first = { line: 1, column: 1 }] = line;
  for (const extra of line.slice(head.length))
    if (extra.text !== '')
      problems.push({ line: extra.line, column: extra.column, message: 'this field is beyond the named ones' });
  for (const [index, { text: name }] of head.entries()) {
    const field = line[index];
    if (field === undefined || field.text === '') {
      if (name === 'id' || name === 'decoder') {
        const { line: at, column } = field ?? first;
        problems.push({ line: at, column, message: `"${name}" is empty: each device has one` });
      }
      continue;
    }
    columns[name] = field.column;
    const value = fieldValue(field.text, kindOf(fields[name]));
    if (value === undefined)
      problems.push({
        line: field.line,
        column: field.column,
        message: `"${name}" is not a ${kindOf(fields[name])}: "${field.text}"`,
      });
    else device[name] = value;
  }
  return { device, line: first.line, columns };
}

type Kind = 'text' | 'number' | 'yes or no' | 'list';

/** In which form a field stands in a list; undefined: in none. */
function kindOf(schema: TSchema | undefined): Kind | undefined {
  const { type, anyOf, items } = (schema ?? {}) as { type?: string; anyOf?: readonly TSchema[]; items?: TSchema };
  if (anyOf !== undefined) {
    const kinds = new Set(anyOf.map(kindOf));
    return kinds.size === 1 ? [...kinds][0] : undefined;
  }
  if (schema !== undefined && 'const' in schema) return 'text';
  if (type === 'string') return 'text';
  if (type === 'number' || type === 'integer') return 'number';
  if (type === 'boolean') return 'yes or no';
  return type === 'array' && kindOf(items) === 'text' ? 'list' : undefined;
}

/** undefined: the text has no such value. A list's words stand with spaces between them. */
function fieldValue(text: string, kind: Kind | undefined): unknown {
  if (kind === 'number') return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
  if (kind === 'list') return text.split(/\s+/);
  if (kind !== 'yes or no') return text;
  return text === 'true' ? true : text === 'false' ? false : undefined;
}

/** The problems of the whole document, each at the field of the list that it comes from. */
function placed(file: string, text: string, known: number, rows: readonly Row[]): readonly CsvProblem[] {
  const found = documentProblems(file, text);
  if (found.length === 0) return [];
  const starts = entryLines(text, known);
  const lines = text.split('\n');
  return found.map((problem) => {
    const [, at = '0', message = problem] = /^.*?:(\d+):\d+: (.*)$/s.exec(problem) ?? [];
    const line = Number(at);
    const index = starts.findLastIndex((start) => start <= line);
    const row = rows[index];
    if (row === undefined || (index === starts.length - 1 && line > lastLine(text, known, rows.length)))
      return { line: 1, column: 1, message: `${file}: ${message}` };
    const key = /^\s*(?:-\s*)?([\w-]+):/.exec(lines[line - 1] ?? '')?.[1] ?? '';
    return { line: row.line, column: row.columns[key] ?? 1, message };
  });
}

/** On which line of the document each added device begins. */
function entryLines(text: string, known: number): readonly number[] {
  const counter = new LineCounter();
  return addedItems(text, known, counter).map(({ range }) => counter.linePos(range?.[0] ?? 0).line);
}

function lastLine(text: string, known: number, count: number): number {
  const counter = new LineCounter();
  const last = addedItems(text, known, counter)[count - 1];
  return counter.linePos(last?.range?.[1] ?? text.length).line;
}

function addedItems(text: string, known: number, lineCounter: LineCounter): readonly YAMLMap[] {
  const devices = parseDocument(text, { lineCounter }).get('devices') as YAMLSeq | undefined;
  return (devices?.items ?? []).slice(known).filter((item): item is YAMLMap => isMap(item));
}
