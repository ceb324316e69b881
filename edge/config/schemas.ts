/**
 * The JSON Schemas of the gateway's files, for editors: the schemas that check the files at the start, and in them the
 * names that are checked afterwards (decoders, roles), so that an editor offers them.
 */
import { type JsonSchema, plainSchema, publishedSchema } from '@forpost/shared/config/json-schema.ts';
import { anyAction } from '../alerts/actions/kinds.ts';
import { bridgeDecoders, deviceDecoders } from '../devices/decoders/registry.ts';
import { roles } from '../devices/roles/registry.ts';
import { anyRule } from '../rules/rule-schemas.ts';
import { wholeSiteSchema } from './device-schema.ts';
import { installationSchema } from './installation.ts';
import { wholeSecretsSchema } from './sink-schemas.ts';

/** By file: gateway (gateway.yaml), site (site.yaml), secrets (secrets.yaml). */
export function jsonSchemas(): Readonly<Record<'gateway' | 'site' | 'secrets', JsonSchema>> {
  return {
    gateway: publishedSchema('gateway.yaml', installationSchema),
    site: siteJsonSchema(),
    secrets: publishedSchema('secrets.yaml', wholeSecretsSchema),
  };
}

interface ListSchema {
  readonly items: { readonly properties: Readonly<Record<string, object>> };
}

function siteJsonSchema(): JsonSchema {
  const site = publishedSchema('site.yaml', wholeSiteSchema);
  const lists = site.properties as Readonly<
    Record<'devices' | 'bridges' | 'consumers', ListSchema> & Record<'rules' | 'actions', object>
  >;
  const role = { type: 'string', enum: roles.map(({ name }) => name) };
  const roleOrRoles = { anyOf: [role, { type: 'array', items: role, maxItems: 8 }] };
  return {
    ...site,
    properties: {
      ...lists,
      devices: withProperty(lists.devices, 'decoder', { enum: deviceDecoders }),
      bridges: withProperty(lists.bridges, 'decoder', { enum: bridgeDecoders }),
      consumers: withProperty(lists.consumers, 'role', roleOrRoles),
      rules: { ...lists.rules, items: plainSchema(anyRule()) },
      actions: { ...lists.actions, items: plainSchema(anyAction()) },
    },
  };
}

/** The list with `more` in the schema of one key of its items. */
function withProperty(list: ListSchema, key: string, more: object): ListSchema {
  const { properties } = list.items;
  return { ...list, items: { ...list.items, properties: { ...properties, [key]: { ...properties[key], ...more } } } };
}
