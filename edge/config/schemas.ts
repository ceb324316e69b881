/** The JSON Schemas of the gateway's files, for editors: the same schemas that check them at the start. */

import { secretsSchema, siteSchema } from '../site/site.ts';
import { installationSchema } from './installation.ts';
import { anyRule } from './rule-schemas.ts';

const draft = 'https://json-schema.org/draft/2020-12/schema';

/** By file: gateway (gateway.yaml), site (site.yaml), secrets (secrets.yaml). */
export function jsonSchemas(): Readonly<Record<'gateway' | 'site' | 'secrets', Readonly<Record<string, unknown>>>> {
  const site = plain(siteSchema) as { readonly properties: { readonly rules: object } };
  const rules = { ...site.properties.rules, items: plain(anyRule()) };
  return {
    gateway: { $schema: draft, title: 'Forpost: gateway.yaml', ...plain(installationSchema) },
    site: { $schema: draft, title: 'Forpost: site.yaml', ...site, properties: { ...site.properties, rules } },
    secrets: { $schema: draft, title: 'Forpost: secrets.yaml', ...plain(secretsSchema) },
  };
}

/** Without TypeBox's own marks; a tuple in the words of draft 2020-12. */
function plain(schema: object): object {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('items' in value) || !Array.isArray(value.items)) return value;
    const { items, additionalItems, ...rest } = value as { items: unknown[]; additionalItems?: unknown };
    return { ...rest, prefixItems: items, items: additionalItems ?? false };
  }) as object;
}
