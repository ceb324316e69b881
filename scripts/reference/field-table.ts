/** The table of the fields of an answer or a message, with those of the maps within it. */
import { code, table, words } from './markdown.ts';
import { isTuple, rowOf, type SchemaNode } from './schema-rows.ts';

export function fieldTable(schema: object): string {
  const plain = JSON.parse(JSON.stringify(schema)) as SchemaNode;
  return table(
    ['field', 'type', 'meaning'],
    fieldsOf(plain, '').map(([name, node, optional]) => fieldRow(name, node, optional)),
  );
}

type Field = readonly [path: string, node: SchemaNode, optional: boolean];

/** The fields of an answer and of the maps within it, with their paths. */
function fieldsOf(schema: SchemaNode, path: string): readonly Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, node]): readonly Field[] => {
    const at = path === '' ? name : `${path}.${name}`;
    return [[at, node, !(schema.required?.includes(name) ?? false)], ...within(node, at)];
  });
}

function within(node: SchemaNode, path: string): readonly Field[] {
  if (isMessage(node)) return [];
  const choices = node.anyOf?.flatMap((choice) => within(choice, path)) ?? [];
  const items = node.items === undefined || isTuple(node.items) ? [] : within(node.items, `${path}[]`);
  const byName = Object.values(node.patternProperties ?? {}).flatMap((one) => within(one, `${path}.NAME`));
  const seen = new Set<string>();
  return [...fieldsOf(node, path), ...choices, ...items, ...byName].filter(([at]) => !seen.has(at) && seen.add(at));
}

/** Whether the node is a text for readers of other languages: its own fields say nothing about the answer. */
function isMessage({ properties }: SchemaNode): boolean {
  return properties !== undefined && Object.keys(properties).join() === 'key,values';
}

function fieldRow(path: string, node: SchemaNode, optional: boolean): string[] {
  const { type } = rowOf(path, path, node, false);
  const about =
    node.description ?? (node.items === undefined || isTuple(node.items) ? '' : (node.items.description ?? ''));
  return [code(path) + (optional ? ' (optional)' : ''), type, words(about)];
}
