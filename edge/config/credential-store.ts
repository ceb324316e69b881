/**
 * The door to credentials (devices/credential-door.ts): writes the secrets file, and has a running gateway apply each
 * change.
 *
 *   rotate, certificates ─► checked ─► file written ─► log-ins changed, connections of what ended closed ─► answered
 *   revoke ─► log-ins changed, connections closed ─► file written ─► answered
 *                                                      └── the file takes no write: an error says so; the revocation
 *                                                          holds until the gateway ends
 *
 * Always: no change of the site and no reload is under way while a change is written and applied (`alone`): both read the
 * secrets file. A revocation waits for nobody.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { makeCredential } from '@forpost/shared/made-credential.ts';
import { hashPassword } from '@forpost/shared/password.ts';
import { inSlices } from '@forpost/shared/slices.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import { certificatesIn } from '@forpost/shared/tls.ts';
import {
  type CredentialDoor,
  type CredentialView,
  credentialView,
  type Rotated,
  type RotateRequest,
  shortestPassword,
} from '../devices/credential-door.ts';
import { certificatePattern, type MqttSecret, mostCertificates, storedCredential } from '../site/secrets.ts';
import type { Site } from '../site/site.ts';
import type { ChangedCredentials, CredentialChange } from './credential-changes.ts';

/** The parts of a running gateway that apply a change. */
export interface LiveLogIns {
  set(changed: ChangedCredentials): void;
  revoke(id: string): void;
  /** Closes the connections of these principals whose credential has ended. */
  endInvalid(of: readonly string[]): void;
}

export interface CredentialStoreOptions {
  readonly site: () => Pick<Site, 'devices' | 'consumers'>;
  /** the present entry of one */
  readonly secretOf: (id: string) => MqttSecret | undefined;
  /** writes the secrets file (credential-changes.ts) */
  readonly write: (changes: readonly CredentialChange[]) => ChangedCredentials | Promise<ChangedCredentials>;
  /** runs while neither the site changes nor a reload runs */
  readonly alone: <T>(run: () => Promise<T>) => Promise<T>;
  /** absent: no gateway runs */
  readonly live?: LiveLogIns | undefined;
  readonly clock: Pick<Clock, 'now'>;
  /** whether mqtt.tls.client_ca is set */
  readonly hasClientCa: boolean;
  /** called after each change, for the history: who changed what stands in the log */
  readonly onChanged?: (what: 'rotated' | 'revoked' | 'certificates', id: string) => void;
}

/** Longer than any visit to replace passwords by hand. */
export const longestGraceS = 30 * 86_400;
const longestPassword = 256;
/** letters of a wrong value in a sentence */
const longestShown = 80;

export class CredentialStore implements CredentialDoor {
  readonly #options: CredentialStoreOptions;

  constructor(options: CredentialStoreOptions) {
    this.#options = options;
  }

  list(): Promise<readonly CredentialView[]> {
    return inSlices(this.#views());
  }

  async view(id: string): Promise<CredentialView | undefined> {
    const found = principalIn(this.#options.site(), id);
    return found === undefined ? undefined : this.#view(found);
  }

  async rotate(id: string, { graceS, password: chosen }: RotateRequest): Promise<Rotated> {
    this.#known(id);
    if (!(graceS >= 0 && graceS <= longestGraceS))
      throw invalid(words('gateway/answer.grace-range', { most: longestGraceS }));
    if (chosen !== undefined && (chosen.length < shortestPassword || chosen.length > longestPassword))
      throw invalid(words('gateway/answer.password-length', { least: shortestPassword, most: longestPassword }));
    const made = chosen === undefined ? makeCredential() : { password: chosen, hash: await hashPassword(chosen) };
    const until = graceS === 0 ? undefined : rfc3339(this.#options.clock.now() + 1000 * graceS);
    await this.#change('rotated', { kind: 'rotate', id, password: made.hash, until });
    const { user, graceUntil } = this.#viewOf(id);
    return { id, user, ...(chosen === undefined ? { password: made.password } : {}), graceUntil };
  }

  async revoke(id: string): Promise<{ readonly id: string; readonly revoked: string }> {
    this.#known(id);
    const { live, clock } = this.#options;
    const at = rfc3339(clock.now());
    live?.revoke(id);
    live?.endInvalid([id]);
    await this.#change('revoked', { kind: 'revoke', id, at });
    return { id, revoked: at };
  }

  async setCertificates(id: string, certificates: readonly string[]): Promise<CredentialView> {
    this.#known(id);
    if (certificates.length > mostCertificates)
      throw invalid(words('gateway/answer.certificates-most', { id, most: mostCertificates }));
    const named = [...new Set(certificates.map(certificateOf))];
    for (const certificate of named)
      if (certificate.startsWith('name:') && !this.#options.hasClientCa)
        throw invalid(words('gateway/answer.certificate-needs-ca', { certificate }));
    await this.#change('certificates', {
      kind: 'certificates',
      id,
      certificates: named,
      at: rfc3339(this.#options.clock.now()),
    });
    return this.#viewOf(id);
  }

  /** One more certificate, beside those that it has. `certificate`: `sha256:…` */
  async addCertificate(id: string, certificate: string): Promise<void> {
    this.#known(id);
    await this.#change('certificates', { kind: 'add-certificate', id, certificate });
  }

  /** Without this certificate; one that has nothing else is revoked. Connections by it are closed. */
  async removeCertificate(id: string, certificate: string): Promise<void> {
    const at = rfc3339(this.#options.clock.now());
    await this.#change('certificates', { kind: 'remove-certificate', id, certificate, at });
  }

  #change(what: 'rotated' | 'revoked' | 'certificates', change: CredentialChange): Promise<void> {
    const { alone, write, live, onChanged } = this.#options;
    return alone(async () => {
      const changed = await write([change]);
      live?.set(changed);
      live?.endInvalid(Object.keys(changed));
      onChanged?.(what, change.id);
    });
  }

  #known(id: string): Principal {
    const found = principalIn(this.#options.site(), id);
    if (found === undefined) throw invalid(words('gateway/answer.no-principal', { id: id.slice(0, longestShown) }));
    return found;
  }

  *#views(): Generator<void, readonly CredentialView[], void> {
    const views: CredentialView[] = [];
    for (const { list, kind } of principalLists(this.#options.site()))
      for (const one of list) {
        views.push(this.#view(principalOf(one, kind)));
        yield;
      }
    return views;
  }

  #viewOf(id: string): CredentialView {
    return this.#view(this.#known(id));
  }

  #view(principal: Principal): CredentialView {
    const secret = this.#options.secretOf(principal.id);
    const stored = secret === undefined ? undefined : storedCredential(secret);
    return credentialView(principal, stored, this.#options.clock.now());
  }
}

type Principal = Pick<CredentialView, 'id' | 'name' | 'kind'>;

/** All that log in to the broker, in the order of the site. */
export function principalsIn(site: Pick<Site, 'devices' | 'bridges' | 'consumers'>): readonly Principal[] {
  return principalLists(site).flatMap(({ list, kind }) => list.map((one) => principalOf(one, kind)));
}

/** The one that logs in as `id`; undefined: the site has none. */
function principalIn(site: Pick<Site, 'devices' | 'bridges' | 'consumers'>, id: string): Principal | undefined {
  for (const { list, kind } of principalLists(site)) {
    const found = list.find((one) => one.id === id);
    if (found !== undefined) return principalOf(found, kind);
  }
  return undefined;
}

type Named = { readonly id: string; readonly name?: string | undefined };

function principalLists({
  devices,
  bridges = [],
  consumers,
}: Pick<Site, 'devices' | 'bridges' | 'consumers'>): readonly {
  readonly list: readonly Named[];
  readonly kind: Principal['kind'];
}[] {
  return [
    { list: devices, kind: 'device' },
    { list: bridges, kind: 'bridge' },
    { list: consumers, kind: 'consumer' },
  ];
}

function principalOf({ id, name = id }: Named, kind: Principal['kind']): Principal {
  return { id, name, kind };
}

/** `sha256:…` of a PEM text; else what the text says. */
function certificateOf(text: string): string {
  const [pem] = text.includes('-----BEGIN') ? (certificatesIn(text) ?? []) : [];
  if (pem !== undefined) return `sha256:${createHash('sha256').update(pem.raw).digest('hex')}`;
  // openssl writes AB:CD:…
  const digits = /^sha256:([0-9a-f:]+)$/i.exec(text)?.[1]?.replaceAll(':', '').toLowerCase();
  const certificate = digits === undefined ? text : `sha256:${digits}`;
  if (new RegExp(certificatePattern).test(certificate)) return certificate;
  const forms = { bySha: 'sha256:', byName: 'name:' };
  throw invalid(words('gateway/answer.certificate-form', { certificate: text.slice(0, longestShown), ...forms }));
}

function invalid(message: Words): ForpostError {
  return new ForpostError('FORPOST_ARGUMENT_INVALID', message);
}
