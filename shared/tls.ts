/**
 * A server's certificate, in files that another program renews: certbot's links, a Kubernetes secret's `..data` folder, a
 * copy by hand.
 *
 *   start ──► serving ── the files' content differs ──► usable? ── yes ──► every server gets the new one ──► serving
 *                                                          └── no ──► the old one stays; reported from the second look on
 *   start that may wait ── no usable files ──► a server without a certificate, which fails each handshake ── usable ──► serving
 *
 * Always: the content of the files decides, read again through every link, not their times or inodes; a half renewed pair
 * (new certificate, old key) never reaches a server; a certificate that has expired or is not valid yet is served and
 * reported, because a clock may be wrong, and the client's refusal says more than silence.
 */

import { constants, createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Clock, Timer } from './clock.ts';
import { ForpostError, messageOf } from './errors.ts';
import { isLoopback } from './http/loopback.ts';
import type { Part } from './lifecycle.ts';
import type { Logger } from './logging.ts';
import { noWords, type Words, words } from './texts/english.ts';

/** PEM files. */
export interface CertificateFiles {
  /** the server's own certificate, then the chain to the CA */
  readonly certificate: string;
  readonly key: string;
  /** the CA of clients' certificates, when clients must show one */
  readonly ca?: string | undefined;
}

/** TLS 1.2 only with forward secrecy and authenticated encryption: no CBC, no RSA key exchange, no renegotiation (RFC 9325). */
export const serverTls = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_AES_128_GCM_SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
  ].join(':'),
  honorCipherOrder: true,
  // a renegotiation costs a handshake and gains a client nothing
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
} as const satisfies SecureContextOptions;

/** Options for tls.createServer and https.createServer. */
export type ServerTls = typeof serverTls & { readonly cert: string; readonly key: string; readonly ca?: string };

export interface ServerCertificateOptions {
  /** its setting: "http.tls" */
  readonly setting: string;
  readonly files: CertificateFiles;
  /** names or addresses that clients use, if known: the certificate should cover them */
  readonly names?: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly everyMs?: number;
}

/** Reading two small files costs less than being notified of a renewal. */
const checkEveryMs = 10_000;
const certificateEndsSoonMs = 30 * 86_400_000;
/** A short-lived certificate (ACME issues them for six days) counts as ending in its last third. */
const shortLivedMs = 7 * 86_400_000;
const shortLivedEndsSoon = 1 / 3;

interface Loaded {
  readonly options: ServerTls;
  readonly hash: string;
  readonly chain: readonly X509Certificate[];
}

type Server = { setSecureContext(options: SecureContextOptions): void };

export class ServerCertificate implements Part {
  readonly #options: ServerCertificateOptions;
  readonly #servers = new Set<Server>();
  #serving: Loaded | undefined;
  /** why the files' present content is not served; undefined when it is */
  #refused: { readonly reason: Words; checks: number } | undefined;
  #checking: Promise<boolean> = Promise.resolve(false);
  #timer: Timer | undefined;
  #logged = '';

  constructor(options: ServerCertificateOptions) {
    this.#options = options;
  }

  /** @throws ForpostError FORPOST_CONFIG_INVALID with the setting and the unusable file */
  async start(): Promise<void> {
    const { setting, files } = this.#options;
    const loaded = await load(files);
    if (typeof loaded === 'string') throw new ForpostError('FORPOST_CONFIG_INVALID', `${setting}: ${loaded}`);
    this.#serving = loaded;
    this.#logProblems();
    this.#checkLater();
  }

  /**
   * The same for a server that is one part of many: unusable files do not prevent the start. Until they are usable the server
   * has no certificate, and `problems` gives the reason.
   */
  async startOrWait(): Promise<void> {
    await this.#checkFiles();
    this.#checkLater();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#servers.clear();
    await this.#checking;
  }

  /** Options for creating the server. @throws ForpostError FORPOST_PART_FAILED before the start */
  get options(): ServerTls {
    if (this.#serving === undefined)
      throw new ForpostError('FORPOST_PART_FAILED', `${this.#options.setting}: its certificate has not been read`);
    return this.#serving.options;
  }

  /** Options for creating a server that may wait for its certificate. */
  get optionsOrNone(): ServerTls | typeof serverTls {
    return this.#serving?.options ?? serverTls;
  }

  /** From now on `server` gets the files' content. Open connections keep their certificate. */
  serve(server: Server): void {
    this.#servers.add(server);
  }

  /** Looks at the files now, as the timer does; true when every server has got a new certificate. Never rejects. */
  reload(): Promise<boolean> {
    this.#checking = this.#checking.then(() => this.#checkFiles());
    return this.#checking;
  }

  /** Its problems, a sentence each, for the page. */
  problems(): readonly Words[] {
    const { setting, clock, names = [] } = this.#options;
    if (this.#serving === undefined) {
      if (this.#refused === undefined) return [];
      return [words('gateway/problem.port-waits', { setting, reason: this.#refused.reason })];
    }
    const problems = certificateProblems(this.#serving.chain, clock.now(), names);
    const { reason, checks: looks } = this.#refused ?? { reason: noWords, checks: 0 };
    // one look only: a renewal may be half done
    if (looks > 1) problems.push(words('gateway/problem.certificate-before', { reason }));
    return problems.map((problem) => words('gateway/reason.of', { name: setting, reason: problem }));
  }

  /** When the served certificate ends, ms since 1970, for the metrics. */
  get endsAt(): number | undefined {
    const ends = this.#serving?.chain.map(({ validToDate }) => validToDate.getTime());
    return ends === undefined ? undefined : Math.min(...ends);
  }

  #checkLater(): void {
    this.#timer = this.#options.clock.after(this.#options.everyMs ?? checkEveryMs, () => {
      void this.reload().then(() => {
        if (this.#timer !== undefined) this.#checkLater();
      });
    });
  }

  async #checkFiles(): Promise<boolean> {
    const { files, logger, setting } = this.#options;
    const before = this.#serving;
    const loaded = await load(files);
    let changed = false;
    if (typeof loaded === 'string') this.#refused = { reason: loaded, checks: (this.#refused?.checks ?? 0) + 1 };
    else {
      this.#refused = undefined;
      changed = loaded.hash !== before?.hash;
      this.#serving = loaded;
    }
    if (changed) {
      for (const server of this.#servers) server.setSecureContext(this.options);
      if (before !== undefined || this.#servers.size > 0)
        logger.info({ setting, ends: this.#serving?.chain[0]?.validTo }, 'a new certificate is served');
    }
    this.#logProblems();
    return changed;
  }

  /** Logs each state once, not at each check. */
  #logProblems(): void {
    const problems = this.problems();
    const now = problems.join('\n').replace(/\d+ days?/g, '');
    if (now !== this.#logged) for (const problem of problems) this.#options.logger.warn(problem);
    this.#logged = now;
  }
}

/**
 * Problems of a certificate chain at `now`, a sentence each: expired, not valid yet, ending within 30 days, or covering none
 * of `names`.
 */
export function certificateProblems(
  chain: readonly X509Certificate[],
  now: number,
  names: readonly string[] = [],
): Words[] {
  const problems = chain.flatMap((certificate, index) => {
    const reason = validityProblem(certificate, now);
    if (reason === undefined) return [];
    if (index === 0) return [words('gateway/problem.certificate-own', { reason })];
    return [words('gateway/problem.certificate-beneath', { name: commonName(certificate), reason })];
  });
  const [own] = chain;
  const wrong = own === undefined ? [] : names.filter((name) => isNameForClients(name) && !covers(own, name));
  if (own !== undefined && wrong.length > 0)
    problems.push(
      words('gateway/problem.certificate-names', {
        names: wrong.join(', '),
        covers: own.subjectAltName ?? commonName(own),
      }),
    );
  return problems;
}

/** Clocks differ by seconds: a brand-new certificate is no problem. */
const beginsSoonMs = 60_000;

function validityProblem(certificate: X509Certificate, now: number): Words | undefined {
  const from = certificate.validFromDate.getTime();
  const to = certificate.validToDate.getTime();
  const [begins, day] = [dayOf(certificate.validFromDate), dayOf(certificate.validToDate)];
  if (now > to) return words('gateway/problem.certificate-ended', { day });
  if (now < from - beginsSoonMs) return words('gateway/problem.certificate-early', { day: begins });
  const soonMs = to - from <= shortLivedMs ? (to - from) * shortLivedEndsSoon : certificateEndsSoonMs;
  if (to - now > soonMs) return undefined;
  const days = Math.floor((to - now) / 86_400_000);
  return days === 0
    ? words('gateway/problem.certificate-ends-today', { day })
    : words('gateway/problem.certificate-ends', { day, count: days });
}

/** 2026-11-30, UTC */
export function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

function isNameForClients(name: string): boolean {
  return !isLoopback(name) && !['0.0.0.0', '::', ''].includes(name);
}

function covers(certificate: X509Certificate, name: string): boolean {
  return (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
}

function commonName({ subject }: X509Certificate): string {
  return /^CN=(.*)$/m.exec(subject)?.[1] ?? subject.replaceAll('\n', ', ');
}

/** Every certificate in a PEM text, in its order; undefined without one, or when one cannot be read. */
export function certificatesIn(text: string): readonly X509Certificate[] | undefined {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (blocks === null) return undefined;
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    // the caller names the file
    return undefined;
  }
}

/** The private key in a PEM text, or the fault of its file. */
export function privateKeyIn(text: string, file: string): KeyObject | Words {
  try {
    return createPrivateKey(text);
  } catch {
    return /ENCRYPTED/.test(text)
      ? words('gateway/problem.key-locked', { file })
      : words('gateway/problem.no-key-in', { file });
  }
}

/** The files' checked content, or the reason why it cannot be served. */
async function load({ certificate, key, ca }: CertificateFiles): Promise<Loaded | Words> {
  const texts: string[] = [];
  for (const file of [certificate, key, ...(ca === undefined ? [] : [ca])]) {
    try {
      texts.push(await readFile(file, 'utf8'));
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      return missing
        ? words('gateway/problem.file-not-there', { file })
        : words('gateway/problem.file-unreadable-because', { file, error: messageOf(error) });
    }
  }
  const [cert = '', secret = '', clients] = texts;
  const chain = certificatesIn(cert);
  if (chain === undefined) return words('gateway/reason.ca-not-pem', { file: certificate });
  const privateKey = privateKeyIn(secret, key);
  if (typeof privateKey === 'string') return privateKey;
  const own = chain.findIndex((one) => one.checkPrivateKey(privateKey));
  if (own < 0) return words('gateway/problem.key-of-other', { key, certificate });
  if (own > 0) return words('gateway/problem.certificate-first', { file: certificate });
  if (clients !== undefined && certificatesIn(clients) === undefined)
    return words('gateway/reason.ca-not-pem', { file: `${ca}` });
  const options = { ...serverTls, cert, key: secret, ...(clients === undefined ? {} : { ca: clients }) };
  try {
    createSecureContext(options);
  } catch (error) {
    return words('gateway/problem.files-unusable', { certificate, key, error: messageOf(error) });
  }
  return { options, hash: createHash('sha256').update(texts.join('\0')).digest('hex'), chain };
}
