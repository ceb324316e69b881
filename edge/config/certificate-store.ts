/**
 * The door to the site's certificates (certificates/certificate-door.ts), of a running gateway or of its files.
 *
 *   issue   id and room checked ─► key and certificate made ─► register written ─► credential of its device ─► answered
 *   revoke  register refuses it, connections closed ─► credential removed ─► register written ─► answered
 *
 * Always: a kill between two steps leaves a certificate whose key nobody has, or one that logs in nowhere; neither lets
 * anybody in. Changes run one after the other. A revocation is in force before any file is written; where a file takes no
 * write, the error says so, and the revocation holds until the gateway ends.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import { certificatesIn } from '@forpost/shared/tls.ts';
import { Turns } from '@forpost/shared/turns.ts';
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
import { clientProblems, clientState } from '../certificates/problems.ts';
import type { IssuedRegister, RegisterEntry } from '../certificates/register.ts';
import type { SiteAuthority } from '../certificates/site-authority.ts';
import { clientLifetime, longestClientDays } from '../certificates/validity.ts';
import { mostCertificates } from '../site/secrets.ts';
import type { CredentialStore } from './credential-store.ts';

export interface CertificateStoreOptions {
  readonly authority: SiteAuthority;
  readonly register: IssuedRegister;
  readonly credentials: Pick<CredentialStore, 'view' | 'addCertificate' | 'removeCertificate'>;
  /** the certificates by which a device, bridge or consumer logs in: `sha256:…` */
  readonly certificatesOf: (id: string) => readonly string[];
  readonly clock: Pick<Clock, 'now'>;
  /** closes the connections whose credential has ended; absent: no gateway runs */
  readonly endInvalid?: () => void;
}

export const shortestPassphrase = 8;
export const longestPassphrase = 128;
const longestShown = 80;

export class CertificateStore implements CertificateDoor {
  readonly #options: CertificateStoreOptions;
  readonly #turns = new Turns();
  #refused = 0;
  #ending: readonly Words[] = [];

  constructor(options: CertificateStoreOptions) {
    this.#options = options;
  }

  async view(): Promise<CertificatesView> {
    const { authority } = this.#options;
    const [ca, server] = [await authority.ca(), await authority.server()];
    this.check();
    return {
      ca: ca ?? null,
      server: server ?? null,
      clients: this.#clients().map(({ entry, state }) => viewOf(entry, state)),
      problems: [...authority.problems(), ...this.problems()],
    };
  }

  /** What people should know of the clients' certificates at the last check, a sentence each. */
  problems(): readonly Words[] {
    const { problem } = this.#options.register;
    return [...(problem === '' ? [] : [problem]), ...this.#ending];
  }

  /** Finds certificates that end, and closes the connections of those that have ended since the last check. */
  check(): void {
    const { register, clock, endInvalid } = this.#options;
    const refused = register.countRefused();
    if (refused > this.#refused) endInvalid?.();
    this.#refused = refused;
    this.#ending = clientProblems(register, (entry) => this.#isLogIn(entry), clock.now());
  }

  makeCa(request: { readonly key: KeyKind; readonly replace: boolean }): Promise<CaView> {
    return this.#options.authority.makeCa(request);
  }

  renewServer(): Promise<ServerView> {
    return this.#options.authority.renewServer();
  }

  issue({ id, days, key, passphrase }: IssueRequest, by: string): Promise<IssuedClient> {
    return this.#turns.run(async () => {
      const { authority, register, credentials, clock } = this.#options;
      await this.#checkRequest({ id, days, key, passphrase });
      const { issued, ca } = await authority.signClient({ name: id, key, passphrase }, ({ x509 }) =>
        clientLifetime(clock.now(), days, x509),
      );
      const entry = entryOf(issued.certificate, { id, key, by });
      await asConfigError(register.add(entry));
      await credentials.addCertificate(id, `sha256:${entry.sha256}`);
      this.check();
      return {
        client: viewOf(entry, 'valid'),
        certificate: issued.certificate,
        privateKey: issued.key,
        ca: ca.certificate,
        ...(issued.pkcs12 === undefined ? {} : { pkcs12: Buffer.from(issued.pkcs12).toString('base64') }),
      };
    });
  }

  revoke(serial: string): Promise<ClientView> {
    return this.#turns.run(async () => {
      const { register, credentials, endInvalid } = this.#options;
      const entry = register.entries.find((one) => one.serial === serial.toLowerCase());
      if (entry === undefined)
        throw invalid(words('gateway/answer.no-serial', { serial: serial.slice(0, longestShown) }));
      const written = register.revoke(entry.serial);
      endInvalid?.();
      // a full disk must not keep the other file from being written
      const results = await Promise.allSettled([asConfigError(written), this.#removed(credentials, entry)]);
      const failed = results.find((one) => one.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      const revoked = register.entries.find((one) => one.serial === entry.serial) ?? entry;
      return viewOf(revoked, 'revoked');
    });
  }

  /** A device that the site has no more has no credential to lose. */
  async #removed(credentials: CertificateStoreOptions['credentials'], { id, sha256 }: RegisterEntry): Promise<void> {
    if ((await credentials.view(id)) !== undefined) await credentials.removeCertificate(id, `sha256:${sha256}`);
  }

  async #checkRequest({ id, days, passphrase }: IssueRequest): Promise<void> {
    const { register, credentials } = this.#options;
    const principal = await credentials.view(id);
    if (principal === undefined) throw invalid(words('gateway/answer.no-principal', { id: id.slice(0, longestShown) }));
    if (!(Number.isInteger(days) && days >= 1 && days <= longestClientDays))
      throw invalid(words('gateway/answer.certificate-days', { most: longestClientDays }));
    if (passphrase !== undefined && (passphrase.length < shortestPassphrase || passphrase.length > longestPassphrase))
      throw invalid(words('gateway/answer.pkcs12-passphrase', { least: shortestPassphrase, most: longestPassphrase }));
    if (principal.certificates.length >= mostCertificates)
      throw invalid(words('gateway/answer.certificates-most', { id, most: mostCertificates }));
    if (register.problem !== '') throw new ForpostError('FORPOST_CONFIG_INVALID', register.problem);
  }

  #clients(): readonly { readonly entry: RegisterEntry; readonly state: ClientView['state'] }[] {
    const { register, clock } = this.#options;
    const now = clock.now();
    return register.entries.map((entry) => {
      return { entry, state: clientState(entry, { register, isLogIn: this.#isLogIn(entry), now }) };
    });
  }

  #isLogIn({ id, sha256 }: RegisterEntry): boolean {
    return this.#options.certificatesOf(id).includes(`sha256:${sha256}`);
  }
}

function entryOf(pem: string, more: Pick<RegisterEntry, 'id' | 'key' | 'by'>): RegisterEntry {
  const [x509] = certificatesIn(pem) ?? [];
  if (x509 === undefined) throw new ForpostError('FORPOST_PART_FAILED', 'the issued certificate cannot be read');
  return {
    serial: x509.serialNumber.toLowerCase(),
    sha256: x509.fingerprint256.replaceAll(':', '').toLowerCase(),
    from: x509.validFromDate.getTime(),
    to: x509.validToDate.getTime(),
    ...more,
  };
}

function viewOf(entry: RegisterEntry, state: ClientView['state']): ClientView {
  const { serial, id, sha256, key, from, to, by, revoked } = entry;
  return {
    serial,
    id,
    fingerprint: (sha256.toUpperCase().match(/../g) ?? []).join(':'),
    key,
    from: rfc3339(from),
    to: rfc3339(to),
    by,
    state,
    revoked: revoked === undefined ? null : rfc3339(revoked),
  };
}

/** A passphrase of 100 random bits or more, for people to type once. */
export function madePassphrase(): string {
  return randomBytes(15).toString('base64url');
}

async function asConfigError(written: Promise<void>): Promise<void> {
  try {
    await written;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ForpostError('FORPOST_CONFIG_INVALID', message, { cause: error });
  }
}

function invalid(message: Words): ForpostError {
  return new ForpostError('FORPOST_ARGUMENT_INVALID', message);
}
