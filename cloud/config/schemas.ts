/** The JSON Schema of the centre's file, for editors: the same schema that checks the file at the start. */
import { type JsonSchema, publishedSchema } from '@forpost/shared/config/json-schema.ts';
import { cloudSchema } from './config.ts';

/** Of cloud.yaml. */
export function cloudJsonSchema(): JsonSchema {
  return publishedSchema('cloud.yaml', cloudSchema);
}
