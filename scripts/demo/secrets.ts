/**
 * The demo's passwords: random, made once. The gateway gets hashes (secrets.yaml); the log-ins of the simulated devices
 * and of people stand in credentials.json, which only this user can read.
 *
 * Always: passwords stay the same between two starts; a device that is new in the site gets a password; a device that has
 * left the site has no line in the secrets, because the gateway refuses a password without a device; hashes that somebody
 * wrote by hand for a known device stay.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hashCredential } from '@forpost/shared/made-credential.ts';
import { hashPassword, randomPassword } from '@forpost/shared/password.ts';
import { parse, stringify } from 'yaml';
import type { MqttSecret, Secrets } from '../../edge/site/secrets.ts';

export interface Credentials {
  /** by device or consumer id */
  readonly mqtt: Readonly<Record<string, string>>;
  readonly console: Readonly<Record<string, string>>;
  readonly cameras: Readonly<Record<string, { readonly user: string; readonly password: string }>>;
  /** the gateway's token at the centre's receiver */
  readonly token: string;
  /** the centre's log-in, which the centre prints once, at its first start */
  readonly centre?: { readonly user: string; readonly password: string };
}

export const consoleUser = 'installer';
const onlyMine = 0o600;

export async function readCredentials(file: string): Promise<Credentials> {
  const empty: Credentials = { mqtt: {}, console: {}, cameras: {}, token: randomPassword() };
  if (!existsSync(file)) return empty;
  return { ...empty, ...(JSON.parse(await readFile(file, 'utf8')) as Partial<Credentials>) };
}

export async function writeCredentials(file: string, credentials: Credentials): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(credentials, null, 2)}\n`, { mode: onlyMine });
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Makes missing passwords and writes both files. `sink`: the uplink that uses the token, or `evidence`. */
export async function ensureSecrets(
  known: Credentials,
  files: { readonly secretsFile: string; readonly credentialsFile: string },
  who: { readonly mqttIds: readonly string[]; readonly cameras: readonly string[]; readonly sink: string },
): Promise<Credentials> {
  const had = existsSync(files.secretsFile) ? (parse(await readFile(files.secretsFile, 'utf8')) as Secrets) : undefined;
  const credentials: Credentials = {
    ...known,
    mqtt: Object.fromEntries([...Object.entries(known.mqtt), ...missing(who.mqttIds, known.mqtt)]),
    console: Object.fromEntries([...Object.entries(known.console), ...missing([consoleUser], known.console)]),
    cameras: Object.fromEntries(
      who.cameras.map((id) => [id, known.cameras[id] ?? { user: 'forpost', password: randomPassword() }]),
    ),
  };
  const secrets: Secrets = {
    mqtt: only<MqttSecret>(who.mqttIds, {
      ...had?.mqtt,
      ...(await hashes(only(who.mqttIds, credentials.mqtt), had?.mqtt ?? {}, known.mqtt, hashCredential)),
    }),
    console: {
      ...had?.console,
      ...(await hashes(credentials.console, had?.console ?? {}, known.console, hashPassword)),
    },
    cameras: credentials.cameras,
    uplink: { [who.sink]: { token: credentials.token } },
  };
  await writeCredentials(files.credentialsFile, credentials);
  const text = `# Made by npm start; passwords of devices, consumers and people are hashes.\n${stringify(secrets)}`;
  await mkdir(dirname(files.secretsFile), { recursive: true });
  await writeFile(files.secretsFile, text, { mode: onlyMine });
  return credentials;
}

function only<T>(ids: readonly string[], passwords: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(passwords).filter(([id]) => ids.includes(id)));
}

function missing(ids: readonly string[], known: Readonly<Record<string, string>>): [string, string][] {
  return ids.filter((id) => known[id] === undefined).map((id) => [id, randomPassword()]);
}

/** Hashes for passwords without one, and for passwords made in this start. */
async function hashes(
  passwords: Readonly<Record<string, string>>,
  had: Readonly<Record<string, unknown>>,
  known: Readonly<Record<string, string>>,
  hash: (password: string) => string | Promise<string>,
): Promise<Record<string, string>> {
  const wanted = Object.entries(passwords).filter(([id]) => had[id] === undefined || known[id] === undefined);
  return Object.fromEntries(await Promise.all(wanted.map(async ([id, password]) => [id, await hash(password)])));
}
