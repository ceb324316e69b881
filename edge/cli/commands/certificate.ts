/** `forpost certificate …`: the CA of the site, the gateway's own certificate, and those of clients. */
import { type CommandOption, command } from '@forpost/shared/cli/command.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { type ConfigOption, configOption } from '../options.ts';

interface JsonOption {
  readonly json?: boolean;
}

const json: CommandOption = { flags: '--json', summary: 'print one JSON document' };
const rsa = (what: string): CommandOption => ({
  flags: '--rsa',
  summary: `${what} with an RSA key, for devices that know no elliptic curves; default: EC P-256`,
});

export const certificateInit = command<ConfigOption & JsonOption & { rsa?: boolean; replace?: boolean }>({
  name: 'certificate init',
  summary: 'make the CA of the site; without this, the first certificate makes it',
  options: [
    configOption,
    rsa('CA and gateway’s certificate'),
    { flags: '--replace', summary: 'a new CA in place of the present one; all clients need its certificate then' },
    json,
  ],
  async run({ config, ...options }) {
    const { makeCa } = await import('../certificate.ts');
    await makeCa(config, options);
  },
});

export const certificateList = command<ConfigOption & JsonOption>({
  name: 'certificate list',
  summary: 'list the CA, the gateway’s certificate and the certificates of clients: until when, and what is wrong',
  options: [configOption, json],
  async run({ config, ...options }) {
    const { list } = await import('../certificate.ts');
    await list(config, options);
  },
});

export const certificateCa = command<ConfigOption & JsonOption & { out?: string }>({
  name: 'certificate ca',
  summary: 'print the certificate of the CA, which devices and phones need',
  options: [configOption, { flags: '--out <file>', summary: 'write it into this new file instead' }, json],
  async run({ config, ...options }) {
    const { exportCa } = await import('../certificate.ts');
    await exportCa(config, options);
  },
});

export const certificateClient = command<
  ConfigOption & JsonOption & { days?: number; rsa?: boolean; out?: string; p12?: boolean; passphraseFile?: string }
>({
  name: 'certificate client',
  summary: 'make a certificate by which a device, bridge or consumer logs in; its key is written once',
  arguments: [{ name: '<id>', summary: 'id of the device, bridge or consumer' }],
  options: [
    configOption,
    { flags: '--days <number>', summary: 'how long it is valid; default: 397', parse: daysOf },
    rsa('the certificate'),
    { flags: '--out <folder>', summary: 'folder for <id>.key, <id>.crt and <id>-ca.crt; default: this one' },
    { flags: '--p12', summary: 'one PKCS#12 file, <id>.p12, with a new passphrase that is printed once' },
    { flags: '--passphrase-file <file>', summary: 'with --p12: the passphrase is its first line; - is standard input' },
    json,
  ],
  async run({ config, ...options }, id) {
    const { client } = await import('../certificate.ts');
    await client(config, id, options);
  },
});

export const certificateRevoke = command<ConfigOption & JsonOption>({
  name: 'certificate revoke',
  summary: 'end a client’s certificate, or all of a device, and the connections by them at once',
  arguments: [{ name: '<what>', summary: 'serial number of a certificate, or id of a device, bridge or consumer' }],
  options: [configOption, json],
  async run({ config, ...options }, what) {
    const { revoke } = await import('../certificate.ts');
    await revoke(config, what, options);
  },
});

export const certificateRenew = command<ConfigOption & JsonOption>({
  name: 'certificate renew',
  summary: 'make the gateway’s own certificate anew now; it renews itself in time without this',
  options: [configOption, json],
  async run({ config, ...options }) {
    const { renew } = await import('../certificate.ts');
    await renew(config, options);
  },
});

/** @throws ForpostError FORPOST_ARGUMENT_INVALID */
function daysOf(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new ForpostError('FORPOST_ARGUMENT_INVALID', `--days takes a number of days, not "${text}"`);
}
