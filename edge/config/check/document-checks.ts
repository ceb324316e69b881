/**
 * Checks documents of the site, and changes the secrets, for the running gateway without making alarms wait: a small file
 * in the main thread, a large one in a thread of its own (check-thread.ts). 5,000 devices take seconds to check.
 *
 *   text ──► small? ── yes ──► loadSite, edited, differenceOf, valuesIn here
 *              └── no ──► a thread ── answer, as text ──► read here in slices (document-lines.ts) ──► done
 *                            └── it ends without one, or takes too long ──► an error
 *
 * Always: one thread at a time; the answers are those of `loadSite`, `edited`, `differenceOf` and `valuesIn`; an entry that
 * the site has already is the same object in the document that `load` returns.
 */
import { statSync } from 'node:fs';
import type { Clock } from '@forpost/shared/clock.ts';
import { configError, type PlacedProblem } from '@forpost/shared/config/yaml.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { inSlices } from '@forpost/shared/slices.ts';
import type { LoadedDocument } from '../../site/change.ts';
import { differenceOf } from '../../site/difference.ts';
import { documentIn, type KnownDocument, listIn } from '../../site/document-lines.ts';
import { type DocumentEdit, edited } from '../../site/edited.ts';
import type { ChangeInWords } from '../../site/revision.ts';
import { type Mistake, mistakesIn, valuesIn } from '../../site/values.ts';
import type { ChangedCredentials, CredentialChange } from '../credential-changes.ts';
import { type AddedDevice, type DeviceList, withDeviceList } from '../device-list.ts';
import { loadSite } from '../load-site.ts';
import type { GivenPassword } from '../passwords.ts';
import type { SecretsFile } from '../secrets-file.ts';
import { CheckThread, unanswered } from './check-thread.ts';
import type { CheckAnswer, CheckQuestion, SecretsQuestion } from './messages.ts';
import { answerAboutSecrets } from './secrets-answers.ts';

/** A document of some 50 entries: a few ms here, less than the start of a thread. */
const smallLetters = 8_000;

export interface DocumentChecksOptions {
  readonly file: string;
  readonly secretsFile: string;
  /** the data folder: its owner has to read the secrets */
  readonly data: string;
  readonly clock: Clock;
  /** the site as it runs; absent: none runs */
  readonly known?: (() => KnownDocument) | undefined;
  /** how long the thread stays for a next question; default: it ends with its answer */
  readonly idleMs?: number;
  /** letters of a document that is checked in this thread; default: `smallLetters` */
  readonly smallLetters?: number;
}

export class DocumentChecks {
  readonly #options: DocumentChecksOptions;
  readonly #thread: CheckThread;

  constructor(options: DocumentChecksOptions) {
    this.#options = options;
    this.#thread = new CheckThread({ clock: options.clock, idleMs: options.idleMs ?? 0 });
  }

  /** As `loadSite`. @throws ForpostError FORPOST_CONFIG_INVALID, FORPOST_CALL_UNANSWERED */
  async load(text: string): Promise<LoadedDocument> {
    const { file, secretsFile, known } = this.#options;
    if (this.#isSmall(text)) return loadSite(file, secretsFile, text);
    const answer = await this.#ask({ kind: 'load', file, secretsFile, text });
    if (answer.kind === 'problems') throw configError(answer.problems);
    if (answer.kind !== 'loaded') throw unanswered();
    return inSlices(documentIn(answer.lines, known?.()));
  }

  /** As `differenceOf`. @throws ForpostError FORPOST_CALL_UNANSWERED */
  async compare(before: string, after: string): Promise<readonly ChangeInWords[]> {
    if (this.#isSmall(before) && this.#isSmall(after)) return differenceOf(before, after);
    const answer = await this.#ask({ kind: 'compare', before, after });
    if (answer.kind !== 'changes') throw unanswered();
    return answer.changes;
  }

  /** As `valuesIn`, as JSON. @throws ForpostError FORPOST_CALL_UNANSWERED */
  async values(text: string): Promise<string> {
    if (this.#isSmall(text)) return JSON.stringify(valuesIn(text));
    const answer = await this.#ask({ kind: 'values', text });
    if (answer.kind !== 'values') throw unanswered();
    return answer.json;
  }

  /** As `mistakesIn`, for the site's file. @throws ForpostError FORPOST_CALL_UNANSWERED */
  async mistakes(text: string, problems: readonly PlacedProblem[]): Promise<readonly Mistake[]> {
    const { file } = this.#options;
    if (this.#isSmall(text)) return mistakesIn(text, file, problems);
    const answer = await this.#ask({ kind: 'mistakes', file, text, problems });
    if (answer.kind !== 'mistakes') throw unanswered();
    return answer.mistakes;
  }

  /** As `edited`. @throws ForpostError FORPOST_CONFIG_INVALID, FORPOST_CALL_UNANSWERED */
  async edited(text: string, edit: DocumentEdit): Promise<string> {
    if (this.#isSmall(text)) return edited(text, edit);
    const answer = await this.#ask({ kind: 'edit', text, edit });
    if (answer.kind === 'problems') throw configError(answer.problems);
    if (answer.kind !== 'edited') throw unanswered();
    return answer.text;
  }

  /** As `withDeviceList`: the document with the devices of a list. @throws ForpostError FORPOST_CALL_UNANSWERED */
  async addDevices(text: string, csv: string): Promise<DeviceList> {
    const { file } = this.#options;
    if (this.#isSmall(text) && this.#isSmall(csv)) return withDeviceList(file, text, csv);
    const answer = await this.#ask({ kind: 'add', file, text, csv });
    if (answer.kind === 'list-refused') return answer.list;
    if (answer.kind !== 'added') throw unanswered();
    return { text: answer.text, added: await inSlices(listIn<AddedDevice>(answer.added)) };
  }

  /**
   * Writes changes of credentials; returns the entries that differ now.
   * @throws ForpostError FORPOST_CONFIG_INVALID, FORPOST_ARGUMENT_INVALID, FORPOST_CALL_UNANSWERED
   */
  async writeCredentials(changes: readonly CredentialChange[]): Promise<ChangedCredentials> {
    const answer = await this.#askSecrets({ kind: 'credentials', file: this.#secrets, changes });
    if (answer.kind !== 'changed') throw unanswered();
    return answer.changed;
  }

  /**
   * Gives the devices and consumers of a document without credentials a password. Returns the passwords, in the document's
   * order, and what takes them back. A document that cannot be read gives nobody one. @throws as `writeCredentials`
   */
  async givePasswords(text: string): Promise<{
    readonly made: readonly GivenPassword[];
    readonly takeBack: () => Promise<void>;
  }> {
    const answer = await this.#askSecrets({ kind: 'give', file: this.#secrets, text });
    if (answer.kind !== 'given') throw unanswered();
    const given = await inSlices(listIn<GivenPassword>(answer.given));
    const drops = given.map(({ id }) => ({ kind: 'drop' as const, id }));
    return { made: given, takeBack: async () => void (given.length > 0 && (await this.writeCredentials(drops))) };
  }

  /** Ends the thread once it has answered. */
  stop(): Promise<void> {
    return this.#thread.stop();
  }

  get #secrets(): SecretsFile {
    const { secretsFile, data } = this.#options;
    return { secrets_file: secretsFile, data };
  }

  async #askSecrets(question: SecretsQuestion): Promise<CheckAnswer> {
    const isSmall = sizeOf(this.#options.secretsFile) <= (this.#options.smallLetters ?? smallLetters);
    const answer =
      isSmall && (question.kind !== 'give' || this.#isSmall(question.text))
        ? answerAboutSecrets(question)
        : await this.#ask(question);
    if (answer.kind === 'refused') throw new ForpostError(answer.code, answer.message);
    return answer;
  }

  #isSmall(text: string): boolean {
    return text.length <= (this.#options.smallLetters ?? smallLetters);
  }

  #ask(question: CheckQuestion): Promise<CheckAnswer> {
    return this.#thread.ask(question);
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
