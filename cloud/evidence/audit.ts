/**
 * Records each time that a person views evidence: one record of the operations log, and a line of the log.
 *
 *   viewing ── the same one within a minute ──► nothing to write
 *        └─ else ──► written, durable ──► may be shown
 *                       └── fails ──► an error of the request: nothing is shown without a record
 *
 * Always: the many requests of one person for one clip make one record, side by side or one after the other. Bounded.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { OperationsLog } from '../operations/operations.ts';

export interface EvidenceViewing {
  readonly by: string;
  readonly gateway: string;
  readonly evidence: string;
  readonly sha256: string;
  readonly alarm: string;
}

/** A browser requests a clip in many parts while a person views it. */
const sameViewingMs = 60_000;
const mostRemembered = 1000;

export class EvidenceAudit {
  readonly #log: Pick<OperationsLog, 'append'>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #seen = new Map<string, number>();
  readonly #writing = new Map<string, Promise<void>>();

  constructor(log: Pick<OperationsLog, 'append'>, clock: Clock, logger: Logger) {
    this.#log = log;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Resolves when the record is written. @throws ForpostError where it cannot be written */
  async recordViewing(look: EvidenceViewing): Promise<void> {
    const key = `${look.by}\n${look.gateway}\n${look.sha256}`;
    if (this.#clock.uptime() - (this.#seen.get(key) ?? Number.NEGATIVE_INFINITY) < sameViewingMs) return;
    let writing = this.#writing.get(key);
    if (writing === undefined) {
      writing = this.#write(key, look).finally(() => this.#writing.delete(key));
      this.#writing.set(key, writing);
    }
    await writing;
  }

  async #write(key: string, { by, gateway, alarm, evidence, sha256 }: EvidenceViewing): Promise<void> {
    await this.#log.append({ operation: 'evidence-viewed', by, gateway, subject: alarm, alarm, evidence, sha256 });
    this.#seen.delete(key);
    this.#seen.set(key, this.#clock.uptime());
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= mostRemembered) break;
      this.#seen.delete(oldest);
    }
    this.#logger.info({ by, gateway, alarm, evidence, sha256 }, 'a person looked at evidence');
  }
}
