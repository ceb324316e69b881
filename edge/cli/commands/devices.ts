/** `forpost devices …`: log-ins at the broker and at the page. */
import { type CommandOption, command } from '@forpost/shared/cli/command.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { type ConfigOption, configOption } from '../options.ts';

interface JsonOption {
  readonly json?: boolean;
}

const json: CommandOption = { flags: '--json', summary: 'print one JSON document' };
const why: CommandOption = { flags: '--why <text>', summary: 'the reason, for the history' };

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

export const devicesList = command<ConfigOption & JsonOption>({
  name: 'devices list',
  summary: 'list devices and consumers with their credentials, and refused log-ins, publishes and subscriptions',
  options: [configOption, json],
  async run({ config, json: asJson = false }) {
    const { listDevices } = await import('../list-devices.ts');
    const { lines, value } = await listDevices(config);
    process.stdout.write(asJson ? `${JSON.stringify(value)}\n` : lines.map((line) => `${line}\n`).join(''));
  },
});

export const devicesFound = command<ConfigOption>({
  name: 'devices found',
  summary: 'list the devices that bridges speak for and that wait to be named',
  options: [configOption],
  async run({ config }) {
    const { foundDevices } = await import('../bridges.ts');
    for (const line of await foundDevices(config)) process.stdout.write(`${line}\n`);
  },
});

export const devicesName = command<ConfigOption & { name?: string; place?: string; why?: string }>({
  name: 'devices name',
  summary: 'name a found device of a bridge: its next message is its own',
  arguments: [
    { name: '<bridge>', summary: 'id of the bridge' },
    { name: '<found>', summary: 'what the bridge calls the device, or its address' },
    { name: '<id>', summary: 'id that the device gets; the id of a device behind a bridge moves that device here' },
  ],
  options: [
    configOption,
    { flags: '--name <text>', summary: 'name for people' },
    { flags: '--place <text>', summary: 'where it is' },
    why,
  ],
  async run({ config, name, place, why: reason }, bridge, found, id) {
    const { nameDevice } = await import('../bridges.ts');
    const options = {
      ...(name === undefined ? {} : { name }),
      ...(place === undefined ? {} : { place }),
      ...(reason === undefined ? {} : { why: reason }),
    };
    const number = await nameDevice(config, bridge, found, id, options);
    process.stdout.write(`${id} is a device behind ${bridge} (revision ${number})\n`);
  },
});

export const devicesDecode = command<{
  topic: string;
  decoder?: string;
  device?: string;
  bridge?: boolean;
  set?: string[];
}>({
  name: 'devices decode',
  summary: 'print what a message of a device says, as JSON; works without a gateway',
  arguments: [
    { name: '[file]', summary: 'the payload, exactly as the device sends it; default, and for -: standard input' },
  ],
  options: [
    { flags: '--topic <topic>', summary: 'topic of the message', required: true },
    {
      flags: '--decoder <name>',
      summary: 'decoder; default: the answers of all decoders, each with how sure it is',
    },
    { flags: '--device <id>', summary: 'id of the device; default: its name in the topic' },
    { flags: '--bridge', summary: 'the site has it as a bridge, so that each device behind it stands for itself' },
    {
      flags: '--set <field=value...>',
      summary: 'fields of the device in site.yaml, as topic=shellies/plug or full_topic=%topic%/%prefix%/',
    },
  ],
  async run(options, file = '-') {
    const { decode } = await import('../decode.ts');
    process.stdout.write(`${JSON.stringify(decode(file, options))}\n`);
  },
});

export const devicesAdd = command<
  ConfigOption &
    JsonOption & {
      decoder: string;
      name?: string;
      topic?: string;
      place?: string;
      set?: string[];
      why?: string;
    }
>({
  name: 'devices add',
  summary: 'add a device with a new password, which is printed once; a running gateway takes it at once',
  arguments: [{ name: '<id>', summary: 'id of the new device' }],
  options: [
    configOption,
    { flags: '--decoder <name>', summary: 'what the device speaks, as native, tasmota or shelly', required: true },
    { flags: '--name <text>', summary: 'name for people' },
    { flags: '--topic <topic>', summary: 'what the device calls itself in its topics' },
    { flags: '--place <text>', summary: 'where it is' },
    {
      flags: '--set <field=value...>',
      summary: 'further fields of a device in site.yaml, as full_topic=%topic%/%prefix%/',
    },
    why,
    json,
  ],
  async run({ config, ...options }, id) {
    const { add } = await import('../devices.ts');
    await add(config, id, options);
  },
});

export const devicesRotate = command<ConfigOption & JsonOption & { grace?: number; passwordStdin?: boolean }>({
  name: 'devices rotate',
  summary: 'give a device or consumer a new password, which is printed once; the old one ends at once',
  arguments: [{ name: '<id>', summary: 'id of the device or consumer' }],
  options: [
    configOption,
    {
      flags: '--grace <time>',
      summary: 'how long the old password is valid too, as 90s, 30m, 12h or 7d; default: not at all',
      parse: secondsOf,
    },
    { flags: '--password-stdin', summary: 'take the password from the first line of standard input instead' },
    json,
  ],
  async run({ config, grace, passwordStdin, json: asJson }, id) {
    const { rotate } = await import('../devices.ts');
    await rotate(config, id, { grace, stdin: passwordStdin, json: asJson });
  },
});

export const devicesRevoke = command<ConfigOption & JsonOption>({
  name: 'devices revoke',
  summary: 'end all credentials and connections of a device or consumer at once',
  arguments: [{ name: '<id>', summary: 'id of the device or consumer' }],
  options: [configOption, json],
  async run({ config, json: asJson }, id) {
    const { revoke } = await import('../devices.ts');
    await revoke(config, id, asJson);
  },
});

export const devicesCertificates = command<ConfigOption & JsonOption & { certificate?: string[] }>({
  name: 'devices certificates',
  summary: 'set the client certificates by which a device or consumer logs in over TLS; without any, it has none',
  arguments: [{ name: '<id>', summary: 'id of the device or consumer' }],
  options: [
    configOption,
    {
      flags: '--certificate <file...>',
      summary: 'PEM file, or sha256:…, or name:… for a CN or SAN that the CA of mqtt.tls.client_ca vouches for',
    },
    json,
  ],
  async run({ config, certificate = [], json: asJson }, id) {
    const { certificates } = await import('../devices.ts');
    await certificates(config, id, certificate, asJson);
  },
});

export const devicesImport = command<ConfigOption & JsonOption & { secrets?: string; check?: boolean; why?: string }>({
  name: 'devices import',
  summary: 'add the devices of a CSV file, all or none, with a password each',
  arguments: [{ name: '<file>', summary: 'CSV; its first line names fields of a device: id,name,decoder,topic,place' }],
  options: [
    configOption,
    {
      flags: '--secrets <file>',
      summary: 'write the log-ins into this new file (0600, CSV for labels) instead of printing them',
    },
    { flags: '--check', summary: 'say what the list would add, and change nothing' },
    why,
    json,
  ],
  async run({ config, ...options }, file) {
    const { importList } = await import('../devices.ts');
    await importList(config, file, options);
  },
});

/** Seconds of a time as 90s, 30m, 12h or 7d. @throws ForpostError FORPOST_ARGUMENT_INVALID */
function secondsOf(text: string): number {
  const [, count, unit = ''] = /^(\d{1,7})([smhd])$/.exec(text) ?? [];
  if (count === undefined)
    throw new ForpostError('FORPOST_ARGUMENT_INVALID', `--grace takes a time as 90s, 30m, 12h or 7d, not "${text}"`);
  return Number(count) * ({ s: 1, m: 60, h: 3600, d: 86_400 }[unit] ?? 1);
}
