/**
 * Credentials and lists of devices for the command line: through the running gateway, or on the files where no gateway
 * runs, as site-door.ts does for the document.
 *
 * Always: both ways make the same checks and give the same answers. Without a gateway a site that lacks a credential can be
 * given one: only the entries of a change have to be right.
 */
import { systemClock } from '@forpost/shared/clock.ts';
import { loadYaml } from '@forpost/shared/config/yaml.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import type { CredentialDoor, CredentialView, Rotated, RotateRequest } from '../devices/credential-door.ts';
import type { AddedLogIn, ImportedDevices, ImportRequest, ListProblem } from '../devices/import-door.ts';
import { SiteDocument } from '../site/document.ts';
import type { Revision } from '../site/revision.ts';
import type { MqttSecret } from '../site/secrets.ts';
import type { BridgeConfig, Site } from '../site/site.ts';
import { DocumentChecks } from './check/document-checks.ts';
import { writeCredentials } from './credential-changes.ts';
import { CredentialStore } from './credential-store.ts';
import { DeviceImport } from './device-import.ts';
import { wholeSiteSchema } from './device-schema.ts';
import type { Installation } from './installation.ts';
import { loadSite } from './load-site.ts';
import { wholeSecretsSchema } from './sink-schemas.ts';
import { acquireLock } from './site-door.ts';
import { accepted, SocketClient } from './socket-client.ts';

export interface DevicesDoor extends CredentialDoor {
  /** @throws ForpostError FORPOST_SITE_CONFLICT */
  importDevices(request: Pick<ImportRequest, 'csv' | 'check' | 'why'>): Promise<ImportedDevices>;
}

type Files = Pick<Installation, 'data' | 'site_file' | 'secrets_file' | 'mqtt'>;

/** Runs with the door of this installation, and closes it. `user`: of this machine, the author of changes. */
export async function withDevicesDoor<T>(
  installation: Files,
  user: string,
  run: (door: DevicesDoor) => Promise<T>,
): Promise<T> {
  const running = new SocketClient(installation.data, user);
  if (await running.answers()) return run(new SocketDevices(running));
  const lock = acquireLock(installation.data);
  try {
    return await run(new DevicesOnDisk(installation, user));
  } finally {
    lock?.release();
  }
}

class SocketDevices implements DevicesDoor {
  readonly #client: SocketClient;

  constructor(client: SocketClient) {
    this.#client = client;
  }

  async list(): Promise<readonly CredentialView[]> {
    return accepted(await this.#client.ask('GET', '/api/v1/credentials')).credentials as readonly CredentialView[];
  }

  async view(id: string): Promise<CredentialView | undefined> {
    return (await this.list()).find((one) => one.id === id);
  }

  async rotate(id: string, { graceS, password }: RotateRequest): Promise<Rotated> {
    const body = { graceS, ...(password === undefined ? {} : { password }) };
    return accepted(await this.#client.ask('POST', `${pathOf(id)}/rotate`, body)) as unknown as Rotated;
  }

  async revoke(id: string): Promise<{ readonly id: string; readonly revoked: string }> {
    const answer = accepted(await this.#client.ask('POST', `${pathOf(id)}/revoke`));
    return answer as unknown as { id: string; revoked: string };
  }

  async setCertificates(id: string, certificates: readonly string[]): Promise<CredentialView> {
    const answer = accepted(await this.#client.ask('PUT', `${pathOf(id)}/certificates`, { certificates }));
    return answer as unknown as CredentialView;
  }

  async importDevices(request: Pick<ImportRequest, 'csv' | 'check' | 'why'>): Promise<ImportedDevices> {
    const answer = await this.#client.ask('POST', '/api/v1/devices/import', request);
    const { problems } = answer.body;
    if (answer.status === 422 && problems !== undefined) return { problems: problems as readonly ListProblem[] };
    const { added, revision, logIns } = accepted(answer);
    if (revision === undefined) return { wouldAdd: Number(added) };
    return { revision: revision as Revision, added: logIns as readonly AddedLogIn[] };
  }
}

function pathOf(id: string): string {
  return `/api/v1/credentials/${encodeURIComponent(id)}`;
}

export class DevicesOnDisk extends CredentialStore implements DevicesDoor {
  readonly #files: Files;
  readonly #user: string;

  constructor(files: Files, user: string) {
    const mqtt = new Map(Object.entries(mqttIn(files.secrets_file)));
    super({
      site: () => principalsOf(files.site_file),
      secretOf: (id) => mqtt.get(id),
      write: (changes) => {
        const changed = writeCredentials(files, changes);
        for (const [id, secret] of Object.entries(changed)) if (secret !== undefined) mqtt.set(id, secret);
        return changed;
      },
      alone: (once) => once(),
      clock: systemClock,
      hasClientCa: files.mqtt.tls?.client_ca !== undefined,
    });
    this.#files = files;
    this.#user = user;
  }

  async importDevices(request: Pick<ImportRequest, 'csv' | 'check' | 'why'>): Promise<ImportedDevices> {
    const { data, site_file: file, secrets_file: secretsFile } = this.#files;
    const load = (text: string) => loadSite(file, secretsFile, text);
    const document = new SiteDocument({ file, data, load, clock: systemClock });
    await document.open({ leaveEdits: true });
    const checks = new DocumentChecks({ file, secretsFile, data, clock: systemClock });
    const imported = await new DeviceImport({ document, checks }).importDevices({
      ...request,
      author: { kind: 'command-line', name: this.#user },
    });
    if ('conflict' in imported) throw new ForpostError('FORPOST_SITE_CONFLICT', imported.conflict);
    return imported;
  }
}

/** The schema has checked the ids. */
function principalsOf(siteFile: string): Pick<Site, 'devices' | 'bridges' | 'consumers'> {
  const { devices, bridges = [], consumers = [] } = loadYaml(siteFile, wholeSiteSchema).value;
  return {
    devices: devices as unknown as Site['devices'],
    bridges: bridges as unknown as readonly BridgeConfig[],
    consumers,
  };
}

function mqttIn(file: string): Readonly<Record<string, MqttSecret>> {
  return loadYaml(file, wholeSecretsSchema, { secret: true }).value.mqtt;
}
