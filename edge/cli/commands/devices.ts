/** `forpost devices …`: log-ins at the broker and at the page. */
import { command } from '@forpost/shared/cli/command.ts';
import { type ConfigOption, configOption } from '../options.ts';

const takenBy = 'To apply it to a running gateway: systemctl reload forpost-gateway (or kill -HUP).';

export const devicesPassword = command<ConfigOption & { console?: boolean; viewer?: boolean }>({
  name: 'devices password',
  summary: 'give a device, consumer or person a new password; it is printed once and kept only as a hash',
  arguments: [{ name: '<id>', summary: 'id of the device or consumer, or the log-in name with --console' }],
  options: [
    configOption,
    { flags: '--console', summary: 'a person who may open the gateway’s page' },
    { flags: '--viewer', summary: 'a person who may see the page and change nothing, such as a screen on a wall' },
  ],
  async run({ config, console: person = false, viewer = false }, id) {
    const { setPassword } = await import('../../config/passwords.ts');
    const password = await setPassword(config, person || viewer ? 'console' : 'mqtt', id, viewer);
    process.stdout.write(`${id}: ${password}\nIt is shown only now. ${takenBy}\n`);
  },
});

export const devicesPasswords = command<ConfigOption>({
  name: 'devices passwords',
  summary: 'make a password for every device and consumer without one; each is printed once, as a line "id: password"',
  options: [configOption],
  async run({ config }) {
    const { setMissingPasswords } = await import('../../config/passwords.ts');
    const made = setMissingPasswords(config);
    for (const { id, password } of made) process.stdout.write(`${id}: ${password}\n`);
    process.stderr.write(
      made.length === 0
        ? 'Every device and consumer has a password already.\n'
        : `${made.length} passwords, shown only now. ${takenBy}\n`,
    );
  },
});

export const devicesList = command<ConfigOption>({
  name: 'devices list',
  summary: 'list devices and consumers, and refused log-ins, publishes and subscriptions',
  options: [configOption],
  async run({ config }) {
    const { listDevices } = await import('../list-devices.ts');
    for (const line of await listDevices(config)) process.stdout.write(`${line}\n`);
  },
});
