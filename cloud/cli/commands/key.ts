/** `forpost cloud key`: the public key for the gateways' `commands: trusted_keys`. */
import { command } from '@forpost/shared/cli/command.ts';
import { type ConfigOption, configOption } from '../options.ts';

export const key = command<ConfigOption>({
  name: 'key',
  summary: 'print the public key that gateways must trust to take commands; makes the key where there is none',
  options: [configOption],
  async run({ config }) {
    const [{ loadCloud }, { keyFileOf, signingKey }] = await Promise.all([
      import('../../config/load.ts'),
      import('../../commands/key.ts'),
    ]);
    const { publicKey } = await signingKey(keyFileOf(loadCloud(config)));
    process.stdout.write(`${publicKey.text}\n`);
  },
});
