/** The files of a box for these runs: credentials that the runs know, and a rule by which its document shows itself. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCredential } from '@forpost/shared/made-credential.ts';
import { hashPassword } from '@forpost/shared/password.ts';
import { stringify } from 'yaml';
import type { Ports } from './killed-gateway.ts';

export const installerPassword = 'password of the installer';
/** one for all boxes, because it costs 40 ms */
let installerHash: Promise<string> | undefined;

export interface BoxFiles {
  readonly gateway: string;
  readonly site: string;
  readonly ports: Ports;
  /** ids of its devices; their passwords are returned */
  readonly devices: readonly string[];
}

/** @returns the password of each device */
export async function makeBox(
  folder: string,
  { gateway, site, ports, devices }: BoxFiles,
): Promise<ReadonlyMap<string, string>> {
  installerHash ??= hashPassword(installerPassword);
  mkdirSync(folder, { recursive: true });
  const credentials = devices.map((id) => ({ id, ...makeCredential() }));
  const write = (name: string, content: object, about = '') =>
    writeFileSync(join(folder, name), `${about}${stringify(content)}`, { mode: 0o600 });
  write('gateway.yaml', {
    gateway,
    data: 'gateway',
    site_file: 'site.yaml',
    secrets_file: 'secrets.yaml',
    log_level: 'error',
    mqtt: { port: ports.mqtt },
    http: { port: ports.http },
    uplink: [],
  });
  const rule = { id: 'over', kind: 'threshold', device: '*', metric: 'power_w', above: 1000 };
  const document = {
    site: { id: site, timezone: 'UTC' },
    devices: devices.map((id) => ({ id, decoder: 'native' })),
    rules: [rule],
  };
  write('site.yaml', document, '# a comment of the installer\n');
  write('secrets.yaml', {
    mqtt: Object.fromEntries(credentials.map(({ id, hash }) => [id, hash])),
    console: { installer: await installerHash },
  });
  return new Map(credentials.map(({ id, password }) => [id, password]));
}
