/**
 * One field of a form, made from a key of a schema. What it holds follows from the key's type, or from its mark `x-field`
 * where the type does not say enough: an id of a device is a text like any other.
 *
 * Always: pure; a key that this version has no words for is labelled by the schema's `title` or its own name, and explained
 * by the schema's description, so that a new kind's form needs no change here.
 */
import type { Message } from '@forpost/shared/texts/message.ts';
import { choiceWords, fieldWords } from './field-words.ts';

/** What a field holds. A page that does not know a word shows the field by the JSON type that it has anyway. */
export const fieldTypes = [
  ...['text', 'number', 'integer', 'boolean', 'choice', 'choices', 'list'],
  // seconds, and a part of the whole from 0 to 1
  ...['duration', 'share'],
  // ids of the site
  ...['device', 'devices', 'channel', 'metric', 'camera', 'cameras', 'zone', 'line', 'classes', 'rules'],
  // an expression in CEL, a sentence with placeholders
  ...['condition', 'sentence', 'topic', 'url', 'secret'],
] as const;

export interface FormChoice {
  readonly value: string;
  readonly label: string;
  readonly labelI18n?: Message;
}

export interface FormField {
  /** the key in the document */
  readonly name: string;
  /** one of `fieldTypes` */
  readonly type: string;
  readonly label: string;
  readonly labelI18n?: Message;
  /** what the key means, in the schema's English words; empty: the label says it */
  readonly hint: string;
  readonly hintI18n?: Message;
  readonly required: boolean;
  readonly default?: unknown;
  /** the default in English words, where it is no literal */
  readonly otherwise?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  /** the field whose place this one takes: a rule has one of the two */
  readonly instead?: string;
  /** a number in the unit of the rule's metric */
  readonly ofMetric?: boolean;
  readonly choices?: readonly FormChoice[];
}

/** The parts of JSON Schema that a key of a rule or an action has. */
export interface KeySchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly anyOf?: readonly KeySchema[];
  readonly items?: KeySchema;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly 'x-default'?: string;
  readonly 'x-unit'?: string;
  readonly 'x-field'?: string;
  readonly 'x-instead'?: string;
}

/** The fields of an object's schema, in its order; `without`: keys that stand elsewhere in the form. */
export function fieldsOf(
  { properties, required = [] }: { readonly properties: object; readonly required?: readonly string[] },
  without: readonly string[] = [],
): readonly FormField[] {
  return Object.entries(properties as Readonly<Record<string, KeySchema>>)
    .filter(([name]) => !without.includes(name))
    .map(([name, schema]) => fieldOf(name, schema, required.includes(name)));
}

function fieldOf(name: string, schema: KeySchema, required: boolean): FormField {
  const { title, description = '', minimum, maximum, default: otherwise } = schema;
  const words = fieldWords(name);
  const choices = choicesOf(schema) ?? choicesOf(schema.items ?? {});
  return {
    name,
    type: typeOf(schema),
    label: title ?? name.replace(/_s$/, '').replaceAll('_', ' '),
    ...(title === undefined && words !== undefined ? { labelI18n: words.label } : {}),
    // a label in the reader's language stands above no hint in English
    hint: title === undefined && words !== undefined && words.hint === undefined ? '' : description,
    ...(title === undefined && words?.hint !== undefined ? { hintI18n: words.hint } : {}),
    required,
    ...(otherwise === undefined ? {} : { default: otherwise }),
    ...(schema['x-default'] === undefined ? {} : { otherwise: schema['x-default'] }),
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
    ...(schema['x-instead'] === undefined ? {} : { instead: schema['x-instead'] }),
    ...(schema['x-unit'] === 'of the metric' ? { ofMetric: true } : {}),
    ...(choices === undefined ? {} : { choices }),
  };
}

function typeOf(schema: KeySchema): string {
  const marked = schema['x-field'];
  if (marked !== undefined) return marked;
  if (choicesOf(schema) !== undefined) return 'choice';
  if (schema.type === 'array') return choicesOf(schema.items ?? {}) === undefined ? 'list' : 'choices';
  const { type = 'text' } = schema;
  return type === 'string' ? 'text' : type;
}

/** The values of a union of literals; undefined for another schema. */
function choicesOf({ anyOf }: KeySchema): readonly FormChoice[] | undefined {
  if (anyOf === undefined || anyOf.length === 0) return undefined;
  const values = anyOf.map((one) => one.const);
  if (!values.every((value) => typeof value === 'string')) return undefined;
  return values.map((value) => {
    const labelI18n = choiceWords(value);
    return { value, label: value, ...(labelI18n === undefined ? {} : { labelI18n }) };
  });
}
