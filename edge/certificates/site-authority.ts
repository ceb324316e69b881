/**
 * The certificate authority of the site and the server's certificate, in the folder `certificates` of the data folder.
 *
 *   CA      none ── a listener uses it, or somebody asks ──► ca.pem ── `replace` ──► another ca.pem
 *   server  none ──► server.pem ── renewalReason() (validity.ts), once a minute ──► another server.pem ──► listeners read it
 *
 * Always: a start waits only for the first certificate, and never fails: a CA that cannot be used, a full disk or a wrong
 * clock costs certificates and nothing else, and `problems` says so. A file is replaced whole; after a kill the next check
 * finds the old pair or the new one, and decides again. The private key of the CA leaves neither this folder nor this
 * process.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Clock, sleep, type Timer } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { makeFolder } from '@forpost/shared/files.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import { Turns } from '@forpost/shared/turns.ts';
import { mostNames } from './box-names.ts';
import type { CaView, ServerView } from './certificate-door.ts';
import type { ClientJob, Issued, KeyKind } from './issue-job.ts';
import type { Issue } from './issuer.ts';
import { type LoadedPair, readPair, writePair } from './pair-file.ts';
import { caProblem } from './problems.ts';
import { caLifetime, caState, namesIn, type RenewalReason, renewalReason, serverLifetime } from './validity.ts';

export interface SiteAuthorityOptions {
  /** the gateway's id */
  readonly gateway: string;
  readonly folder: string;
  /** names and addresses of this machine now (box-names.ts) */
  readonly names: () => readonly string[];
  /** settings whose listeners show the server's certificate: mqtt.tls, http.tls */
  readonly usedBy: readonly string[];
  readonly issue: Issue;
  readonly clock: Clock;
  /** whether a time service, or gateway.yaml, vouches for the clock */
  readonly isClockRight: () => boolean;
  readonly logger: Logger;
  /** the server has a new certificate */
  readonly onRenewed?: () => Promise<void>;
  /** called after each look of the timer */
  readonly onChecked?: () => void;
  readonly everyMs?: number;
}

const serverFileName = 'server.pem';
const checkEveryMs = 60_000;
/** How long a start waits for the first certificate. */
const firstWaitMs = 5000;
/** of 64 letters that a common name may have (RFC 5280, ub-common-name) */
const longestInName = 40;

/** The file of the server's certificate and key; listeners without files of their own read it. */
export function siteServerFile(data: string): string {
  return join(certificateFolder(data), serverFileName);
}

export function certificateFolder(data: string): string {
  return join(data, 'certificates');
}

export class SiteAuthority implements Part {
  readonly #options: SiteAuthorityOptions;
  #problems: readonly Words[] = [];
  #logged = '';
  #timer: Timer | undefined;
  readonly #turns = new Turns();

  constructor(options: SiteAuthorityOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const first = this.check();
    const { state } = await readPair(this.#serverFile);
    const done = new AbortController();
    if (state !== 'usable')
      await Promise.race([first.finally(() => done.abort()), sleep(this.#options.clock, firstWaitMs, done.signal)]);
    this.#checkLater();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#turns.ended();
  }

  /** What does not work, a sentence each. */
  problems(): readonly Words[] {
    return this.#problems;
  }

  /** Looks at CA, server's certificate and names now, as the timer does. Never rejects. */
  check(): Promise<void> {
    return this.#turns.run(async () => {
      const problems: Words[] = [];
      try {
        problems.push(...(await this.#checked()));
      } catch (error) {
        problems.push(words('gateway/problem.certificate-not-made', { reason: messageOf(error) }));
      }
      this.#note(problems);
      this.#options.onChecked?.();
    });
  }

  /** The CA; undefined: there is none, or it cannot be used. */
  async ca(): Promise<CaView | undefined> {
    const read = await readPair(this.#caFile);
    return read.state === 'usable' ? this.#caView(read.pair) : undefined;
  }

  async server(): Promise<ServerView | undefined> {
    const read = await readPair(this.#serverFile);
    return read.state === 'usable' ? this.#serverView(read.pair) : undefined;
  }

  /** @throws ForpostError FORPOST_ARGUMENT_INVALID where there is one and `replace` is not set */
  makeCa({ key, replace }: { readonly key: KeyKind; readonly replace: boolean }): Promise<CaView> {
    return this.#turns.run(async () => {
      const read = await readPair(this.#caFile);
      if (read.state !== 'none' && !replace) throw invalid(words('gateway/answer.ca-exists', { file: this.#caFile }));
      const made = await this.#newCa(key);
      if (this.#options.usedBy.length > 0) await this.#renew('other-ca', made, undefined);
      this.#note([]);
      return this.#caView(made);
    });
  }

  /** Makes the server's certificate anew, and a CA where there is none. @throws ForpostError where the CA signs nothing */
  renewServer(): Promise<ServerView> {
    return this.#turns.run(async () => {
      const ca = await this.#signingCa();
      return this.#serverView(await this.#renew('none', ca, undefined));
    });
  }

  /**
   * A client's certificate, signed by the CA, which is made where there is none. `lifetime`: by the CA's own.
   * @throws ForpostError where the CA signs nothing
   */
  signClient(
    job: Pick<ClientJob, 'name' | 'key' | 'passphrase'>,
    lifetime: (ca: LoadedPair) => Pick<ClientJob, 'from' | 'to'>,
  ): Promise<{ readonly issued: Issued; readonly ca: LoadedPair }> {
    return this.#turns.run(async () => {
      const ca = await this.#signingCa();
      const issued = await this.#options.issue({ kind: 'client', ...job, ...lifetime(ca), issuer: keyPairOf(ca) });
      return { issued, ca };
    });
  }

  get #caFile(): string {
    return join(this.#options.folder, 'ca.pem');
  }

  get #serverFile(): string {
    return join(this.#options.folder, serverFileName);
  }

  async #checked(): Promise<readonly Words[]> {
    const { usedBy, clock } = this.#options;
    const read = await readPair(this.#caFile);
    if (read.state === 'none' && usedBy.length === 0) return [];
    if (read.state === 'unusable') return [this.#unusable(read.reason)];
    const ca = read.state === 'none' ? await this.#newCa('ec') : read.pair;
    const problem = caProblem(ca.x509, clock.now());
    if (usedBy.length > 0 && signs(ca, clock.now())) await this.#renewIfNeeded(ca);
    return problem === undefined ? [] : [problem];
  }

  async #renewIfNeeded(ca: LoadedPair): Promise<void> {
    const { names, clock, isClockRight } = this.#options;
    const read = await readPair(this.#serverFile);
    const own = read.state === 'usable' ? read.pair.x509 : undefined;
    const question = { own, ca: ca.x509, names: names(), now: clock.now(), isClockRight: isClockRight() };
    const reason = renewalReason(question);
    if (reason !== undefined) await this.#renew(reason, ca, read.state === 'usable' ? read.pair : undefined);
  }

  /** A certificate that lacks a name keeps the names that it has: a link that comes and goes makes no new one each time. */
  async #renew(reason: RenewalReason, ca: LoadedPair, own: LoadedPair | undefined): Promise<LoadedPair> {
    const { gateway, clock, issue, logger, onRenewed, names: present } = this.#options;
    const before = reason === 'names' && own !== undefined ? namesIn(own.x509) : [];
    const names = [...new Set([...present(), ...before])].slice(0, mostNames);
    const lifetime = serverLifetime(clock.now(), ca.x509);
    const name = gateway.slice(0, 64);
    const issued = await issue({ kind: 'server', name, key: ca.keyKind, names, ...lifetime, issuer: keyPairOf(ca) });
    await makeFolder(this.#options.folder);
    await writePair(this.#serverFile, issued, [ca.certificate]);
    const made = await this.#readBack(this.#serverFile);
    logger.info({ reason, names, ends: rfc3339(lifetime.to) }, 'the gateway’s certificate was made');
    await onRenewed?.();
    return made;
  }

  async #newCa(key: KeyKind): Promise<LoadedPair> {
    const { gateway, clock, issue, logger, folder } = this.#options;
    // two CAs of one name would confuse a client that knows both
    const name = `Forpost CA ${gateway.slice(0, longestInName)} ${randomBytes(3).toString('hex')}`;
    const made = await issue({ kind: 'ca', name, key, ...caLifetime(clock.now()) });
    await makeFolder(folder);
    await writePair(this.#caFile, made);
    const ca = await this.#readBack(this.#caFile);
    logger.info({ name, fingerprint: ca.x509.fingerprint256 }, 'a CA of the site was made');
    return ca;
  }

  async #readBack(file: string): Promise<LoadedPair> {
    const read = await readPair(file);
    if (read.state === 'usable') return read.pair;
    throw new ForpostError('FORPOST_PART_FAILED', read.state === 'none' ? `${file} is gone` : read.reason);
  }

  /** The CA that may sign now, made where there is none. */
  async #signingCa(): Promise<LoadedPair> {
    const read = await readPair(this.#caFile);
    if (read.state === 'unusable') throw invalid(this.#unusable(read.reason));
    const ca = read.state === 'usable' ? read.pair : await this.#newCa('ec');
    const problem = caProblem(ca.x509, this.#options.clock.now());
    if (problem !== undefined && !signs(ca, this.#options.clock.now())) throw invalid(problem);
    return ca;
  }

  #unusable(reason: Words): Words {
    const command = 'forpost certificate init --replace';
    return words('gateway/problem.ca-unusable', { file: this.#caFile, reason, command });
  }

  #caView({ x509, keyKind, certificate }: LoadedPair): CaView {
    return {
      name: /^CN=(.*)$/m.exec(x509.subject)?.[1] ?? x509.subject,
      key: keyKind,
      fingerprint: x509.fingerprint256,
      from: rfc3339(x509.validFromDate.getTime()),
      to: rfc3339(x509.validToDate.getTime()),
      state: caState(x509, this.#options.clock.now()),
      pem: certificate,
    };
  }

  #serverView({ x509 }: LoadedPair): ServerView {
    return {
      fingerprint: x509.fingerprint256,
      names: namesIn(x509),
      from: rfc3339(x509.validFromDate.getTime()),
      to: rfc3339(x509.validToDate.getTime()),
      usedBy: this.#options.usedBy,
    };
  }

  /** Logs each state once, not at each check. */
  #note(problems: readonly Words[]): void {
    this.#problems = problems;
    const now = problems.join('\n');
    if (now !== this.#logged) for (const problem of problems) this.#options.logger.warn(problem);
    this.#logged = now;
  }

  #checkLater(): void {
    this.#timer = this.#options.clock.after(this.#options.everyMs ?? checkEveryMs, () => {
      void this.check().then(() => {
        if (this.#timer !== undefined) this.#checkLater();
      });
    });
  }
}

function keyPairOf({ certificate, key }: LoadedPair): { readonly certificate: string; readonly key: string } {
  return { certificate, key };
}

function signs({ x509 }: LoadedPair, now: number): boolean {
  const state = caState(x509, now);
  return state === 'valid' || state === 'ends-soon';
}

function invalid(message: Words): ForpostError {
  return new ForpostError('FORPOST_ARGUMENT_INVALID', message);
}
