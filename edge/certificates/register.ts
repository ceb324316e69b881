/**
 * The register of the clients' certificates that this site's CA has signed: `issued.json`, without keys.
 *
 *   issued ── its end, by a clock in sync ──► refused
 *      └── revoked ──► refused from the call on, whether the file can be written or not
 *
 * Always: the register refuses only what it knows: which certificates log in stands in secrets.yaml. A register that cannot
 * be read refuses nothing, says so, and takes no new entry. It is bounded: entries that are revoked or ended a year ago go
 * first, then the oldest.
 */
import { messageOf } from '@forpost/shared/errors.ts';
import { readWhole, replaceFile } from '@forpost/shared/files.ts';
import { noWords, type Words, words } from '@forpost/shared/texts/english.ts';
import Type from 'typebox';
import Value from 'typebox/value';

const entrySchema = Type.Object({
  serial: Type.String({ pattern: '^[0-9a-f]{2,40}$' }),
  id: Type.String({ maxLength: 64 }),
  /** hex */
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  key: Type.Union([Type.Literal('ec'), Type.Literal('rsa')]),
  /** ms since 1970 */
  from: Type.Number(),
  to: Type.Number(),
  by: Type.String({ maxLength: 256 }),
  /** ms since 1970 */
  revoked: Type.Optional(Type.Number()),
});
const fileSchema = Type.Object({ issued: Type.Array(entrySchema) });

export type RegisterEntry = Type.Static<typeof entrySchema>;

export const mostEntries = 20_000;
const keptAfterEndMs = 365 * 86_400_000;

export interface RegisterOptions {
  readonly file: string;
  readonly now: () => number;
  /** whether a time service, or gateway.yaml, vouches for the clock */
  readonly isClockRight: () => boolean;
}

export class IssuedRegister {
  readonly #options: RegisterOptions;
  #entries: readonly RegisterEntry[] = [];
  #byFingerprint: ReadonlyMap<string, RegisterEntry> = new Map();
  #problem: Words = noWords;

  constructor(options: RegisterOptions) {
    this.#options = options;
  }

  /** Reads the file. Never rejects. */
  async start(): Promise<void> {
    const { file } = this.#options;
    this.#problem = noWords;
    try {
      const stored: unknown = JSON.parse(await readWhole(file));
      if (!Value.Check(fileSchema, stored)) throw new Error('it is no register of certificates');
      this.#set(stored.issued);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      this.#problem = words('gateway/problem.register-unreadable', { file, error: messageOf(error) });
    }
  }

  /** Why it takes no new entry; empty: it does. */
  get problem(): Words {
    return this.#problem;
  }

  /** the newest first */
  get entries(): readonly RegisterEntry[] {
    return this.#entries;
  }

  /** Whether a certificate of this SHA-256 (hex) has been revoked, or has ended by a clock that is right. */
  refuses(sha256: string): boolean {
    const entry = this.#byFingerprint.get(sha256);
    return entry !== undefined && (entry.revoked !== undefined || this.hasEnded(entry));
  }

  hasEnded({ to }: RegisterEntry): boolean {
    return this.#options.isClockRight() && this.#options.now() > to;
  }

  /** How many of the known certificates are refused. */
  countRefused(): number {
    return this.#entries.filter((entry) => this.refuses(entry.sha256)).length;
  }

  /** On disk when it resolves. @throws in words, with the file */
  async add(entry: RegisterEntry): Promise<void> {
    const entries = [entry, ...this.#withRoom()];
    await this.#write(entries);
    this.#set(entries);
  }

  /** In force at once; on disk when it resolves. @throws in words, with the file */
  async revoke(serial: string): Promise<void> {
    const now = this.#options.now();
    this.#set(
      this.#entries.map((entry) => (entry.serial === serial ? { ...entry, revoked: entry.revoked ?? now } : entry)),
    );
    await this.#write(this.#entries);
  }

  #withRoom(): readonly RegisterEntry[] {
    if (this.#entries.length < mostEntries) return this.#entries;
    const now = this.#options.now();
    const kept = this.#entries.filter(({ revoked, to }) => revoked === undefined && now - to < keptAfterEndMs);
    return kept.slice(0, mostEntries - 1);
  }

  #set(entries: readonly RegisterEntry[]): void {
    this.#entries = entries;
    this.#byFingerprint = new Map(entries.map((entry) => [entry.sha256, entry]));
  }

  async #write(issued: readonly RegisterEntry[]): Promise<void> {
    await replaceFile(this.#options.file, `${JSON.stringify({ issued }, undefined, 1)}\n`);
  }
}
