/**
 * A schema as published for editors: JSON Schema 2020-12, from the schema that checks the file.
 *
 * Defaults and units stand in fields of their own: `default`, `x-default` (in words, for a default that is no literal),
 * `x-unit`. Editors show descriptions alone, so this file writes both into the descriptions. Marks for the page's forms
 * (`x-field`, `x-instead`) are left out.
 */
const draft = 'https://json-schema.org/draft/2020-12/schema';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** The schema of the file `name`, such as gateway.yaml. */
export function publishedSchema(name: string, schema: object): JsonSchema {
  return { $schema: draft, title: `Forpost: ${name}`, ...plainSchema(schema) };
}

/** Removes TypeBox's own marks, and writes a tuple as draft 2020-12 does. */
export function plainSchema(schema: object): JsonSchema {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? tuple(described(value)) : value,
  ) as JsonSchema;
}

function described(node: object): object {
  const {
    'x-default': otherwise,
    'x-unit': unit,
    'x-field': _field,
    'x-instead': _instead,
    ...rest
  } = node as { readonly [key: `x-${string}`]: unknown; readonly description?: string };
  if (typeof otherwise !== 'string' && typeof unit !== 'string') return rest;
  const more = [
    ...(unit === undefined ? [] : [`Unit: ${unit}.`]),
    ...(otherwise === undefined ? [] : [`Default: ${otherwise}.`]),
  ];
  return {
    ...rest,
    description: [...(rest.description === undefined ? [] : [`${rest.description}.`]), ...more].join(' '),
  };
}

function tuple(node: object): object {
  if (!('items' in node) || !Array.isArray(node.items)) return node;
  const { items, additionalItems, ...rest } = node as { items: unknown[]; additionalItems?: unknown };
  return { ...rest, prefixItems: items, items: additionalItems ?? false };
}
