/** `forpost schema cloud`, also `forpost cloud schema`: the JSON Schema of cloud.yaml, for editors. */
import { command } from '@forpost/shared/cli/command.ts';

export const schema = command({
  name: 'schema',
  summary: 'print the JSON Schema of cloud.yaml, for editors',
  async run() {
    const { cloudJsonSchema } = await import('../../config/schemas.ts');
    process.stdout.write(`${JSON.stringify(cloudJsonSchema(), null, 2)}\n`);
  },
});
