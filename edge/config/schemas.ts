/** The JSON Schemas of the gateway's files, for editors: the same schemas that check the files at the start. */
import { type JsonSchema, plainSchema, publishedSchema } from '@forpost/shared/config/json-schema.ts';
import { wholeSiteSchema } from './device-schema.ts';
import { installationSchema } from './installation.ts';
import { anyRule } from './rule-schemas.ts';
import { wholeSecretsSchema } from './sink-schemas.ts';

/** By file: gateway (gateway.yaml), site (site.yaml), secrets (secrets.yaml). */
export function jsonSchemas(): Readonly<Record<'gateway' | 'site' | 'secrets', JsonSchema>> {
  const site = publishedSchema('site.yaml', wholeSiteSchema) as { readonly properties: { readonly rules: object } };
  const rules = { ...site.properties.rules, items: plainSchema(anyRule()) };
  return {
    gateway: publishedSchema('gateway.yaml', installationSchema),
    site: { ...site, properties: { ...site.properties, rules } },
    secrets: publishedSchema('secrets.yaml', wholeSecretsSchema),
  };
}
