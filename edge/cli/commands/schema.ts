/** `forpost schema NAME`: the JSON Schema of a configuration file, for editors. */
import { command } from '@forpost/shared/cli/command.ts';
import { ForpostError } from '@forpost/shared/errors.ts';

export const schema = command({
  name: 'schema',
  summary: 'print the JSON Schema of a configuration file, for editors',
  arguments: [{ name: '<which>', summary: 'gateway, site, secrets or cloud' }],
  async run(_options, which) {
    const [{ jsonSchemas }, { suggestion }] = await Promise.all([
      import('../../config/schemas.ts'),
      import('@forpost/shared/config/nearest.ts'),
    ]);
    const schemas: Readonly<Record<string, unknown>> = jsonSchemas();
    const found = Object.hasOwn(schemas, which) ? schemas[which] : undefined;
    if (found === undefined) {
      const names = [...Object.keys(schemas), 'cloud'];
      throw new ForpostError('FORPOST_ARGUMENT_INVALID', `there is no schema "${which}"${suggestion(which, names)}`);
    }
    process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
  },
});
