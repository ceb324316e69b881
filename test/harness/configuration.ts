/** Configuration files for a test's gateway and centre: small, complete, with passwords that the tests know. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashPassword } from '@forpost/shared/password.ts';
import { stringify } from 'yaml';

export const testPassword = 'a-password-of-the-tests';
const token = 'the-token-of-the-tests-0123456789';

/** one hash for all log-ins, because each costs 40 ms */
let hashed: Promise<string> | undefined;

export interface Named {
  readonly id: string;
  readonly [key: string]: unknown;
}

export interface GatewayFiles {
  readonly gateway: string;
  /** the outbox's folder; default `gateway` beside the files */
  readonly data?: string | undefined;
  readonly mqttPort: number;
  readonly httpPort: number;
  /** native devices, by id */
  readonly devices: readonly string[];
  readonly rules?: readonly object[] | undefined;
  /** decoders of devices that are not native, by id */
  readonly decoders?: Readonly<Record<string, string>> | undefined;
  /** consumers beside `wall-display`, which also hear everything */
  readonly consumers?: readonly string[] | undefined;
  /** further devices and consumers, as in site.yaml */
  readonly more?: { readonly devices?: readonly Named[]; readonly consumers?: readonly Named[] } | undefined;
  /** hashes of log-ins without a password of the tests, by id */
  readonly hashes?: Readonly<Record<string, string>> | undefined;
  readonly cameras?: readonly object[] | undefined;
  readonly cameraSecrets?: Readonly<Record<string, { user: string; password: string }>> | undefined;
  readonly uplink: readonly object[];
  /** further keys of gateway.yaml; those under `mqtt` join the port */
  readonly extra?: object | undefined;
}

/** Writes gateway.yaml, site.yaml and secrets.yaml into `folder`. Returns the path of the first. */
export async function writeGatewayFiles(folder: string, files: GatewayFiles): Promise<string> {
  hashed ??= hashPassword(testPassword);
  const hash = await hashed;
  const { devices, cameraSecrets, more = {} } = files;
  const [moreDevices, moreConsumers] = [more.devices ?? [], more.consumers ?? []];
  const consumers = ['wall-display', ...(files.consumers ?? [])];
  const { mqtt: extraMqtt = {}, ...extra } = (files.extra ?? {}) as { readonly mqtt?: object };
  const viaHttp = files.uplink.some((sink) => 'url' in sink);
  await writeYaml(folder, 'site.yaml', {
    site: { id: 'test-site', name: 'Test site', timezone: 'Europe/Berlin' },
    devices: [...devices.map((id) => ({ id, decoder: files.decoders?.[id] ?? 'native' })), ...moreDevices],
    consumers: [...consumers.map((id) => ({ id, subscribe: ['forpost/#'] })), ...moreConsumers],
    cameras: files.cameras ?? [],
    rules: files.rules ?? [],
  });
  await writeYaml(folder, 'secrets.yaml', {
    mqtt: Object.fromEntries(
      [...devices, ...consumers, ...[...moreDevices, ...moreConsumers].map(({ id }) => id)].map((id) => [
        id,
        files.hashes?.[id] ?? hash,
      ]),
    ),
    console: { installer: hash },
    ...(cameraSecrets === undefined ? {} : { cameras: cameraSecrets }),
    ...(viaHttp ? { uplink: { centre: { token } } } : {}),
  });
  return writeYaml(folder, 'gateway.yaml', {
    gateway: files.gateway,
    data: files.data ?? 'gateway',
    site_file: 'site.yaml',
    secrets_file: 'secrets.yaml',
    mqtt: { port: files.mqttPort, ...extraMqtt },
    http: { port: files.httpPort },
    uplink: files.uplink,
    ...extra,
  });
}

export interface CentreFiles {
  readonly port: number;
  readonly kafka?: { readonly brokers: readonly string[]; readonly development: boolean } | undefined;
  /** gateways that may use the receiver, with the tests' token */
  readonly gateways?: readonly string[] | undefined;
  readonly webhook?: string | undefined;
}

/** Writes cloud.yaml into `folder`. Returns its path. */
export async function writeCentreFile(folder: string, files: CentreFiles): Promise<string> {
  const { port, kafka, gateways = [], webhook } = files;
  const sha = createHash('sha256').update(token).digest('hex');
  return writeYaml(folder, 'cloud.yaml', {
    data: 'centre',
    http: { port },
    ...(kafka === undefined ? {} : { kafka }),
    gateways: Object.fromEntries(gateways.map((id) => [id, { token_sha256: sha }])),
    notify: webhook === undefined ? [] : [{ id: 'hook', kind: 'webhook', url: webhook, severity: 'info' }],
  });
}

async function writeYaml(folder: string, name: string, value: object): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, stringify(value), { mode: 0o600 });
  return file;
}
