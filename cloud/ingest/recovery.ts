/**
 * Recovers from a damaged embedded history: the centre starts with an empty one and fills it again from the records that
 * Kafka still holds. Notifications are sent meanwhile, and the page shows the damage and what may be missing.
 *
 *   opening ── damaged ──► noted ──► folder renamed ──► empty history opens ──► ingest's offsets in Kafka deleted, people's
 *                                                                      acknowledgements noted again ──► reading
 *                (after a kill at any arrow, the note and the folders show the next start where to continue)
 *
 * Always: nothing of the old folder is deleted. Only a folder that ClickHouse itself calls damaged is put aside: never
 * one that another process has open, never one on a full disk. Ingest's offsets are deleted once, so that a restart does not
 * read everything again. The notifier has a group of its own, so nobody is notified about an old alarm again.
 */
import { access, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Clock, sleep } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { readWhole, renameFile, replaceFile } from '@forpost/shared/files.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { backoffMs } from '@forpost/shared/retry.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { recognisedOr } from '@forpost/shared/texts/recognise.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { HistoryStore } from '../history/store.ts';
import { type KafkaCluster, kafkaClient, kafkaReason } from '../kafka/client.ts';
import { ingestGroup } from './ingest.ts';

const noteSchema = Type.Object({
  /** RFC 3339 */
  at: Type.String(),
  reason: Type.String({ maxLength: 1_000 }),
  aside: Type.String({ maxLength: 4_096 }),
  /** ingest has begun to read everything again */
  reread: Type.Boolean(),
});
type Note = Type.Static<typeof noteSchema>;
const isNote = Compile(noteSchema);

export interface HistoryRecoveryOptions {
  /** of the embedded history */
  readonly folder: string;
  /** undefined: the centre lives without Kafka */
  readonly kafka: KafkaCluster | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

const backoff = { baseMs: 500, ceilingMs: 10_000 };
/** A centre that was killed stays a member of its group for six seconds; a centre that runs stays a member. */
const membersLeaveWithinMs = 30_000;

export class HistoryRecovery {
  readonly #options: HistoryRecoveryOptions;
  readonly #file: string;
  #note: Note | undefined;
  #trouble: string | undefined;

  constructor(options: HistoryRecoveryOptions) {
    this.#options = options;
    this.#file = `${options.folder}-damaged.json`;
  }

  /** Starts the history, in an empty folder where the old one is damaged. @throws other errors of its start */
  async open(history: Pick<HistoryStore, 'start'>): Promise<void> {
    this.#note = await this.#read();
    try {
      await history.start();
    } catch (error) {
      if (!(error instanceof ForpostError) || error.code !== 'FORPOST_HISTORY_DAMAGED') throw error;
      await this.#putAside(error);
      await history.start();
    }
  }

  /** Whether ingest must read everything again, which needs Kafka. */
  get due(): boolean {
    return this.#note?.reread === false && this.#options.kafka !== undefined;
  }

  /** Whether the history is a new one that replaces a damaged one. */
  get lost(): boolean {
    return this.#note !== undefined;
  }

  /**
   * Runs before ingest starts. If a refill is due, makes ingest begin with the oldest record, and calls `refill` for data
   * outside the lanes. Waits for Kafka. Never rejects.
   */
  async prepareIngest(stopping: AbortSignal, refill: () => Promise<unknown>): Promise<void> {
    const { kafka, clock, random, logger } = this.#options;
    if (this.#note === undefined || this.#note.reread || kafka === undefined) return;
    const begun = clock.uptime();
    for (let attempt = 0; !stopping.aborted; attempt++) {
      try {
        await forgetPlaces(kafka, logger);
        await refill();
        break;
      } catch (error) {
        if (error instanceof PlacesRefused && clock.uptime() - begun > membersLeaveWithinMs) {
          this.#trouble = error.message;
          logger.error({ reason: error.message }, 'the history is not filled again: run "forpost cloud rebuild"');
          return;
        }
        const reason = error instanceof PlacesRefused ? error.message : kafkaReason(error, kafka, clock.now());
        logger.warn({ attempt, reason }, 'the refill of the history waits for Kafka');
        await sleep(clock, backoffMs(backoff, attempt, random), stopping);
      }
    }
    if (stopping.aborted) return;
    this.#note = { ...this.#note, reread: true };
    await this.#write(this.#note);
    logger.warn('the history is filled again with what Kafka holds');
  }

  /** For the page, as long as the old folder stands aside. */
  problems(): readonly Message[] {
    if (this.#note === undefined) return [];
    const { at, reason, aside } = this.#note;
    const values = { reason: recognisedOr(reason), time: at, folder: aside };
    if (this.#trouble !== undefined)
      return [message('centre/problem.history-not-refilled', { ...values, trouble: recognisedOr(this.#trouble) })];
    return [
      this.#options.kafka === undefined
        ? message('centre/problem.history-missing', values)
        : message('centre/problem.history-refilled', values),
    ];
  }

  async #putAside(error: ForpostError): Promise<void> {
    const { folder, clock, logger } = this.#options;
    const at = rfc3339(clock.now());
    const aside = `${folder}.damaged-${at.replaceAll(/[^0-9TZ]/g, '')}`;
    this.#note = { at, reason: error.message.slice(0, 1_000), aside, reread: false };
    try {
      await this.#write(this.#note);
      await renameFile(folder, aside);
    } catch (cause) {
      throw new ForpostError(
        'FORPOST_HISTORY_FAILED',
        `${error.message}; and it cannot be put aside to ${basename(aside)} (${messageOf(cause)}): move it away by hand, and the centre will begin an empty history`,
        { cause },
      );
    }
    logger.error({ aside }, `${error.message}. The damaged history is put aside, and an empty one is begun`);
  }

  /** The note of an earlier start; none once ingest has begun again and a person has removed the folder. */
  async #read(): Promise<Note | undefined> {
    try {
      const value: unknown = JSON.parse(await readWhole(this.#file));
      if (!isNote.Check(value)) return undefined;
      const stands = await access(value.aside).then(
        () => true,
        () => false,
      );
      if (stands || !value.reread) return value;
      await rm(this.#file, { force: true });
      return undefined;
    } catch {
      // no note, or none that can be read: at worst the page no longer shows the message
      return undefined;
    }
  }

  async #write(note: Note): Promise<void> {
    await replaceFile(this.#file, `${JSON.stringify(note, null, 2)}\n`);
  }
}

/** Kafka refuses to delete the offsets of ingest. */
class PlacesRefused extends Error {}

const groupNotEmpty = 68;
const groupNotFound = 69;

function refusedGroups(error: unknown): readonly number[] {
  if (!(error instanceof Error) || !('groups' in error) || !Array.isArray(error.groups)) return [];
  return error.groups.map((group: { readonly errorCode?: number }) => group.errorCode ?? 0);
}

/** Deletes the offsets of ingest's group, so that ingest begins with the oldest record. @throws the errors of kafkajs */
async function forgetPlaces(kafka: KafkaCluster, logger: Logger): Promise<void> {
  const admin = kafkaClient(kafka, 'recovery', logger).admin();
  try {
    await admin.connect();
    await admin.deleteGroups([ingestGroup(kafka.prefix)]);
  } catch (error) {
    const [code] = refusedGroups(error);
    if (code === groupNotFound) return;
    if (code === undefined) throw error;
    throw new PlacesRefused(
      code === groupNotEmpty
        ? words('centre/reason.other-centre-reads')
        : words('centre/reason.kafka-code', { code: String(code) }),
    );
  } finally {
    await admin.disconnect();
  }
}
