/**
 * The site's certificates for the command line: through the running gateway, or on the files where no gateway runs, as
 * devices-door.ts does for credentials.
 */
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import type {
  CaView,
  CertificateDoor,
  CertificatesView,
  ClientView,
  IssuedClient,
  IssueRequest,
  ServerView,
} from '../certificates/certificate-door.ts';
import type { KeyKind } from '../certificates/issue-job.ts';
import { issuingThread } from '../certificates/issuer.ts';
import { IssuedRegister } from '../certificates/register.ts';
import { certificateFolder, SiteAuthority } from '../certificates/site-authority.ts';
import { namesOfThisMachine } from '../certificates/this-machine.ts';
import { CertificateStore } from './certificate-store.ts';
import { DevicesOnDisk } from './devices-door.ts';
import type { Installation } from './installation.ts';
import { usesSiteCertificate } from './load-installation.ts';
import { acquireLock } from './site-door.ts';
import { accepted, SocketClient } from './socket-client.ts';

/** Runs with the door of this installation, and closes it. `user`: of this machine, who has certificates made. */
export async function withCertificatesDoor<T>(
  installation: Installation,
  user: string,
  run: (door: CertificateDoor) => Promise<T>,
): Promise<T> {
  const running = new SocketClient(installation.data, user);
  if (await running.answers()) return run(new SocketCertificates(running));
  const lock = acquireLock(installation.data);
  try {
    return await run(await certificatesOnDisk(installation, user));
  } finally {
    lock?.release();
  }
}

const path = '/api/v1/certificates';

class SocketCertificates implements CertificateDoor {
  readonly #client: SocketClient;

  constructor(client: SocketClient) {
    this.#client = client;
  }

  async view(): Promise<CertificatesView> {
    return accepted(await this.#client.ask('GET', path)) as unknown as CertificatesView;
  }

  async makeCa(request: { readonly key: KeyKind; readonly replace: boolean }): Promise<CaView> {
    return accepted(await this.#client.ask('POST', `${path}/ca`, request)) as unknown as CaView;
  }

  async renewServer(): Promise<ServerView> {
    return accepted(await this.#client.ask('POST', `${path}/server/renew`)) as unknown as ServerView;
  }

  async issue(request: IssueRequest): Promise<IssuedClient> {
    return accepted(await this.#client.ask('POST', `${path}/clients`, request)) as unknown as IssuedClient;
  }

  async revoke(serial: string): Promise<ClientView> {
    const asked = await this.#client.ask('POST', `${path}/clients/${encodeURIComponent(serial)}/revoke`);
    return accepted(asked) as unknown as ClientView;
  }
}

async function certificatesOnDisk(installation: Installation, user: string): Promise<CertificateStore> {
  const folder = certificateFolder(installation.data);
  const credentials = new DevicesOnDisk(installation, user);
  const views = new Map((await credentials.list()).map((one) => [one.id, one]));
  // nobody has asked a time service here
  const isClockRight = () => installation.clock?.trusted ?? false;
  const register = new IssuedRegister({
    file: join(folder, 'issued.json'),
    now: () => systemClock.now(),
    isClockRight,
  });
  await register.start();
  const authority = new SiteAuthority({
    gateway: installation.gateway,
    folder,
    names: () => namesOfThisMachine(installation.certificates?.names),
    usedBy: usesSiteCertificate(installation),
    issue: issuingThread(systemClock),
    clock: systemClock,
    isClockRight,
    logger: silentLogger(),
  });
  const certificatesOf = (id: string) => views.get(id)?.certificates ?? [];
  return new CertificateStore({ authority, register, credentials, certificatesOf, clock: systemClock });
}
