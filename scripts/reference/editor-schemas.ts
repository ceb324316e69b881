/** The JSON Schemas of the four configuration files, for checks and completion in editors. */
import { cloudJsonSchema } from '../../cloud/config/schemas.ts';
import { jsonSchemas } from '../../edge/config/schemas.ts';

/** By name: the text of `docs/reference/schemas/NAME.json`. */
export function editorSchemas(): Readonly<Record<'gateway' | 'site' | 'secrets' | 'cloud', string>> {
  const { gateway, site, secrets } = jsonSchemas();
  const text = (schema: object) => `${JSON.stringify(schema, null, 2)}\n`;
  return { gateway: text(gateway), site: text(site), secrets: text(secrets), cloud: text(cloudJsonSchema()) };
}
