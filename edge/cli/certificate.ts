/**
 * What `forpost certificate init|list|ca|client|revoke|renew` do. Without --json plain lines, with it one JSON document in
 * the form of the API.
 *
 * Always: the files of a private key are made before the certificate is (mode 0600, new names only), so that no key is lost
 * to a full disk or a mistyped folder, and no link leads it elsewhere; they are removed where no certificate was made.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { ForpostError } from '@forpost/shared/errors.ts';
import type {
  CaView,
  CertificateDoor,
  CertificatesView,
  IssuedClient,
  ServerView,
} from '../certificates/certificate-door.ts';
import { usualClientDays } from '../certificates/validity.ts';
import { madePassphrase } from '../config/certificate-store.ts';
import { withCertificatesDoor } from '../config/certificates-door.ts';
import { loadInstallation } from '../config/load-installation.ts';
import { NewFile } from './new-file.ts';
import { print, runningUser } from './output.ts';
import { type PassphraseOptions, readPassphrase } from './passphrase.ts';

interface Shown {
  readonly json?: boolean;
}

export interface InitCertificateOptions extends Shown {
  readonly rsa?: boolean;
  readonly replace?: boolean;
}

/** Makes the CA of the site. */
export async function makeCa(config: string, { rsa, replace = false, json }: InitCertificateOptions): Promise<void> {
  const ca = await withDoor(config, (door) => door.makeCa({ key: rsa === true ? 'rsa' : 'ec', replace }));
  print(json, ca, () => [
    `${ca.name}, until ${dayOf(ca.to)}`,
    `SHA-256 ${ca.fingerprint}`,
    'Devices and phones need its certificate: forpost certificate ca --out FILE',
  ]);
}

export async function list(config: string, { json }: Shown): Promise<void> {
  const view = await withDoor(config, (door) => door.view());
  print(json, view, () => listed(view));
}

/** Prints the CA's certificate, or writes it into a new file. */
export async function exportCa(config: string, { out, json }: Shown & { readonly out?: string }): Promise<void> {
  const { ca } = await withDoor(config, (door) => door.view());
  if (ca === null)
    throw new ForpostError('FORPOST_ARGUMENT_INVALID', 'this site has no CA yet: "forpost certificate init" makes it');
  if (out !== undefined) {
    const file = new NewFile(out);
    file.write(ca.pem);
  }
  print(json, ca, () => (out === undefined ? [ca.pem.trimEnd()] : [`${out}: ${ca.name}`, `SHA-256 ${ca.fingerprint}`]));
}

export interface ClientOptions extends Shown, PassphraseOptions {
  readonly days?: number;
  readonly rsa?: boolean;
  readonly p12?: boolean;
  readonly out?: string;
}

/** Makes a client's certificate: <id>.crt, <id>.key and ca.crt in a folder, or <id>.p12. */
export async function client(config: string, id: string, options: ClientOptions): Promise<void> {
  const { days = usualClientDays, rsa, p12, out = '.', json, ...from } = options;
  const output = new ClientFiles(id, out, p12 === true);
  try {
    const given = from.passphraseFile === undefined ? undefined : await readPassphrase(from, false);
    const passphrase = p12 === true ? (given ?? madePassphrase()) : undefined;
    const key = rsa === true ? 'rsa' : 'ec';
    const issued = await withDoor(config, (door) => door.issue({ id, days, key, passphrase }, runningUser()));
    output.write(issued);
    const shown = given === undefined && passphrase !== undefined ? { passphrase } : {};
    print(json, { client: issued.client, files: output.names, ...shown }, () => [
      ...output.names,
      `${id} logs in by it until ${dayOf(issued.client.to)} (serial ${issued.client.serial}).`,
      ...(shown.passphrase === undefined ? [] : [`Passphrase: ${shown.passphrase}`, 'It is shown only now.']),
    ]);
  } catch (error) {
    output.drop();
    throw error;
  }
}

/** Ends one certificate by its serial number, or all of a device, bridge or consumer. */
export async function revoke(config: string, what: string, { json }: Shown): Promise<void> {
  const revoked = await withDoor(config, async (door) => {
    const serials = await serialsOf(door, what);
    const views = [];
    for (const serial of serials) views.push(await door.revoke(serial));
    return views;
  });
  print(json, { revoked }, () => revoked.map(({ serial, id }) => `${serial} of ${id} is revoked: it lets nobody in.`));
}

export async function renew(config: string, { json }: Shown): Promise<void> {
  const server = await withDoor(config, (door) => door.renewServer());
  print(json, server, () => serverLines(server));
}

/** An id has letters that no serial number has, or it is known as one. */
async function serialsOf(door: CertificateDoor, what: string): Promise<readonly string[]> {
  const { clients } = await door.view();
  const live = clients.filter(({ id, state }) => id === what && state !== 'revoked');
  if (live.length > 0) return live.map(({ serial }) => serial);
  if (/^[0-9a-f]{2,40}$/i.test(what)) return [what.toLowerCase()];
  throw new ForpostError(
    'FORPOST_ARGUMENT_INVALID',
    `"${what}" has no certificate of this site's CA that is not revoked`,
  );
}

function listed({ ca, server, clients, problems }: CertificatesView): readonly string[] {
  return [
    ...(ca === null ? ['no CA: "forpost certificate init" makes it, or the first certificate'] : caLines(ca)),
    ...(server === null ? [] : serverLines(server)),
    ...clients.map(({ serial, id, key, to, state }) => [serial, id, key, dayOf(to), state].join('\t')),
    ...problems,
  ];
}

function caLines({ name, key, to, state, fingerprint }: CaView): readonly string[] {
  return [`CA\t${name}\t${key}\t${dayOf(to)}\t${state}`, `\tSHA-256 ${fingerprint}`];
}

function serverLines({ names, to, usedBy }: ServerView): readonly string[] {
  return [`server\t${usedBy.length === 0 ? 'unused' : usedBy.join(', ')}\t${dayOf(to)}\t${names.join(' ')}`];
}

function dayOf(time: string): string {
  return time.slice(0, 'YYYY-MM-DD'.length);
}

/** The files of one client, in a folder that exists. */
class ClientFiles {
  readonly #files: {
    readonly name: string;
    readonly file: NewFile;
    readonly textOf: (issued: IssuedClient) => string | Buffer;
  }[] = [];

  /** @throws ForpostError FORPOST_ARGUMENT_INVALID where a file exists, or cannot be made */
  constructor(id: string, folder: string, pkcs12: boolean) {
    // the id becomes a file's name
    if (!/^[a-z0-9-]{1,64}$/.test(id))
      throw new ForpostError(
        'FORPOST_ARGUMENT_INVALID',
        `"${id.slice(0, 80)}" is not an id: use 1 to 64 of a-z, 0-9 and -`,
      );
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw new ForpostError('FORPOST_ARGUMENT_INVALID', `${folder} is no folder: make it, or name another with --out`);
    try {
      if (pkcs12) this.#add(join(folder, `${id}.p12`), ({ pkcs12: bytes = '' }) => Buffer.from(bytes, 'base64'));
      else {
        this.#add(join(folder, `${id}.key`), ({ privateKey }) => privateKey);
        this.#add(join(folder, `${id}.crt`), ({ certificate }) => certificate);
        this.#add(join(folder, `${id}-ca.crt`), ({ ca }) => ca);
      }
    } catch (error) {
      this.drop();
      throw error;
    }
  }

  get names(): readonly string[] {
    return this.#files.map(({ name }) => name);
  }

  write(issued: IssuedClient): void {
    for (const { file, textOf } of this.#files) file.write(textOf(issued));
  }

  drop(): void {
    for (const { file } of this.#files) file.drop();
  }

  #add(name: string, textOf: (issued: IssuedClient) => string | Buffer): void {
    this.#files.push({ name, file: new NewFile(name), textOf });
  }
}

function withDoor<T>(config: string, run: (door: CertificateDoor) => Promise<T>): Promise<T> {
  return withCertificatesDoor(loadInstallation(config), runningUser(), run);
}
